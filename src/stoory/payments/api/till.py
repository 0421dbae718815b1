"""The till, as handlers ask for it."""

from __future__ import annotations

from litestar.di import NamedDependency

from stoory.payments.actions.purposes import Till

TheTill = NamedDependency[Till]
"""A handler's `till`: Razorpay, and who hears what it says. app.py puts it together."""
