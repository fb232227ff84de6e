"""No address from outside leads inwards, whichever of our clients is asked to go there.

The photo fetcher's own tests (tests/photos) have the forms one by one; here every client that follows an address from
outside meets the same ones, and names that answer differently each time.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest
from case_scene import console_settings
from hostile_host import INTERNET, answer, hostile_host, redirect
from photo_bytes import drawn, encoded

from connectors.clock import SystemClock
from connectors.guarded_network import Deadline, GuardedBackend
from connectors.links import ShortLink
from connectors.public_addresses import is_public
from connectors.rate import Rate
from connectors.short_links import HOP_HOSTS, ShortLinks, Unresolved
from fingerprints.photo_decode import PhotoError
from streams.console.photo_proxy import PhotoProxy
from streams.photos.address_guard import AddressGuard
from streams.photos.fetch import PhotoFetcher
from streams.photos.store import StoreError, digest_of, open_store
from streams.settings import Photos, PhotoStore, Settings

PHOTO = encoded(drawn(1))
FORMS = (
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0x7f.1", "127.0.0.1%00.photos.example", "%31%32%37.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "１２７.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1%25lo]", "[fd00::1]",
    "[::]", "0.0.0.0", "0", "localhost", "localhost.", "LOCALHOST", "ip6-localhost", "169.254.169.254",
    "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "user@127.0.0.1", "photos.example@127.0.0.1",
    "photos.example#@127.0.0.1", "photos.example\\@127.0.0.1", "127.0.0.1:80@photos.example", "photos.example:@127.0.0.1",
)  # fmt: skip
PORTS = (1, 7, 19, 22, 23, 25, 53, 110, 111, 139, 389, 445, 465, 514, 587, 636, 873, 1023)
SCHEMES = (
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:11211/stat",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "unix:///run/docker.sock", "ldap://127.0.0.1/", "//127.0.0.1/",
    "http+unix://%2Frun%2Fdocker.sock/", "ws://127.0.0.1/", "HTTP:127.0.0.1", "http:/127.0.0.1/", "http:///127.0.0.1/",
    "view-source:http://127.0.0.1/", "jar:http://127.0.0.1!/", "blob:http://127.0.0.1/",
)  # fmt: skip


def allows(address: str) -> bool:
    return address == INTERNET or is_public(address)


class Names:
    """A name server of somebody else's: each lookup of a name takes its next answer, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


async def why_not(photos: PhotoFetcher | PhotoProxy, url: str) -> str:
    with pytest.raises(PhotoError) as caught:
        await (photos.fetch(url) if isinstance(photos, PhotoFetcher) else photos.fetched(url, 200))
    return caught.value.kind


async def test_no_form_leads_the_consoles_proxy_or_the_fetcher_inwards(tmp_path: Path) -> None:
    """With the system's own resolver, straight and through a redirect."""
    async with hostile_host({"/photo": answer(PHOTO), "/": answer(PHOTO)}, "127.0.0.1") as inside:
        targets = [f"http://{form}:{inside.port}/photo" for form in FORMS] + list(SCHEMES)
        pages = {
            f"/{place}": f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {target}\r\n\r\n".encode()
            for place, target in enumerate(targets)
        }
        proxy = PhotoProxy(console_settings(tmp_path), guard=AddressGuard(allows))
        try:
            async with hostile_host(pages) as host, PhotoFetcher(Photos(), AddressGuard(allows)) as photos:
                for place, target in enumerate(targets):
                    for url in (target, f"http://{INTERNET}:{host.port}/{place}"):
                        for client in (photos, proxy):
                            kind = await why_not(client, url)
                            assert kind in {"refused-address", "bad-url", "unreachable", "http-status"}, (
                                url,
                                kind,
                            )
        finally:
            await proxy.close()
        assert inside.seen == []


@pytest.mark.parametrize("port", PORTS)
async def test_no_photo_is_at_the_port_of_another_service(port: int) -> None:
    async with PhotoFetcher(Photos(), AddressGuard(allows, Names([INTERNET]))) as photos:
        for scheme in ("http", "https"):
            assert await why_not(photos, f"{scheme}://photos.example:{port}/1.jpg") == "bad-url"


@pytest.mark.parametrize(
    "answers",
    [
        [[INTERNET], ["127.0.0.1"]],
        [[INTERNET, "127.0.0.1"]],
        [["127.0.0.1", INTERNET]],
        [["127.0.0.1", "::1", "::ffff:127.0.0.1", INTERNET], ["127.0.0.1"]],
    ],
)
async def test_a_name_that_changes_is_connected_to_where_it_was_judged(answers: list[list[str]]) -> None:
    """DNS rebinding, one after another and at once: nothing ever arrives inside."""
    async with hostile_host({"/": answer(PHOTO, "Connection: close")}) as host:
        inside = socket.create_server(("127.0.0.1", host.port))
        inside.settimeout(0)
        try:
            async with PhotoFetcher(Photos(), AddressGuard(allows, Names(*answers))) as photos:
                for _ in range(4):
                    with suppress(PhotoError):
                        assert await photos.fetch(f"http://rebind.example:{host.port}/") == PHOTO
            await asyncio.sleep(0)
            with pytest.raises(BlockingIOError):
                inside.accept()
        finally:
            inside.close()


@pytest.mark.parametrize(
    "first", [["127.0.0.1"], ["::1"], ["169.254.169.254", "10.0.0.1"], ["64:ff9b::7f00:1"]]
)
def test_the_network_of_short_links_connects_to_nothing_inside(first: list[str]) -> None:
    deadline = Deadline()
    deadline.start(5)
    backend = GuardedBackend(deadline, lookup=Names(first))
    with pytest.raises(httpcore.ConnectError, match="no public address"):
        backend.connect_tcp("s.shopee.co.id", 80)


def test_short_links_connect_to_the_address_that_was_judged() -> None:
    """The name answers the internet first, and inside for ever after: one connection, to the first."""
    inside = socket.create_server(("127.0.0.1", 0))
    inside.settimeout(0)
    port = inside.getsockname()[1]
    outside = socket.create_server((INTERNET, port))
    names = Names([INTERNET], ["127.0.0.1"])
    try:
        with ShortLinks(
            threading.Event(), rate=Rate(1000, burst=100), clock=SystemClock(), scheme="http", port=port, seconds=1.0,
            allows=allows, lookup=names,
        ) as short:  # fmt: skip
            assert isinstance(short.resolve(ShortLink("https://shp.ee/a")), Unresolved)
        outside.settimeout(5)
        outside.accept()[0].close()
        with pytest.raises(BlockingIOError):
            inside.accept()
    finally:
        inside.close()
        outside.close()
    assert names.asked >= 1


def test_no_form_of_an_address_is_among_the_hosts_that_short_links_may_ask() -> None:
    assert all(host.rpartition(".")[2].isalpha() and host.count(".") for host in HOP_HOSTS)


class Redirecting(ThreadingHTTPServer):
    """Sends everybody to `target`, and remembers what came."""

    daemon_threads = True
    target = ""
    status = 307

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Redirects)
        self.heads: list[str] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class _Redirects(BaseHTTPRequestHandler):
    server: Redirecting

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.heads.append(f"{self.command} {self.path}\n{self.headers}")
        self.send_response(self.server.status if self.server.target else 200)
        if self.server.target:
            self.send_header("Location", self.server.target + self.path)
        body = b"" if self.server.target else PHOTO
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def inner() -> Iterator[Redirecting]:
    server = Redirecting()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def outer(inner: Redirecting) -> Iterator[Redirecting]:
    server = Redirecting(INTERNET)
    server.target = f"http://127.0.0.1:{inner.server_address[1]}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_bucket_that_redirects_gets_no_key_and_gives_no_photo(
    status: int, inner: Redirecting, outer: Redirecting
) -> None:
    """The client behind the bucket follows redirects of reads (its own way, not to be turned off): what comes back is
    held against the photo's digest, and neither key nor photo goes along."""
    pytest.importorskip("obstore")
    outer.status = status
    store = open_store(
        Settings(
            photo_store=PhotoStore(
                url="s3://photos/a", s3_endpoint=f"http://{INTERNET}:{outer.server_address[1]}", s3_region="x",
                s3_access_key_id="AKIDEXAMPLE", s3_secret_access_key="a secret of the bucket",
            )
        )
    )  # fmt: skip
    assert store is not None
    if status != 303:
        with pytest.raises(StoreError):
            store.put(PHOTO)
        assert not [head for head in inner.heads if head.startswith("PUT")]
    assert store.get("0" * 64) is None
    assert store.get(digest_of(b"another photo")) is None
    assert outer.heads
    assert not [head for head in inner.heads if "uthorization" in head or "AKID" in head]


async def test_a_redirect_of_a_name_to_itself_inside(tmp_path: Path) -> None:
    """The same name, once on the internet and once within, by way of a redirect to itself."""
    async with hostile_host({"/photo": answer(PHOTO)}, "127.0.0.1") as inside:
        pages = {"/": redirect(f"http://two.example:{inside.port}/photo")}
        async with hostile_host(pages) as host:
            names = Names([INTERNET], ["127.0.0.1"])
            async with PhotoFetcher(Photos(), AddressGuard(allows, names)) as photos:
                assert await why_not(photos, f"http://two.example:{host.port}/") == "refused-address"
            assert len(host.seen) == 1
        assert inside.seen == []
