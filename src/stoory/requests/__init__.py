"""Requests: an influencer's application to a posting, or a brand's invitation. Their deal decides what they show."""
