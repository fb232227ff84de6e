"""One POST to a receiver who may be slow, hostile or gone: answered within its time, or given up."""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import httpx

from connectors.clock import Clock
from connectors.errors import OptionsError, RetryError
from connectors.http_client import Answer
from connectors.web_trust import web_trust

MOST_ANSWER_BYTES = 4096
"""Of an answer, all that is ever read: its status says what to do, the rest is for a person."""


def target(url: str, *, allow_http: bool, name: str) -> httpx.URL:
    """The address to post to: https, or plain http to this machine or where that was allowed.

    Raises:
        OptionsError: it is none of these, or carries a user name; the message holds nothing of it.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise OptionsError(f"{name}: option url: no address that can be posted to") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise OptionsError(f"{name}: option url: it begins with https:// and has a host")
    if parsed.userinfo:
        raise OptionsError(f"{name}: option url: no user name or password: requests are signed instead")
    if parsed.scheme == "http" and not (allow_http or is_loopback(parsed.host)):
        raise OptionsError(
            f"{name}: option url: https, or everybody on the way can read along (allow_http=true)"
        )
    return parsed.copy_with(fragment=None)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its very name; a name that only leads here is none."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class WebhookPost:
    """Posts JSON to one address over one kept connection. Not safe for threads.

    A read timeout alone would let a receiver that sends a byte now and then hold us for hours: a timer cuts
    the socket at the deadline of the whole attempt.
    """

    def __init__(
        self, url: httpx.URL, seconds: float, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._clock = clock
        self._socket: socket.socket | None = None
        self._late = False
        self._client = httpx.Client(
            transport=transport, verify=web_trust(), trust_env=False, follow_redirects=False, timeout=seconds,
            headers={
                "User-Agent": "relistwatch", "Content-Type": "application/json",
                "Accept": "*/*", "Accept-Encoding": "identity",
            },
        )  # fmt: skip

    def send(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer, whatever its status; of its body the first bytes.

        Raises:
            RetryError: there was none in time, or no connection. The message holds no address.
        """
        self._late = False
        watch = threading.Timer(self._seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            with self._client.stream(
                "POST", self._url, headers=dict(headers), content=body, extensions={"trace": self._traced}
            ) as response:
                return Answer(
                    response.status_code, response.headers, self._beginning(response), self._clock.now()
                )
        except httpx.TimeoutException as error:
            raise RetryError(f"no answer in time ({type(error).__name__})") from None
        except httpx.HTTPError as error:
            if self._late:
                raise RetryError(f"no whole answer within {self._seconds:g} s") from None
            raise RetryError(f"cannot be reached ({type(error).__name__})") from None
        finally:
            watch.cancel()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _beginning(self, response: httpx.Response) -> bytes:
        """Once there is a status, a body that fails or drips changes nothing about it."""
        read = b""
        with suppress(httpx.HTTPError):
            for chunk in response.iter_raw():
                read += chunk
                if len(read) >= MOST_ANSWER_BYTES:
                    break
        return read[:MOST_ANSWER_BYTES]

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket of a new connection, and that of its TLS."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        self._late = True
        if (connected := self._socket) is not None:
            with suppress(OSError):
                # Of the socket itself, not of its TLS: it wakes a read that another thread waits in.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)
