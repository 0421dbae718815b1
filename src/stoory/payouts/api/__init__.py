"""Payouts' doors: the wallet of an influencer, and what operators pay by hand."""

from typing import Final

from stoory.payouts.api import operators, wallet

ROUTES: Final = [*wallet.ROUTES, *operators.ROUTES]
