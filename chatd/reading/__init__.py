"""Reading what was logged: who may read what, and how it is shown to a client; for every feature that does."""
