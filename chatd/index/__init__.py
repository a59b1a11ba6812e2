"""The index of everything said, made from the log files; it can be deleted at any time, and is made again."""
