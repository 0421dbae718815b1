"""Stoory: the self-hosted backend of an influencer-marketing marketplace."""

__version__ = "0.1.0"
