"""The network as data: users, channels, and the events that change them."""
