"""Campaigns and bids, both postings: two tables and two addresses, one code."""
