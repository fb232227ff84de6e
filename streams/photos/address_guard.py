"""Which addresses a photo may be fetched from: the public internet, and nothing inside.

The last word is at the socket: the address that is connected to is the one that is judged, however it was
written and whatever a name answered before (DNS rebinding). The resolver only leaves out, earlier, what the
socket would refuse.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.public_addresses import is_public

LOOKUP_THREADS = 16
"""Names whose servers do not answer hold a thread for ten seconds each; these are not the threads that the
rest of the worker uses."""


class RefusedAddressError(OSError):
    """The name or literal leads to an address that photos may not come from."""


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
