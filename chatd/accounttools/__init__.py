"""Tools for the database of accounts: copying it while the server runs, and putting a copy in its place."""
