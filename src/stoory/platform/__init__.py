"""What one would buy: the database, HTTP, tokens, limits, jobs. Knows nothing of influencers."""
