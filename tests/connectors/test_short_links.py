"""Short links are looked up over real HTTP: allowed hosts and addresses only, few redirects, little time."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.clock import SystemClock
from connectors.links import LinkTarget, ShortLink
from connectors.public_addresses import is_public
from connectors.rate import Rate
from connectors.short_links import BODY_BYTES, ShortLinks, Unresolved

LISTING = LinkTarget("shopee-id", "1.2", "https://shopee.co.id/product/1/2")
LINK = "https://shopee.co.id/Jaket-i.1.2?utm=x"


class Site(ThreadingHTTPServer):
    """Answers each (host, path) as told: a status, a Location, a body; counts what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, str | None, bytes]] = {}
        self.head: dict[str, int] = {}
        self.asked: list[str] = []

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what some tests are about."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        place = f"{self.headers['Host']}{self.path}"
        self.server.asked.append(f"{self.command} {place}")
        status, location, body = self.server.answers.get(place, (404, None, b""))
        if self.command == "HEAD" and place in self.server.head:
            status, location = self.server.head[place], None
        self.send_response(status)
        if location is not None:
            self.send_header("Location", location)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def lookup(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
    """Every name leads to this machine."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


def links(port: int, **options: Any) -> ShortLinks:
    given: dict[str, Any] = {
        "rate": Rate(10_000, burst=100),
        "scheme": "http",
        "port": port,
        "allows": lambda address: address == "127.0.0.1",
        "lookup": lookup,
    }
    return ShortLinks(threading.Event(), **(given | options))


def resolved(site: Site, url: str = "https://s.shopee.co.id/AbC", **options: Any) -> LinkTarget | Unresolved:
    with links(site.port, **options) as short:
        return short.resolve(ShortLink(url))


def why(found: LinkTarget | Unresolved) -> str:
    assert isinstance(found, Unresolved), found
    return found.why


def test_one_redirect_to_a_listing_that_is_not_asked_itself(site: Site) -> None:
    site.answers["s.shopee.co.id/AbC"] = (301, LINK, b"")
    assert resolved(site) == LISTING
    assert site.asked == ["HEAD s.shopee.co.id/AbC"]


def test_hops_over_allowed_hosts_keep_their_query(site: Site) -> None:
    site.answers["vt.tiktok.com/ZS1"] = (
        302,
        "http://www.tiktok.com/view?x=%20&y=é".encode().decode("latin-1"),
        b"",
    )
    site.answers["www.tiktok.com/view?x=%20&y=%C3%A9"] = (307, "/view/product/1730811847233275332?a=b", b"")
    found = resolved(site, "https://vt.tiktok.com/ZS1")
    assert isinstance(found, LinkTarget)
    assert found.listing_id == "1730811847233275332"


@pytest.mark.parametrize("status", [403, 404, 405, 501, 200])
def test_where_head_does_not_tell_get_is_asked(site: Site, status: int) -> None:
    site.answers["s.shopee.co.id/AbC"] = (302, LINK, b"")
    site.head["s.shopee.co.id/AbC"] = status
    assert resolved(site) == LISTING
    assert site.asked == ["HEAD s.shopee.co.id/AbC", "GET s.shopee.co.id/AbC"]


def test_a_page_that_names_one_listing(site: Site) -> None:
    page = f'<meta property="og:url" content="{LINK}"><link rel="canonical" href="{LISTING.url}"> https://a.example/'
    site.answers["tokopedia.link/a"] = (200, None, page.encode())
    site.answers["tokopedia.link/b"] = (200, None, page.encode() + b" https://shopee.co.id/b-i.3.4")
    site.answers["tokopedia.link/c"] = (200, None, b"<html>")
    site.answers["tokopedia.link/d"] = (200, None, b" " * BODY_BYTES + page.encode())
    assert resolved(site, "https://tokopedia.link/a") == LISTING
    assert why(resolved(site, "https://tokopedia.link/b")) == "a page that names several listings"
    assert why(resolved(site, "https://tokopedia.link/c")) == "a page that names no listing"
    assert why(resolved(site, "https://tokopedia.link/d")) == "a page that names no listing"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://evil.example/x", "a host that is not asked: evil.example"),
        ("https://shopee.co.id.evil.example/Jaket-i.1.2", "a host that is not asked"),
        ("https://shopee.co.id@evil.example/Jaket-i.1.2", "no link of the web"),
        ("http://127.0.0.1/admin", "a host that is not asked: 127.0.0.1"),
        ("http://[::1]/admin", "a host that is not asked: ::1"),
        ("http://[::1/admin", "no link"),
        ("file:///etc/passwd", "no link of the web"),
        ("https://s.shopee.co.id:6379/x", "a port"),
        ("https://s.shopee.co.id:x/", "no link"),
        ("https://sh\u043epee.co.id/Jaket-i.1.2", "not ASCII"),
        ("/AbC", "in a circle"),
        ("https://s.shopee.co.id/" + "a" * 5000, "too long"),
    ],
)  # fmt: skip
def test_places_that_are_not_gone_to(site: Site, location: str, reason: str) -> None:
    site.answers["s.shopee.co.id/AbC"] = (301, location.encode().decode("latin-1"), b"")
    assert reason in why(resolved(site))
    assert len(site.asked) == 1


def test_five_redirects_and_no_more(site: Site) -> None:
    for step in range(8):
        site.answers[f"shp.ee/{step}"] = (302, f"/{step + 1}", b"")
    assert resolved(site, "https://shp.ee/0") == Unresolved("more than 5 redirects")
    assert site.asked == [f"HEAD shp.ee/{step}" for step in range(5)]
    site.answers["shp.ee/4"] = (302, LINK, b"")
    assert resolved(site, "https://shp.ee/0") == LISTING


def test_a_host_outside_the_list_is_not_even_looked_up(site: Site) -> None:
    found = resolved(site, hosts={"shp.ee"})
    assert "s.shopee.co.id" in why(found)
    assert site.asked == []


def test_only_public_addresses_are_connected_to(site: Site) -> None:
    site.answers["s.shopee.co.id/AbC"] = (301, LINK, b"")
    found = resolved(site, allows=is_public)
    assert found == Unresolved("s.shopee.co.id cannot be reached: the host has no public address", again=True)
    assert site.asked == []


def test_a_name_without_an_address(site: Site) -> None:
    def nothing(*_: object, **__: object) -> Any:
        raise socket.gaierror("no such name")

    assert "the host has no address" in why(resolved(site, lookup=nothing))


def test_https_is_asked_and_a_plain_server_is_no_answer(site: Site) -> None:
    site.answers["s.shopee.co.id/AbC"] = (301, LINK, b"")
    found = resolved(site, scheme="https")
    assert isinstance(found, Unresolved)
    assert site.asked == []


def test_a_busy_site_is_asked_again_and_later_given_up(site: Site) -> None:
    site.answers["s.shopee.co.id/AbC"] = (429, None, b"")
    assert resolved(site) == Unresolved("s.shopee.co.id is too busy", again=True)
    assert len(site.asked) == 3


def test_gone_and_broken(site: Site) -> None:
    site.answers["shp.ee/500"] = (500, None, b"")
    site.answers["shp.ee/410"] = (410, None, b"")
    assert resolved(site, "https://shp.ee/none") == Unresolved("the short link is gone")
    assert resolved(site, "https://shp.ee/410") == Unresolved("the short link is gone")
    assert resolved(site, "https://shp.ee/500") == Unresolved("answered 500", again=True)


def test_answers_are_remembered_so_many(site: Site) -> None:
    for name in "abc":
        site.answers[f"shp.ee/{name}"] = (301, LINK, b"")
    with links(site.port, kept=2) as short:
        for name in "aabbcca":
            assert short.resolve(ShortLink(f"https://shp.ee/{name}")) == LISTING
        assert short.requests == 4


def test_a_stop_ends_it(site: Site) -> None:
    stop = threading.Event()
    stop.set()
    with ShortLinks(stop, scheme="http", port=site.port) as short:
        assert short.resolve(ShortLink("https://shp.ee/a")) == Unresolved(
            "stopped before it was answered", again=True
        )
    assert site.asked == []


class Raw:
    """A server that says what it is told to, again and again, whatever it is asked."""

    def __init__(self, say: bytes, drip: bytes = b"") -> None:
        self._say, self._drip = say, drip
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(self._say)
                while self._drip:
                    connection.sendall(self._drip)
                    time.sleep(0.05)
            except OSError:
                return

    def close(self) -> None:
        self._listening.close()


@pytest.mark.parametrize(
    ("say", "drip"),
    [
        (b"", b""),
        (b"\x00\xff not HTTP\r\n\r\n", b""),
        (b"HTTP/1.1 301 Moved\r\nLocation: ", b""),
        (b"HTTP/1.1 301 Moved\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 301 Moved\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"a" * 1000),
        (b"HTTP/1.1 301 Moved\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ],
)
def test_hostile_servers_end_unresolved_and_in_time(say: bytes, drip: bytes) -> None:
    server = Raw(say, drip)
    deadline = SystemClock().monotonic() + 20
    try:
        with links(server.port, seconds=0.5) as short:
            assert isinstance(short.resolve(ShortLink("https://shp.ee/a")), Unresolved)
    finally:
        server.close()
    assert SystemClock().monotonic() < deadline
