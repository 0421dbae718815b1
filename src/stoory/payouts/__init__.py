"""Payouts: an influencer's wallet, where she wants her money, and the money on its way there."""
