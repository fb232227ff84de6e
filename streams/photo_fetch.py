"""Photos from the web, whose hosts may hang, lie, redirect inwards or never end."""

import asyncio
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from fingerprints.photo_decode import PhotoError
from streams.address_guard import GuardedResolver, RefusedAddressError, is_public
from streams.settings import Photos

CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"User-Agent": "relistwatch", "Accept": "image/*", "Accept-Encoding": "identity"}


class PhotoFetcher:
    """Fetches with limits on size, time, redirects, addresses and how many at once."""

    def __init__(self, settings: Photos) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(settings.fetch_concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(allow_private=self._settings.allow_private_addresses)
        connector = aiohttp.TCPConnector(resolver=resolver, limit=self._settings.fetch_concurrency, use_dns_cache=False)
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            # A small body must not unfold into a large one before we can count it.
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, url: str) -> bytes:
        """The bytes at `url`.

        Raises:
            PhotoError: `bad-url`, `refused-address`, `timeout`, `too-large`, `http-status`,
                `too-many-redirects`, `html`, `compressed` or `unreachable`.
        """
        async with self._slots:
            try:
                async with asyncio.timeout(self._settings.fetch_timeout):
                    return await self._follow(self._checked(url))
            except TimeoutError:
                raise PhotoError("timeout", f"not fetched in {self._settings.fetch_timeout} s") from None
            except aiohttp.ClientConnectorError as error:
                if isinstance(error.os_error, RefusedAddressError):
                    raise PhotoError("refused-address", str(error.os_error)) from None
                raise PhotoError("unreachable", str(error)) from None
            except RefusedAddressError as error:
                raise PhotoError("refused-address", str(error)) from None
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise PhotoError("unreachable", repr(error)) from None

    async def _follow(self, url: URL) -> bytes:
        assert self._session is not None, "the fetcher is used as a context"  # noqa: S101
        for _ in range(self._settings.max_redirects + 1):
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status not in REDIRECTS:
                    return await self._body(answer)
                location = answer.headers.get("Location", "")
            try:
                url = self._checked(str(url.join(URL(location))))
            except ValueError:
                raise PhotoError("bad-url", "it redirects to something that is no address") from None
        raise PhotoError("too-many-redirects", f"more than {self._settings.max_redirects}")

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != 200:
            raise PhotoError("http-status", str(answer.status))
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise PhotoError("compressed", "sent compressed though asked not to")
        if answer.content_type in {"text/html", "application/xhtml+xml"}:
            raise PhotoError("html", "a web page, not a picture")
        limit = self._settings.max_bytes
        if (answer.content_length or 0) > limit:
            raise PhotoError("too-large", f"{answer.content_length} bytes, {limit} allowed")
        body = bytearray()
        async for chunk in answer.content.iter_chunked(CHUNK):
            body += chunk
            if len(body) > limit:
                raise PhotoError("too-large", f"more than the {limit} bytes allowed")
        return bytes(body)

    def _checked(self, text: str) -> URL:
        """The URL, if we may ask for it; literal addresses are judged here, since no resolver sees them."""
        try:
            url = URL(text)
        except (ValueError, TypeError):
            raise PhotoError("bad-url", "no address") from None
        if url.scheme not in {"http", "https"} or not url.host:
            raise PhotoError("bad-url", "only http and https with a host")
        if url.user is not None or url.password is not None:
            raise PhotoError("bad-url", "an address with a name or password in it")
        if not self._settings.allow_private_addresses and _is_numeric(url.host) and not is_public(url.host):
            raise PhotoError("refused-address", f"{url.host} is not a public address")
        return url


def _is_numeric(host: str) -> bool:
    """Whether the host is an address rather than a name, in any of the forms that resolvers take.

    A name's last label has a letter that is no part of a number; 2130706433, 0x7f.1 and 127.1 have none.
    """
    if ":" in host:
        return True
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or (last.startswith("0x") and all(c in "0123456789abcdef" for c in last[2:]))
