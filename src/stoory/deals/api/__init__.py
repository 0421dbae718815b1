"""The doors to deals: buttons and inputs in the chat, the request's own routes, the three ways to begin."""

from typing import Final

from stoory.deals.api import chat, contract, openings, payments, requests

ROUTES: Final = [*chat.ROUTES, *openings.ROUTES, *requests.ROUTES, *payments.ROUTES, *contract.ROUTES]
