"""Where a request comes from: the peer, or what trusted proxies say of whom they pass on. Pure."""

import ipaddress
from collections.abc import Sequence

from streams.trusted_networks import Network, address_of, is_among

MOST_ENTRIES = 20
"""Of X-Forwarded-For that are looked at, from the right: more proxies than any console stands behind."""
UNKNOWN = "unknown"
"""A peer without an address, such as a socket in the file system."""


def client_address(peer: str, forwarded: Sequence[str], trusted: tuple[Network, ...]) -> str:
    """The right-most address that no trusted proxy has. `forwarded`: the X-Forwarded-For headers as they came.

    What stands further left was said by whoever sent it, so it is not believed; an entry that is no address ends
    the search at the last one that was.
    """
    found = address_of(peer)
    entries = ",".join(forwarded).split(",") if forwarded else []
    for entry in reversed(entries[-MOST_ENTRIES:]):
        if not is_among(found, trusted):
            break
        earlier = address_of(entry)
        if earlier is None:
            break
        found = earlier
    return UNKNOWN if found is None else str(found)


def neighbourhood(address: str) -> str:
    """What failed sign-ins are counted by: an IPv4 address, or an IPv6 network of /64, which one computer can fill."""
    found = address_of(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address
