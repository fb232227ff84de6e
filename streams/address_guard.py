"""Which addresses a photo may be fetched from: the public internet, and nothing inside.

The last word is at the socket: the address that is connected to is the one that is judged, however it was
written and whatever a name answered before (DNS rebinding). The resolver only leaves out, earlier, what the
socket would refuse.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

# IANA's special-purpose registries (RFC 6890), written out: what `ipaddress.is_global` says of them differs
# between Python versions.
_REFUSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' NAT; some clouds' metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host, public by number only
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is assigned as global unicast: outside it are loopback, unique local (fc00::/7), link-local,
multicast, IPv4-mapped and -compatible (::/96, ::ffff:0:0/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48)."""
_REFUSED_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which carries IPv4
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which carries IPv4
            "3fff::/20",  # documentation
        ),
    )
)

LOOKUP_THREADS = 16
"""Names whose servers do not answer hold a thread for ten seconds each; these are not the threads that the
rest of the worker uses."""


class RefusedAddressError(OSError):
    """The name or literal leads to an address that photos may not come from."""


def is_public(text: str) -> bool:
    """Whether this literal address is one on the public internet; whatever is no plain literal is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None:
        return False
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


class AddressGuard(AbstractResolver):
    """A resolver for aiohttp, and the maker of its sockets. `allows` judges a literal address.

    `lookup` has the signature of `socket.getaddrinfo`, and runs in a thread.
    """

    def __init__(
        self, allows: Callable[[str], bool] = is_public, lookup: Callable[..., Any] = socket.getaddrinfo
    ) -> None:
        self._allows = allows
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="photo-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of `host`.

        Raises:
            RefusedAddressError: the name has addresses, and none is allowed.
            OSError: the name has no address.
        """
        ask = partial(
            self._lookup, host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        answers = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        results = [
            ResolveResult(
                hostname=host,
                host=where[0],
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, where in answers
            if self._allows(where[0])
        ]
        if not results:
            refused = ", ".join(sorted({where[0] for *_, where in answers})) or "nothing"
            raise RefusedAddressError(f"{host} is {refused}: no public address")
        return results

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """An unconnected socket for an entry of `getaddrinfo`. Raises RefusedAddressError."""
        family, kind, protocol, _, where = info
        if not self._allows(where[0]):
            raise RefusedAddressError(f"{where[0]} is no public address")
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Start no more lookups; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
