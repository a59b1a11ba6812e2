"""A chat server that speaks modern IRC, on Twisted."""

__version__ = "0.1.0"
