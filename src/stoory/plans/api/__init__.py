"""Plans over HTTP: what they offer, how much of one's own is used, and what operators make of them."""

from stoory.plans.api import operators, plans

ROUTES = [*plans.ROUTES, *operators.ROUTES]
