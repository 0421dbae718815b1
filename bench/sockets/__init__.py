"""Stoory's sockets beside those of a peer: messages that are stored, acknowledged and told, and idle sockets."""
