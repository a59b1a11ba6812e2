"""Metadata of users and channels, as one session may see, change and be told it."""
