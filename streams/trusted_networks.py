"""Addresses and networks that a setting names, and whether a peer is one of them. Pure."""

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(8)
def networks_of(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list; a single address is a network of one.

    Raises:
        ValueError: one of them is neither, or has bits beyond its mask, which would trust more than is meant.
    """
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError as error:
            raise ValueError(f"trusted_proxies: {error}") from error
    return tuple(found)


def address_of(text: str) -> Address | None:
    """The address, without port, brackets and zone; IPv4 inside IPv6 (RFC 4291, 2.5.5.2) as IPv4. None: it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_among(address: Address | None, networks: tuple[Network, ...]) -> bool:
    """Whether one of the networks has it."""
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )
