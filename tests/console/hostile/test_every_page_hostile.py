"""Stored cross-site scripting: a console full of hostile records, and every page of it opened in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from console_client import Served, console_in, served
from hostile_console import fill
from hostile_texts import MARK, Watched
from open_pages import without_chromium

from streams.console.app import ROUTES
from streams.settings import Kafka, Settings

pytestmark = without_chromium

AWAY = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))
FORMS = {"/takedowns/add", "/takedowns/import", "/runbook"}
"""Pages that show nothing of anybody."""
NO_PAGES = {
    "/alerts/claims", "/alerts/export", "/audit.csv", "/livez", "/readyz", "/live", "/static/{name}", "/photos/{sha256}",
    "/throughput/history", "/takedowns/report.{kind}", "/dead-letters/{place}/value.bin",
    "/takedowns/import/{token}/rejects.csv",
}  # fmt: skip
"""Data for scripts, files and photos: no browser draws them."""
ELSEWHERE = {"/takedowns/import/{token}", "/dead-letters/replays/{job}"}
"""Pages of something that is going on: tests/console/lists/test_lists_browser.py, dead_letters/test_letters_browser.py."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    with console_in(tmp_path_factory.mktemp("console"), AWAY) as console, served(console) as site:
        yield site, fill(console)


@pytest.fixture
def watched(chromium: Any, filled: tuple[Served, list[str]], language: str) -> Iterator[Watched]:
    site, _ = filled
    visitor = site.visitor("admin")
    context = chromium.new_context(base_url=site.base)
    cookies = [*visitor.client.cookies.items(), ("rw_language", language)]
    context.add_cookies([{"name": name, "value": value, "url": site.base} for name, value in cookies])
    yield Watched(context.new_page(), site.base)
    context.close()


@pytest.mark.parametrize("language", ["en", "id"])
def test_no_field_of_any_record_does_anything_on_any_page(
    watched: Watched, filled: tuple[Served, list[str]], language: str
) -> None:
    _, addresses = filled
    wrong, shown_on = [], set()
    for address in addresses:
        watched.page.goto(address, wait_until="domcontentloaded")
        # The page's own scripts have run by its load event, and have put in what they put in by the next frame.
        watched.page.wait_for_load_state("load")
        watched.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert watched.page.locator("html").get_attribute("lang") in (language, None), address
        wrong += [f"{address[:60]}: {each}" for each in watched.found()]
        watched.wrong.clear()
        if MARK in watched.page.content():
            shown_on.add(address)
    assert wrong == []
    silent = [each for each in addresses if each not in shown_on and each not in FORMS]
    assert silent == [], "these pages show no hostile text, so they prove nothing"


@pytest.mark.parametrize("language", ["en"])
def test_what_a_script_puts_into_the_page_does_nothing_either(
    watched: Watched, filled: tuple[Served, list[str]], language: str
) -> None:
    page = watched.page
    page.goto("/alerts")
    page.wait_for_selector("#desk[data-ready]")
    for _ in range(3):
        page.keyboard.press("j")
        page.wait_for_selector(".opened")
    page.locator(".queue-row a").nth(1).click()
    page.wait_for_selector(".opened")
    page.goto("/throughput")
    page.wait_for_selector(".charts:not([hidden])")
    assert page.locator("#marketplace option", has_text=MARK).count() >= 1
    assert watched.found() == []


def test_every_page_that_there_is_was_opened(filled: tuple[Served, list[str]]) -> None:
    import re

    _, addresses = filled
    paths = [address.partition("?")[0] for address in addresses]
    for route in ROUTES:
        if route.method != "GET" or route.path in NO_PAGES | ELSEWHERE or route.path.startswith("/photos/"):
            continue
        shape = re.sub(r"\{[^{}]*\}", "[^/]+", route.path)
        assert any(re.fullmatch(shape, path) for path in paths), route.path
