"""Notifications: what a person should know, kept until they have seen it."""
