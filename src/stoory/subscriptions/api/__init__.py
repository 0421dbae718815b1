"""Subscriptions over HTTP: what people do with theirs, their invoices, and what operators offer."""

from stoory.subscriptions.api import coupons, invoices, subscriptions

ROUTES = [*subscriptions.ROUTES, *invoices.ROUTES, *coupons.ROUTES]
