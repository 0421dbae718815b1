"""Signing up, in and out; profiles; what operators do to accounts."""

from __future__ import annotations

from typing import Final

from stoory.accounts.api import operators, passwords, profiles, sessions

ROUTES: Final = [*operators.ROUTES, *passwords.ROUTES, *profiles.ROUTES, *sessions.ROUTES]
