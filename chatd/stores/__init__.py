"""What has to survive a restart; nothing here runs on the reactor's thread but what is asked once, at start."""
