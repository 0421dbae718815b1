"""How addresses lead to functions: a table of routes, each a method, a pattern and a plain function."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from msgspec import Struct

from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.http import Reply, Request
from stoory.sandbox.razorpay.refusals import Json


class Call:
    """A request at the gateway."""

    def __init__(self, gateway: Gateway, request: Request) -> None:
        """Take both."""
        self.gateway = gateway
        self.request = request

    @cached_property
    def body(self) -> Json:
        """The request's body, an object."""
        return self.request.body


Handler = Callable[..., Json | Reply]


class Route(Struct, frozen=True):
    """One address: names in braces are handed to the function."""

    method: str
    pattern: str
    handler: Handler


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Take the table; the first route that fits wins."""
        self._routes = [(route, re.compile(_expression(route.pattern))) for route in routes]

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Return a request's function and what stands in the braces."""
        for route, expression in self._routes:
            if route.method == method and (match := expression.fullmatch(path)):
                return route.handler, match.groupdict()
        return None


def _expression(pattern: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
