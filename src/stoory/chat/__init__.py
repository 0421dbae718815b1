"""Conversations and messages. What a deal's buttons mean is opaque here: chat knows only whom to show them."""
