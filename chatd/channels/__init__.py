"""Registered channels as commands see them: rights, automatic ranks, invite links, and how they are saved."""
