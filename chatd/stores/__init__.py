"""What has to survive a restart, written to disk; nothing here runs on the reactor's thread but ``load``, at start."""
