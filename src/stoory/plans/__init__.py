"""Plans: what they cost, allow and take. A read-only door for whoever must keep to them."""
