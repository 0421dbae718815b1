"""Which address a request is counted for: nobody can lend themselves another one."""

from __future__ import annotations

from typing import Any

import pytest

from stoory.platform.http.addresses import Addresses, one_client

OURS = ("10.0.0.0/8", "fd00::/8")


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    """Return a request as it came from that peer, with these lines of X-Forwarded-For."""
    return {
        "client": None if peer is None else (peer, 40_000),
        "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded],
    }


def test_without_proxies_only_the_peer_counts() -> None:
    assert Addresses(()).client(scope("203.0.113.9", "198.51.100.1")) == "203.0.113.9"


def test_a_stranger_cannot_claim_to_be_a_proxy() -> None:
    assert Addresses(OURS).client(scope("203.0.113.9", "198.51.100.1")) == "203.0.113.9"


def test_our_proxy_is_believed() -> None:
    assert Addresses(OURS).client(scope("10.0.0.1", "198.51.100.1")) == "198.51.100.1"


def test_what_a_client_writes_before_our_proxy_is_not_believed() -> None:
    told = "192.0.2.1, 10.9.9.9, 198.51.100.1"

    assert Addresses(OURS).client(scope("10.0.0.1", told)) == "198.51.100.1"


def test_a_chain_of_proxies_is_followed_to_the_first_stranger_over_all_lines() -> None:
    lines = ("192.0.2.1, 198.51.100.1", "10.0.0.3", "fd00::2")

    assert Addresses(OURS).client(scope("10.0.0.1", *lines)) == "198.51.100.1"


@pytest.mark.parametrize(
    "nonsense", ["", " ", "unknown", "_hidden", "1.2.3", "x" * 5000, "\x00", "1.2.3.4.5"]
)
def test_where_a_proxy_tells_no_address_the_proxy_itself_counts(nonsense: str) -> None:
    assert Addresses(OURS).client(scope("10.0.0.1", nonsense)) == "10.0.0.1"


def test_a_proxy_that_says_nothing_counts_itself() -> None:
    assert Addresses(OURS).client(scope("10.0.0.1")) == "10.0.0.1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("198.51.100.1:5678", "198.51.100.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_same_address_written_otherwise_is_the_same(written: str, meant: str) -> None:
    assert Addresses(OURS).client(scope("10.0.0.1", written)) == meant


def test_a_proxy_is_known_by_its_address_in_the_other_protocol_too() -> None:
    assert Addresses(OURS).client(scope("::ffff:10.0.0.1", "198.51.100.1")) == "198.51.100.1"


def test_without_a_peer_the_address_is_unknown() -> None:
    assert Addresses(OURS).client(scope(None, "198.51.100.1")) == "unknown"
    assert one_client("unknown") == "unknown"


def test_all_addresses_of_an_ipv6_home_are_one_client() -> None:
    assert one_client("2001:db8:1:2::1") == one_client("2001:db8:1:2:ffff::9")
    assert one_client("2001:db8:1:2::1") != one_client("2001:db8:1:3::1")


def test_every_ipv4_address_is_a_client_of_its_own() -> None:
    assert one_client("198.51.100.1") == "198.51.100.1"
    assert one_client("198.51.100.2") == "198.51.100.2"
