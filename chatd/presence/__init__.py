"""Users who stay without a connection: how they are written down, and saved."""
