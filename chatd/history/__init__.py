"""The rotating log files: the store of everything said."""
