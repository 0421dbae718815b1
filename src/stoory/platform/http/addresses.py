"""From which address a request comes, whoever has passed it on, and what counts as one address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

ADDRESSES_REMEMBERED: Final = 4096
"""The same few ask again and again, and reading one takes as long as counting it."""

Address = IPv4Address | IPv6Address

UNKNOWN: Final = "unknown"
ONE_HOME_BITS: Final = 64
"""An IPv6 subscriber is given at least this many bits to choose addresses from: all of them count as one."""


class Addresses:
    """Believes X-Forwarded-For as far as it was written by proxies of ours."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        """Take the networks in which our proxies stand."""
        self._proxies = [ip_network(proxy) for proxy in trusted_proxies]

    def client(self, scope: Any) -> str:
        """Return the peer, or the last address in X-Forwarded-For that is not one of our own proxies."""
        peer = scope.get("client")
        address = _address(peer[0]) if peer else None
        if self._proxies:
            address = self._before_proxies(address, scope["headers"])
        return UNKNOWN if address is None else str(address)

    def _before_proxies(
        self, address: Address | None, headers: Sequence[tuple[bytes, bytes]]
    ) -> Address | None:
        lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        hops = ",".join(lines).split(",")
        while address is not None and any(address in proxies for proxies in self._proxies):
            before = _address(hops.pop()) if hops else None
            if before is None:
                break
            address = before
        return address


def one_client(address: str) -> str:
    """Return what limits count by: the address, or the network of whoever may choose among IPv6 addresses."""
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed.packed, ONE_HOME_BITS), strict=False))
    return address


@lru_cache(ADDRESSES_REMEMBERED)
def _address(text: str) -> Address | None:
    """Read an address, with a port or in brackets too, as some proxies write it; None when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
