"""The tools for the log files: `chatd log cat|grep|check|prune|export`.  They need no server, and disturb none."""
