"""From where a request comes: the peer, or whom trusted proxies pass on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.console.client_address import client_address, neighbourhood
from streams.trusted_networks import networks_of

TRUSTED = networks_of("127.0.0.1, ::1,10.0.0.0/8")


@pytest.mark.parametrize(("peer", "forwarded", "address"), [
    ("203.0.113.5", [], "203.0.113.5"),
    ("203.0.113.5", ["192.0.2.1"], "203.0.113.5"),  # nobody trusts this peer
    ("127.0.0.1", [], "127.0.0.1"),
    ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
    ("127.0.0.1", ["6.6.6.6, 192.0.2.1"], "192.0.2.1"),  # the left one was said by the client
    ("127.0.0.1", ["6.6.6.6", "192.0.2.1, 10.1.1.1"], "192.0.2.1"),
    ("127.0.0.1", ["6.6.6.6, 10.1.1.1"], "6.6.6.6"),
    ("127.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
    ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
    ("::1", ["[2001:db8::1]:4711"], "2001:db8::1"),
    ("::ffff:127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
    ("127.0.0.1", ["192.0.2.1, unknown"], "127.0.0.1"),
    ("127.0.0.1", ["192.0.2.1, "], "127.0.0.1"),
    ("127.0.0.1", ["<script>, 10.1.1.1"], "10.1.1.1"),
    ("fe80::1%eth0", [], "fe80::1"),
    ("", ["192.0.2.1"], "unknown"),
])  # fmt: skip
def test_the_right_most_that_no_trusted_proxy_has(peer: str, forwarded: list[str], address: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address


@given(st.text(max_size=30), st.lists(st.text(max_size=60), max_size=4))
def test_it_is_always_an_address(peer: str, forwarded: list[str]) -> None:
    assert len(client_address(peer, forwarded, TRUSTED)) <= 39
    assert client_address("203.0.113.5", forwarded, TRUSTED) == "203.0.113.5"


@pytest.mark.parametrize(("address", "place"), [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("unknown", "unknown")])  # fmt: skip
def test_an_ipv6_network_is_one_place(address: str, place: str) -> None:
    assert neighbourhood(address) == place
