"""Hosts that hang, lie, redirect inwards or never end: each is one countable error, in time, in bounded memory."""

import asyncio
import gzip
import resource
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hostile_host import (
    INTERNET,
    HostileHost,
    answer,
    drip,
    endless_chunks,
    endless_headers,
    hang,
    hostile_host,
    redirect,
)
from photo_bytes import drawn, encoded

from connectors.public_addresses import is_public
from fingerprints.photo_decode import PhotoError
from streams.photos.address_guard import AddressGuard
from streams.photos.fetch import PhotoFetcher
from streams.settings import Photos

PHOTO = encoded(drawn(1))
LIMITS = Photos(max_bytes=2_000_000, fetch_timeout=1.0, max_redirects=3, fetch_concurrency=4)
PATIENT = Photos(max_bytes=2_000_000, fetch_timeout=20.0, max_redirects=3, fetch_concurrency=4)


def allows(address: str) -> bool:
    return address == INTERNET or is_public(address)


class Names:
    """A name server of our own: each lookup of a name takes its next address, the last one for ever."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = {
            name.replace("_", ".") + ".example": list(found) for name, found in addresses.items()
        }

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "unknown name")
        found = self.addresses[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def fetcher(settings: Photos = PATIENT, **names: list[str]) -> PhotoFetcher:
    return PhotoFetcher(settings, AddressGuard(allows, Names(**names)))


async def kind_of(photos: PhotoFetcher, url: str) -> str:
    with pytest.raises(PhotoError) as caught:
        await photos.fetch(url)
    assert str(caught.value)
    return caught.value.kind


@pytest.fixture
async def inside() -> AsyncIterator[HostileHost]:
    """A service of ours that nobody outside may reach, with a photo for whoever does."""
    async with hostile_host({"/": answer(PHOTO), "/photo": answer(PHOTO)}, "127.0.0.1") as host:
        yield host


def url(host: HostileHost, path: str = "/", name: str = INTERNET) -> str:
    return f"http://{name}:{host.port}{path}"


async def test_a_photo_is_fetched_by_name_and_through_redirects() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (PHOTO[:3], PHOTO[3:700], PHOTO[700:]))
    pages = {
        "/photo": answer(PHOTO, "Content-Type: text/html"),
        "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
        "/to-end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PHOTO,
        "/1": redirect("/2", "301 Moved"),
        "/2": redirect("photo?", "307 Temporary"),
        "/photo?": answer(PHOTO),
        "/3": redirect("/1", "308 Permanent"),
        "/4": redirect("/3", "303 See Other"),
    }
    async with hostile_host(pages) as host, fetcher(cdn=[INTERNET]) as photos:
        for path in ("/photo", "/chunked", "/to-end", "/1", "/3"):
            assert await photos.fetch(url(host, path, "cdn.example")) == PHOTO
            assert await photos.fetch(url(host, path)) == PHOTO
        assert await kind_of(photos, url(host, "/4")) == "too-many-redirects"
        heads = "\n".join(host.seen)
        assert "Accept-Encoding: identity" in heads
        assert "Cookie" not in heads
        assert "Referer" not in heads


async def test_private_addresses_are_fetched_from_only_when_the_settings_say_so(inside: HostileHost) -> None:
    address = url(inside, "/photo", "127.0.0.1")
    async with PhotoFetcher(Photos()) as photos:
        assert await kind_of(photos, address) == "refused-address"
        assert await kind_of(photos, url(inside, "/photo", "localhost")) == "refused-address"
    assert inside.seen == []
    async with PhotoFetcher(Photos(allow_private_addresses=True)) as photos:
        assert await photos.fetch(address) == PHOTO
        assert await photos.fetch(url(inside, "/photo", "localhost")) == PHOTO


INNER_FORMS = (
    "127.0.0.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "%31%32%37.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1%25lo]",
    "[::]",
    "0.0.0.0",
    "0",
    "localhost",
    "169.254.169.254",
    "[fd00:ec2::254]",
)


@pytest.mark.parametrize("form", INNER_FORMS)
async def test_no_form_of_an_inside_address_is_connected_to(form: str, inside: HostileHost) -> None:
    """Straight and through a redirect, with the system's own resolver."""
    address = f"http://{form}:{inside.port}/photo"
    raw = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {address}\r\n\r\n".encode()
    async with hostile_host({"/": raw}) as host, PhotoFetcher(PATIENT, AddressGuard(allows)) as photos:
        for start in (address, url(host)):
            assert await kind_of(photos, start) in {"refused-address", "bad-url", "unreachable"}
        assert len(host.seen) == 1
    assert inside.seen == []


async def test_a_redirect_inwards_by_name_is_refused(inside: HostileHost) -> None:
    pages = {
        "/": redirect(f"http://intranet.example:{inside.port}/photo"),
        "/meta": redirect("http://metadata.example/"),
    }
    names = {"cdn": [INTERNET], "intranet": ["127.0.0.1"], "metadata": ["169.254.169.254"]}
    async with hostile_host(pages) as host, fetcher(**names) as photos:
        assert await kind_of(photos, url(host, "/", "cdn.example")) == "refused-address"
        assert await kind_of(photos, url(host, "/meta", "cdn.example")) == "refused-address"
    assert inside.seen == []


async def test_a_name_that_turns_inwards_gains_nothing() -> None:
    """DNS rebinding: public when asked first, inside when asked again."""
    async with (
        hostile_host({"/": answer(PHOTO, "Connection: close")}) as host,
        hostile_host({}, "127.0.0.1") as inner,
    ):
        async with fetcher(rebind=[INTERNET, "127.0.0.1"]) as photos:
            assert await photos.fetch(url(host, "/", "rebind.example")) == PHOTO
            assert await kind_of(photos, url(host, "/", "rebind.example")) == "refused-address"
            assert await kind_of(photos, url(inner, "/", "rebind.example")) == "refused-address"
        assert inner.seen == []


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "not a url",
        "photo.jpg",
        "//cdn.example/photo.jpg",
        "ftp://cdn.example/photo.jpg",
        "file:///etc/passwd",
        "gopher://cdn.example/",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///photo.jpg",
        "http://user@cdn.example/",
        "http://user:secret@cdn.example/",
        "http://:secret@cdn.example/",
        "http://cdn.example:99999/",
        "http://cdn.example:0/",
        "http://[::1/",
        "http://[cdn.example]/",
        "http://1.2.3/",
        "http://1.2.3.4.5/",
        "http://999.1.1.1/",
        "http://cdn.example/" + "a" * 5000,
        "http://" + "a" * 70 + ".example/",
        "http://cdn..example/",
        "http://\x00/",
        "http://cdn.example\r\nHost: inside/",
    ],
)
async def test_bad_urls(bad: str) -> None:
    async with fetcher(cdn=["127.0.0.1"]) as photos:
        kind = await kind_of(photos, bad)
        assert kind == "bad-url" or (kind == "unreachable" and bad.startswith("http://")), kind


async def test_bad_redirects() -> None:
    pages = {
        "/none": answer(b"", status="302 Found"),
        "/file": redirect("file:///etc/passwd"),
        "/user": redirect("http://a:b@cdn.example/"),
        "/broken": redirect("http://[::1/"),
        "/bytes": redirect("http://\xff\xfe/\x80"),
        "/loop": redirect("/loop"),
        "/endless": b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 99999999999\r\n\r\nxx",
    }
    async with hostile_host(pages) as host, fetcher() as photos:
        for path in ("/none", "/file", "/user", "/broken"):
            assert await kind_of(photos, url(host, path)) == "bad-url"
        assert await kind_of(photos, url(host, "/bytes")) in {"bad-url", "unreachable"}
        assert await kind_of(photos, url(host, "/loop")) == "too-many-redirects"
        assert await kind_of(photos, url(host, "/endless")) == "too-many-redirects"


@pytest.mark.parametrize("page", [hang, drip])
async def test_a_host_that_takes_for_ever_is_left(page: Any) -> None:
    pages = {"/": page, "/to": redirect("/"), "/photo": answer(PHOTO)}
    async with hostile_host(pages) as host, fetcher(LIMITS) as photos:
        outcomes = await asyncio.gather(
            *(kind_of(photos, url(host, path)) for path in ("/", "/to") * 4),
            photos.fetch(url(host, "/photo")),
        )
        # Twice as many as there are places: waiting for a place is not counted.
        assert outcomes == ["timeout"] * 8 + [PHOTO]


async def test_at_most_so_many_at_once() -> None:
    now = most = 0

    async def counted(writer: asyncio.StreamWriter, head: str) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        writer.write(answer(PHOTO, "Connection: close"))
        await writer.drain()

    async with hostile_host({"/": counted}) as host, fetcher() as photos:
        assert await asyncio.gather(*(photos.fetch(url(host)) for _ in range(20))) == [PHOTO] * 20
    assert most == PATIENT.fetch_concurrency


async def test_too_large_with_and_without_a_length() -> None:
    forty = 40 * 1024 * 1024
    sent = 0

    async def all_of_it(writer: asyncio.StreamWriter, head: str) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\xff\xd8\xff")
        while sent < forty:
            writer.write(bytes(65536))
            sent += 65536
            await writer.drain()

    exact = b"\xff\xd8\xff" + bytes(PATIENT.max_bytes - 3)
    pages = {
        "/said": answer(PHOTO, length=forty),
        "/unsaid": all_of_it,
        "/endless": endless_chunks,
        "/exact": answer(exact),
        "/over": answer(exact + b"x"),
    }
    async with hostile_host(pages) as host, fetcher() as photos:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in ("/said", "/unsaid", "/endless", "/over"):
            assert await kind_of(photos, url(host, path)) == "too-large"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
        assert sent < forty
        assert await photos.fetch(url(host, "/exact")) == exact


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-gzip, identity"])
async def test_compressed_bodies_are_refused_unread(encoding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    pages = {"/": answer(bomb, f"Content-Encoding: {encoding}"), "/bare": answer(bomb)}
    async with hostile_host(pages) as host, fetcher() as photos:
        assert await kind_of(photos, url(host)) == "unsupported-encoding"
        assert await kind_of(photos, url(host, "/bare")) == "not-an-image"


async def test_what_is_no_picture_whatever_its_type_says() -> None:
    page = b"<!doctype html><html><body>" + b"sign in " * 10_000
    pages = {
        "/page": answer(page, "Content-Type: image/jpeg"),
        "/api": answer(b'{"error": "gone"}', "Content-Type: image/png"),
        "/empty": answer(b"", "Content-Type: image/png"),
        "/404": answer(PHOTO, status="404 Not Found"),
        "/206": answer(PHOTO, status="206 Partial Content"),
        "/304": answer(b"", status="304 Not Modified"),
        "/500": answer(PHOTO, status="500 Oops"),
    }
    async with hostile_host(pages) as host, fetcher() as photos:
        for path in ("/page", "/api", "/empty"):
            assert await kind_of(photos, url(host, path)) == "not-an-image"
        for path in ("/404", "/206", "/304", "/500"):
            assert await kind_of(photos, url(host, path)) == "http-status"


async def test_hosts_that_speak_no_http() -> None:
    pages = {
        "/headers": endless_headers,
        "/noise": b"\x00\xff" * 1000,
        "/nothing": b"",
        "/early": answer(PHOTO, length=len(PHOTO) + 1000),
        "/smuggled": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    }
    async with hostile_host(pages) as host, fetcher() as photos:
        for path in ("/headers", "/noise", "/nothing", "/smuggled"):
            assert await kind_of(photos, url(host, path)) in {"unreachable", "truncated"}
        assert await kind_of(photos, url(host, "/early")) == "truncated"
        assert await kind_of(photos, "http://unknown.example/") == "unreachable"
        port = host.port
    async with fetcher() as photos:
        assert await kind_of(photos, f"http://{INTERNET}:{port}/") == "unreachable"
        assert await kind_of(photos, f"https://{INTERNET}:{port}/") == "unreachable"


async def test_the_environments_proxy_is_not_used(
    monkeypatch: pytest.MonkeyPatch, inside: HostileHost
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, url(inside, "", "127.0.0.1"))
    async with hostile_host({"/": answer(PHOTO)}) as host, fetcher() as photos:
        assert await photos.fetch(url(host)) == PHOTO
    assert inside.seen == []


async def test_no_cookie_of_one_host_reaches_another() -> None:
    pages = {"/": answer(PHOTO, "Set-Cookie: who=me; Path=/"), "/again": answer(PHOTO)}
    async with hostile_host(pages) as host, fetcher() as photos:
        await photos.fetch(url(host))
        await photos.fetch(url(host, "/again"))
        assert not any("cookie" in head.lower() for head in host.seen)
