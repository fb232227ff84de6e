"""Which addresses a photo may be fetched from: the public internet, and nothing inside.

The check is made on the address that is connected to, in the resolver, so that a name which answers
differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in its last 32 bits."""


class RefusedAddressError(OSError):
    """The name leads to an address that photos may not come from."""


def is_public(text: str) -> bool:
    """Whether this literal address is one on the public internet, IPv4 inside IPv6 unwrapped."""
    try:
        address: Address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and all(map(_is_global_v4, _embedded(address)))


def _is_global_v4(address: ipaddress.IPv4Address) -> bool:
    return address.is_global and not address.is_multicast


def _embedded(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or int(address) >> 32 == 0:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]


class GuardedResolver(AbstractResolver):
    """Resolves names, and gives only addresses that may be connected to."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses of `host`; one refused among them refuses the name.

        Raises:
            RefusedAddressError: the name has an address that is not public.
        """
        results = await self._inner.resolve(host, port, family)
        for result in results:
            if not self._allow_private and not is_public(result["host"]):
                raise RefusedAddressError(f"{host} is {result['host']}, which is not a public address")
        return results

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
