"""Subscriptions: a plan for a period, paid by orders, renewed, upgraded, given back."""
