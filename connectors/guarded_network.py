"""Connections that go to allowed addresses only and end by a deadline: the network side of looking short links up.

The address that is connected to is the one that was judged, so a name that answers differently the second time
(DNS rebinding) gains nothing. Written against httpcore's public network interface.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from connectors.public_addresses import is_public


class Deadline:
    """When the request under way must be over; shared by all streams of one client."""

    def __init__(self) -> None:
        self._until = 0.0

    def start(self, seconds: float) -> None:
        """So many seconds from now."""
        self._until = time.monotonic() + seconds

    def least(self, timeout: float | None) -> float:
        """The timeout, or what is left where that is less. Raises httpcore.TimeoutException past the end."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the request is over")
        return left if timeout is None else min(timeout, left)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that `allows` takes. `lookup` has the signature of `socket.getaddrinfo`."""

    def __init__(
        self,
        deadline: Deadline,
        *,
        allows: Callable[[str], bool] = is_public,
        lookup: Callable[..., Any] = socket.getaddrinfo,
    ) -> None:
        self._deadline = deadline
        self._allows = allows
        self._lookup = lookup
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first allowed address that answers. Raises httpcore.ConnectError."""
        try:
            answers = self._lookup(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the host has no address") from None
        addresses = list(dict.fromkeys(where[0] for *_, where in answers if self._allows(where[0])))
        if not addresses:
            raise httpcore.ConnectError("the host has no public address")
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(
            address, port, self._deadline.least(timeout), local_address, options
        )
        return _Timed(stream, self._deadline)


class _Timed(httpcore.NetworkStream):
    """A stream none of whose steps goes past the deadline: a drip of bytes is no way to hold it open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.least(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.least(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.least(timeout))
        return _Timed(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
