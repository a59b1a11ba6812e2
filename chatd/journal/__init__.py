"""What has changed and is not in its store yet is written down at once, and so outlives the process."""
