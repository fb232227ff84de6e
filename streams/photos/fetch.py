"""Photos from the web, whose hosts may hang, lie, redirect inwards or never end."""

import asyncio
import re
from typing import Self

import aiohttp
from yarl import URL

from connectors.public_addresses import is_public
from fingerprints.photo_decode import PhotoError
from fingerprints.photo_format import looks_like_markup, photo_format
from streams.photos.address_guard import AddressGuard, RefusedAddressError
from streams.settings import Photos

CHUNK = 64 * 1024
SNIFFED = 512
"""Bytes that tell a picture from a web page."""
LONGEST_URL = 4096
WEB_PORTS = frozenset({80, 443})
"""Below 1024, where systems' own services listen (RFC 6335, 6): no photo is at the port of a mail server or a remote
shell, and a request to one, with a path of somebody's choice, would come from us."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"User-Agent": "relistwatch", "Accept": "image/*", "Accept-Encoding": "identity"}

_PLAIN_V4 = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})", re.ASCII)
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)


class PhotoFetcher:
    """Fetches with limits on size, time, redirects, addresses and how many at once.

    An async context manager, for one use. `guard` decides where it may connect to; by default the public
    internet, or everything where the settings allow private addresses.
    """

    def __init__(self, settings: Photos, guard: AddressGuard | None = None) -> None:
        self._settings = settings
        allows = (lambda _: True) if settings.allow_private_addresses else is_public
        self._guard = guard or AddressGuard(allows)
        self._places = asyncio.Semaphore(settings.fetch_concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session; nothing is connected yet."""
        connector = aiohttp.TCPConnector(
            resolver=self._guard,
            # aiohttp asks no resolver about a literal address; the socket is asked for in every case.
            socket_factory=self._guard.open_socket,
            limit=self._settings.fetch_concurrency,
            use_dns_cache=False,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            # A small body must not unfold into a large one before it is counted.
            auto_decompress=False,
            # A proxy would do the connecting, and no guard sees where to; nor is .netrc any host's business.
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._guard.close()

    async def fetch(self, url: str) -> bytes:
        """The bytes at `url`, which begin like a picture.

        The time limit covers redirects and body, not the wait for one of the `fetch_concurrency` places.

        Raises:
            PhotoError: `bad-url`, `refused-address`, `unreachable`, `timeout`, `http-status`,
                `too-many-redirects`, `too-large`, `unsupported-encoding`, `truncated`, `not-an-image`.
        """
        first = _checked(url)
        async with self._places:
            try:
                async with asyncio.timeout(self._settings.fetch_timeout):
                    return await self._follow(first)
            except TimeoutError:
                raise PhotoError("timeout", f"not here within {self._settings.fetch_timeout} s") from None
            except (aiohttp.InvalidURL, UnicodeError) as error:
                # UnicodeError: the name has a part of more than 63 characters, or none between two dots.
                raise PhotoError("bad-url", f"no address that can be asked: {error}") from None
            except aiohttp.ClientConnectorError as error:
                kind = "refused-address" if isinstance(error.os_error, RefusedAddressError) else "unreachable"
                raise PhotoError(kind, str(error.os_error)) from None
            except aiohttp.ClientPayloadError as error:
                raise PhotoError("truncated", f"the host ended early: {error}") from None
            except (aiohttp.ClientError, OSError) as error:
                raise PhotoError("unreachable", f"{type(error).__name__}: {error}") from None

    async def _follow(self, url: URL) -> bytes:
        if self._session is None:
            raise RuntimeError("the fetcher is not open: use it in `async with`")
        for _ in range(self._settings.max_redirects + 1):
            async with self._session.get(url, allow_redirects=False) as answer:
                try:
                    if answer.status not in REDIRECTS:
                        return await self._body(answer)
                    url = _redirected(url, answer.headers.get("Location", ""))
                finally:
                    if not answer.content.at_eof():
                        # Else the connection would be kept and the rest, which may be endless, read.
                        answer.close()
        raise PhotoError("too-many-redirects", f"more than the {self._settings.max_redirects} allowed")

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != 200:
            raise PhotoError("http-status", f"{answer.status} instead of 200")
        if (encoding := answer.headers.get("Content-Encoding", "identity").lower()) != "identity":
            raise PhotoError("unsupported-encoding", f"sent as {encoding[:40]} though asked for identity")
        limit = self._settings.max_bytes
        if (answer.content_length or 0) > limit:
            raise PhotoError("too-large", f"{answer.content_length} bytes, {limit} allowed")
        body = bytearray()
        async for chunk in answer.content.iter_chunked(CHUNK):
            sniffed = len(body) >= SNIFFED
            body += chunk
            if len(body) > limit:
                raise PhotoError("too-large", f"more than the {limit} bytes allowed")
            if not sniffed and len(body) >= SNIFFED:
                _check_is_picture(bytes(body[:SNIFFED]))
        _check_is_picture(bytes(body[:SNIFFED]))
        return bytes(body)


def _check_is_picture(head: bytes) -> None:
    """By the bytes: content types lie in both directions."""
    if photo_format(head) is None:
        what = (
            "a web page or an API answer" if looks_like_markup(head) else f"begins with {head[:8].hex(' ')}"
        )
        raise PhotoError("not-an-image", f"{what}, not a picture")


def _redirected(url: URL, location: str) -> URL:
    if not location:
        raise PhotoError("bad-url", "a redirect without a Location")
    try:
        target = str(url.join(URL(location)))
    except ValueError as error:
        raise PhotoError("bad-url", f"redirected to what is no address: {error}") from None
    return _checked(target)


def _checked(text: str) -> URL:
    """The URL, if it is one we may ask for; where it leads is for the guard."""
    if len(text) > LONGEST_URL:
        raise PhotoError("bad-url", f"{len(text)} characters, {LONGEST_URL} allowed")
    try:
        url = URL(text)
        host, port = url.raw_host, url.port
    except ValueError as error:
        raise PhotoError("bad-url", f"no address: {error}") from None
    if url.scheme not in {"http", "https"} or not host or not port:
        raise PhotoError("bad-url", "only http and https, with a host")
    if port < 1024 and port not in WEB_PORTS:
        raise PhotoError("bad-url", f"port {port} is no web server's")
    if url.raw_user is not None or url.raw_password is not None:
        raise PhotoError("bad-url", "a name or password in the address")
    if (
        ":" not in host
        and _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2])
        and not _PLAIN_V4.fullmatch(host)
    ):
        # 2130706433, 0177.1, 0x7f.0.0.1: no honest link has them, and resolvers disagree about them.
        raise PhotoError("bad-url", f"{host[:40]} is a disguised IPv4 address")
    return url
