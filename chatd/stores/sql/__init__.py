"""Accounts and registered channels in SQLite or PostgreSQL, with one code for both (SQLAlchemy Core)."""
