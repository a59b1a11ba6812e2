"""Text and bytes of the protocol: no state, no I/O."""
