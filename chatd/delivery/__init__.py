"""Events to bytes, bytes to outboxes."""
