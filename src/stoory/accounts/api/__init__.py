"""Signing up, in and out; profiles; API keys; what operators do to accounts."""

from __future__ import annotations

from typing import Final

from stoory.accounts.api import keys, operators, passwords, profiles, sessions

ROUTES: Final = [*keys.ROUTES, *operators.ROUTES, *passwords.ROUTES, *profiles.ROUTES, *sessions.ROUTES]
