"""Stored cross-site scripting: a console full of hostile records, and every page of it opened in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from console_client import Served, console_in, served
from hostile_console import fill
from hostile_texts import MARK, RUNS, Watched
from open_pages import sync_api, without_chromium
from sqlalchemy import update

from streams.console.app import ROUTES
from streams.console.tables import SESSIONS
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings, Topics

pytestmark = [pytest.mark.kafka, without_chromium]

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
def filled(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    # A broker without our topics says so at once; one that is away takes its time.
    settings = Settings(kafka=Kafka(bootstrap_servers=kafka.bootstrap_servers), topics=Topics(prefix="none-"))
    with console_in(tmp_path_factory.mktemp("console"), settings) as console, served(console) as site:
        yield site, fill(console)


@pytest.fixture
def watched(chromium: Any, filled: tuple[Served, list[str]], language: str) -> Iterator[Watched]:
    site, _ = filled
    visitor = site.visitor("admin")
    with site.console.database.write() as connection:
        connection.execute(update(SESSIONS).values(browser=RUNS[:300], address=RUNS[:100]))
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
    if language == "id":
        # The same templates with other words: one alert of each kind is enough.
        addresses = [each for each in addresses if not re.fullmatch(r"/alerts/alert-[2-8]", each)]
    wrong, silent = [], []
    for address in addresses:
        watched.page.goto(address)
        wrong += [f"{address[:60]}: {each}" for each in watched.found()]
        watched.wrong.clear()
        if address not in FORMS and not _shows_it(watched.page):
            silent.append(address)
    assert wrong == []
    assert silent == [], "these pages show no hostile text, so they prove nothing"


def _shows_it(page: Any) -> bool:
    """What is made beside the page, such as the report, comes a moment later."""
    try:
        page.wait_for_function(f"() => document.documentElement.innerHTML.includes('{MARK}')", timeout=8000)
    except sync_api.TimeoutError:
        return False
    return True


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
    page.locator("#marketplace option", has_text=MARK).first.wait_for(state="attached")
    assert watched.found() == []


def test_every_page_that_there_is_was_opened(filled: tuple[Served, list[str]]) -> None:
    _, addresses = filled
    paths = [address.partition("?")[0] for address in addresses]
    for route in ROUTES:
        if route.method != "GET" or route.path in NO_PAGES | ELSEWHERE or route.path.startswith("/photos/"):
            continue
        shape = re.sub(r"\{[^{}]*\}", "[^/]+", route.path)
        assert any(re.fullmatch(shape, path) for path in paths), route.path
