"""Transports: TCP, TLS, Unix sockets, the PROXY protocol."""
