"""Accounts: people, their passwords and sessions, what others may know of them, what operators did to them."""
