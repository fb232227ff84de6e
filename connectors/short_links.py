"""Looking short links up: which listing a link of s.shopee.co.id, vt.tiktok.com and their like leads to.

Every hop's host is on an allow-list, every address a public one, at most five redirects, over https, and each
request is over within seconds whatever the other side does. What cannot be told for sure stays unresolved, with
the reason; nothing is guessed.
"""

from collections import OrderedDict
from collections.abc import Collection
from typing import Any, Final, Literal, Self
from urllib.parse import urljoin, urlsplit

import httpcore
from msgspec import Struct

from connectors.clock import Clock, SystemClock
from connectors.guarded_network import Deadline, GuardedBackend
from connectors.link_hosts import SHORT_HOSTS, SITES
from connectors.link_text import find_links
from connectors.links import LONGEST_LINK, LinkTarget, ShortLink, recognise
from connectors.rate import Rate
from connectors.stop import Stop
from connectors.web_trust import web_trust

HOP_HOSTS: Final = SHORT_HOSTS | SITES.keys()
MOST_REDIRECTS: Final = 5
BODY_BYTES: Final = 64 * 1024
"""Of a page that answers where a redirect was expected; its links stand in the head."""
SECONDS: Final = 5.0
"""For one request, from its connection to its last byte."""
PER_SECOND: Final = 5.0
KEPT: Final = 20_000
"""Answers remembered."""
ATTEMPTS: Final = 3
"""Of one request that the other side is too busy for."""
LONGEST_PAUSE: Final = 30.0

_BUSY: Final = {429, 503}
_MOVED: Final = {301, 302, 303, 307, 308}
_Answer = tuple[int, str, bytes]


class Unresolved(Struct, frozen=True):
    """No listing was found. `again`: it may be found later, since the other side was away or busy."""

    why: str
    again: bool = False


class ShortLinks:
    """Looks links up, one after the other. Not safe for threads.

    `hosts`, `allows`, `lookup`, `scheme` and `port` are for tests and for a proxy's sake; the defaults are the
    rules. Use as a context manager, or close it.
    """

    def __init__(
        self,
        stop: Stop,
        *,
        rate: Rate | None = None,
        clock: Clock | None = None,
        hosts: Collection[str] = HOP_HOSTS,
        seconds: float = SECONDS,
        kept: int = KEPT,
        scheme: Literal["https", "http"] = "https",
        port: int | None = None,
        **network: Any,
    ) -> None:
        self._stop = stop
        self._rate = rate or Rate(PER_SECOND)
        self._clock = clock or SystemClock()
        self._hosts = hosts
        self._seconds = seconds
        self._kept = kept
        self._scheme, self._port = scheme, port
        self._known: OrderedDict[str, LinkTarget | Unresolved] = OrderedDict()
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=web_trust(),
            network_backend=GuardedBackend(self._deadline, **network),
            max_connections=4,
            keepalive_expiry=30.0,
        )
        self.requests = 0

    def resolve(self, link: ShortLink) -> LinkTarget | Unresolved:
        """The listing behind `link`, or why it is not known. Never raises for what the other side does."""
        known = self._known.get(link.url)
        if known is not None:
            self._known.move_to_end(link.url)
            return known
        found = self._followed(link.url)
        self._known[link.url] = found
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return found

    def _followed(self, url: str) -> LinkTarget | Unresolved:
        seen: set[tuple[str, str]] = set()
        for _ in range(MOST_REDIRECTS):
            step = self._step(url, seen)
            if not isinstance(step, str):
                return step
            listing = recognise(step)
            if isinstance(listing, LinkTarget):
                return listing
            url = step
        return Unresolved(f"more than {MOST_REDIRECTS} redirects")

    def _step(self, url: str, seen: set[tuple[str, str]]) -> str | LinkTarget | Unresolved:
        """Where `url` redirects to, or what else came of asking for it."""
        hop = _hop(url)
        if isinstance(hop, Unresolved):
            return hop
        host, target = hop
        if host not in self._hosts:
            return Unresolved(f"it leads to a host that is not asked: {host}")
        if hop in seen:
            return Unresolved("it leads in a circle")
        seen.add(hop)
        answer = self._asked(host, target)
        if isinstance(answer, Unresolved):
            return answer
        status, location, body = answer
        return _next(url, location) if status in _MOVED and location else _in_page(status, body)

    def _asked(self, host: str, target: str) -> _Answer | Unresolved:
        """HEAD, and GET where that does not tell: some sites answer HEAD with 403, 404 or 405."""
        answer = self._repeated("HEAD", host, target)
        if isinstance(answer, Unresolved) or (answer[0] in _MOVED and answer[1]):
            return answer
        return self._repeated("GET", host, target)

    def _repeated(self, method: str, host: str, target: str) -> _Answer | Unresolved:
        for _ in range(ATTEMPTS):
            if not self._rate.wait(self._clock, self._stop):
                return Unresolved("stopped before it was answered", again=True)
            try:
                status, location, body, pause = self._once(method, host, target)
            except (httpcore.TimeoutException, httpcore.NetworkError) as error:
                return Unresolved(f"{host} cannot be reached: {error or type(error).__name__}", again=True)
            except (httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol, ValueError):
                return Unresolved(f"{host} gives no answer that is HTTP")
            if status not in _BUSY:
                self._rate.accepted()
                return status, location, body
            self._rate.refused(self._clock, pause)
        return Unresolved(f"{host} is too busy", again=True)

    def _once(self, method: str, host: str, target: str) -> tuple[int, str, bytes, float]:
        self.requests += 1
        self._deadline.start(self._seconds)
        url = httpcore.URL(scheme=self._scheme, host=host, port=self._port, target=target)
        headers = [("Host", host), ("User-Agent", "relistwatch"), ("Accept", "text/html,*/*;q=0.5")]
        with self._pool.stream(
            method,
            url,
            headers=headers,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)},
        ) as answer:
            told = {name.lower(): value for name, value in answer.headers}
            body = bytearray()
            if method == "GET":
                for chunk in answer.iter_stream():
                    body += chunk[: BODY_BYTES - len(body)]
                    if len(body) >= BODY_BYTES:
                        break
            location = told.get(b"location", b"").decode("utf-8", "replace")
            asked = told.get(b"retry-after", b"").decode("latin-1").strip()
            pause = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1.0
            return answer.status, location, bytes(body), min(pause, LONGEST_PAUSE)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _hop(url: str) -> tuple[str, str] | Unresolved:
    """The host to ask and the path with its query, as ASCII."""
    if len(url) > LONGEST_LINK:
        return Unresolved("it leads to a link that is too long")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Unresolved("it leads to no link")
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        return Unresolved("it leads to no link of the web")
    if port not in {None, 80, 443}:
        return Unresolved("it leads to a port that no marketplace uses")
    if not host.isascii():
        return Unresolved("it leads to a host with letters that are not ASCII")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, "".join(
        character
        if "!" <= character <= "~"
        else "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in target
    )


def _in_page(status: int, body: bytes) -> LinkTarget | Unresolved:
    """The one listing that a page names where a redirect was expected."""
    if status in {404, 410}:
        return Unresolved("the short link is gone")
    if status >= 500:
        return Unresolved(f"answered {status}", again=True)
    if status != 200:
        return Unresolved(f"answered {status}")
    listings = {
        found.target.url: found.target
        for found in find_links(body.decode("utf-8", "replace"))
        if isinstance(found.target, LinkTarget)
    }
    if len(listings) == 1:
        return next(iter(listings.values()))
    return Unresolved(
        "a page that names no listing" if not listings else "a page that names several listings"
    )
