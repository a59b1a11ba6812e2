"""The way out for e-mail."""
