"""What the server can do: one subject per file, gathered by the catalog at start."""
