"""The built site (`make docs`, which `make test` runs first) reads nothing from elsewhere, finds, and has a dark side."""

import functools
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from doc_blocks import ROOT
from open_pages import browser, sync_api, without_chromium

SITE = ROOT / "build" / "site"
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?(?P<src>[^"'\s>]+)"""
    r"""|<link\b[^>]*\bhref=["']?(?P<href>[^"'\s>]+)"""
    r"""|(?:url\(|@import\s)["']?(?P<url>[^"')\s;]+)"""
)
pytestmark = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="make docs builds the site")


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site and says nothing of it."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site behind a web server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def outside(path: Path) -> list[str]:
    """What this file would have a browser fetch from elsewhere."""
    found = [
        each["src"] or each["href"] or each["url"]
        for each in FETCHED.finditer(path.read_text(encoding="utf-8"))
    ]
    return [each for each in found if re.match(r"(?:https?:)?//", each)]


def test_no_page_and_no_style_names_anything_elsewhere() -> None:
    files = [*SITE.rglob("*.html"), *SITE.rglob("*.css")]
    assert len(files) > 40
    assert {path.name: outside(path) for path in files if outside(path)} == {}


def test_what_would_be_fetched_is_found(tmp_path: Path) -> None:
    for number, text in enumerate(
        (
            '<script async src="https://a.example/x.js">',
            "<link rel=stylesheet href=//a.example/x.css>",
            "<style>@font-face { src: url(https://a.example/x.woff2) }</style>",
        )
    ):
        (tmp_path / f"{number}.html").write_text(text)
        assert len(outside(tmp_path / f"{number}.html")) == 1
    (tmp_path / "a.html").write_text('<a href="https://a.example/">elsewhere</a><img src="x.png">')
    assert outside(tmp_path / "a.html") == []


def test_no_fence_is_left_as_text() -> None:
    assert [path.name for path in SITE.rglob("*.html") if "```" in path.read_text(encoding="utf-8")] == []


@without_chromium
def test_it_finds_and_turns_dark_without_a_web(address: str) -> None:
    asked: list[str] = []

    def only_here(route: Any) -> None:
        asked.append(route.request.url)
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    with browser() as chromium:
        page = chromium.new_page()
        page.route("**/*", only_here)
        page.goto(f"{address}/index.html")
        page.get_by_role("textbox", name="Search").click()
        page.keyboard.type("wrong-key")
        found = page.locator(".md-search-result__list a[href*='reference/errors.html']")
        sync_api.expect(found.first).to_be_visible()
        page.keyboard.press("Escape")
        body = page.locator("body")
        for _ in range(2):  # from what the system has to light, and from light to dark
            page.locator("label[for^=__palette]:visible").click()
        sync_api.expect(body).to_have_attribute("data-md-color-scheme", "slate")
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
