"""The page in a real browser over a real Kafka and real workers: figures move by themselves, a killed worker is shown."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from console_client import Served, Visitor, console_in, served
from flow_facts import instance, offsets_of
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown
from open_pages import ARGUMENTS, CHROMIUM, axe, sync_api, without_chromium
from worker_steps import publish_takedowns

from streams.console.context import Console
from streams.console.feeder import Feeder
from streams.console.guard import SESSION_COOKIE
from streams.console.judgement import Facts, judge
from streams.console.parts import Parts
from streams.console.throughput_view import publish
from streams.console.watch import OFFSETS_SECONDS, TICK_SECONDS, Watch
from streams.console.watch_core import Snapshot, series_of
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = without_chromium


@dataclass
class System:
    """Two workers at work, and a console that watches them."""

    site: Served
    watch: Watch
    client: KafkaClient
    workers: list[WorkerProcess]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000, 10**9)))

    def send(self, count: int) -> None:
        """So many listings, waited for until Kafka has them."""
        records = [listing(next(self.numbers)) for _ in range(count)]
        self.client.send_all("listings", [(record.key, record) for record in records])

    def settled(self, seen: Callable[[Any], bool], what: str, seconds: float = 40.0) -> None:
        deadline = time.monotonic() + seconds
        while self.watch.snapshot is None or not seen(self.watch.snapshot):
            assert time.monotonic() < deadline, f"{what}: {self.watch.snapshot}"
            time.sleep(0.05)


@pytest.fixture
def system(settings: Settings, topics: object, tmp_path: Path) -> Iterator[System]:
    kafka = msgspec.structs.replace(settings.kafka, session_timeout=6.0, heartbeat_interval=1.0)
    work = msgspec.structs.replace(settings.worker, photo_processes=1, heartbeat_seconds=1.0)
    settings = msgspec.structs.replace(settings, kafka=kafka, worker=work)
    client, watch = KafkaClient(settings), Watch()
    with console_in(tmp_path, settings) as console, served(console) as site:
        parts = Parts(console, (Feeder(), watch))
        console.services[Parts] = parts
        parts.start()
        workers = [WorkerProcess(settings, tmp_path / f"worker{number}.log") for number in range(2)]
        try:
            for worker in workers:
                worker.wait_ready()
            yield System(site, watch, client, workers)
        finally:
            for worker in workers:
                worker.kill()
            parts.stop()
            client.close()


@dataclass
class Opened:
    """The page in the browser, and what the browser complained of."""

    page: Any
    complaints: list[str]

    def tile(self, name: str) -> str:
        return str(self.page.locator(f'[data-tile="{name}"] b').inner_text())

    def follow(self, name: str, seen: Callable[[float], bool], seconds: float) -> float:
        """Wait until the tile shows such a number; for how many seconds."""
        began = time.monotonic()
        while not seen(float(self.tile(name).replace(",", "").replace("–", "0"))):
            assert time.monotonic() - began < seconds, f"{name} is still {self.tile(name)}"
            self.page.wait_for_timeout(50)
        return time.monotonic() - began


@contextmanager
def opened_on(site: Served, folder: Path) -> Iterator[Opened]:
    """The page as an operator sees it, live."""
    visitor: Visitor = site.visitor("operator")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "browser",
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            viewport={"width": 1280, "height": 800},
        )
        cookie = visitor.client.cookies[SESSION_COOKIE]
        context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": site.base}])
        page = context.pages[0]
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site.base}/throughput")
        page.locator("#live.on").wait_for()
        yield Opened(page, complaints)
        context.close()


def is_calm(snapshot: Any) -> bool:
    return all(finding.level == "ok" for finding in snapshot.findings)


@pytest.mark.kafka
def test_figures_move_by_themselves_and_a_killed_worker_is_shown_with_what_to_do(
    system: System, tmp_path: Path
) -> None:
    with opened_on(system.site, tmp_path) as opened:
        watch_all_that_happens(system, opened)


def watch_all_that_happens(system: System, opened: Opened) -> None:
    page = opened.page
    system.settled(is_calm, "two workers are ready and all is well")
    page.get_by_role("strong").filter(has_text="Nothing needs doing.").wait_for()
    page.locator('[data-tile="workers"] b').get_by_text("2", exact=True).wait_for()

    # Listings begin to flow, from a standstill, and the page moves by itself. That it does within two seconds is a
    # matter of the pauses below, and of a machine that is not overloaded.
    assert TICK_SECONDS + OFFSETS_SECONDS <= 2
    opened.follow("listings", lambda figure: figure == 0, 30)
    opened.complaints.clear()
    ends = threading.Event()

    def flow() -> None:
        while not ends.wait(0.1):
            system.send(10)

    flowing = threading.Thread(target=flow)
    flowing.start()
    try:
        opened.follow("listings", lambda figure: figure > 0, 30)
        page.locator('[data-chart="fingerprint"] svg path.line').first.wait_for(state="attached")
        page.locator("#workers tbody tr").nth(1).wait_for()
        page.get_by_role("row", name="pasar-uji").get_by_text("–").first.wait_for()

        # An alert, by way of the database.
        publish_takedowns(system.client, takedown(1))
        system.settled(
            lambda snapshot: all(one.beat.index.takedowns for one in snapshot.parts), "the takedown"
        )
        record = relist(2, of=1)
        system.client.send_all("listings", [(record.key, record)])
        page.locator('[data-tile="alerts"]').get_by_text("1 open").wait_for(timeout=40_000)
        page.locator('[data-tile="took"]').get_by_text("ms").first.wait_for()
    finally:
        ends.set()
        flowing.join()

    # A worker is killed: amber with what to do, and its row stays. The other takes over.
    victim, other = system.workers
    os.kill(victim.process.pid, signal.SIGKILL)
    lost = page.locator('[data-condition="a-worker-is-lost"]')
    lost.wait_for(timeout=40_000)
    assert "start a worker in its place" in lost.inner_text()
    row = page.locator("#workers tbody tr.lost")
    assert f":{victim.process.pid}" in row.inner_text()
    # And the last one: red.
    other.kill()
    red = page.locator('[data-condition="no-worker-runs"].act')
    red.wait_for(timeout=40_000)
    assert opened.tile("workers") == "0"
    assert page.locator("#workers tbody tr.lost").count() == 2
    assert page.locator("#told").inner_text().startswith("1 to act on")
    assert_whole(page)
    red.get_by_role("link").click()
    page.wait_for_url("**/runbook#no-worker-runs")
    assert page.locator("#no-worker-runs").is_visible()
    assert opened.complaints == []


def assert_whole(page: Any) -> None:
    """Nothing keeps anyone out, in both palettes, and a phone need not scroll sideways."""
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = [
            one
            for one in axe.Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert found == [], theme
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})


def test_charts_read_out_by_keyboard_and_as_a_table_and_what_is_open_stays_open(tmp_path: Path) -> None:
    """Without Kafka: the seconds are the test's own."""
    watch, now = Watch(), time.time()
    rows = [("lag:listings", int(now // 60) - age, float(age)) for age in range(1, 300)]
    watch.history.restore(rows, now)
    with console_in(tmp_path) as console, served(console) as site:
        console.services[Watch] = watch
        with opened_on(site, tmp_path) as opened:
            read_the_lag(console, watch, opened)


def read_the_lag(console: Console, watch: Watch, opened: Opened) -> None:
    page = opened.page
    chart = page.locator('[data-chart="lag"]')
    plot = chart.locator(".plot")
    chart.locator("svg path.line").first.wait_for(state="attached")
    assert "Lag by topic: listings" in plot.get_attribute("aria-label")
    plot.press("End")
    plot.press("PageUp")
    assert "listings\n" in chart.locator(".readout").inner_text()
    assert "listings" in chart.locator("[aria-live]").inner_text()
    plot.press("Escape")
    assert chart.locator(".readout").is_hidden()
    plot.hover()
    assert chart.locator(".readout").is_visible()
    chart.get_by_text("As a table").click()
    chart.locator("tbody tr").nth(12).wait_for()
    assert chart.locator("tbody tr").count() == 13

    def second(lag: int) -> None:
        offsets = offsets_of(lag)
        parts = (instance(),)
        at = int(time.time() * 1000)
        findings = judge(Facts(at, 0.0, None, 600.0, offsets, None, parts))
        watch.snapshot = Snapshot(
            at, findings, parts, offsets, None, series_of({}, {}, offsets, None), 9.0, True
        )
        publish(console, watch.snapshot)

    second(4321)
    page.locator('[data-tile="lag"] b').get_by_text("4,321").wait_for()
    others = page.locator("#above details")
    others.locator("summary").click()
    second(1234)
    page.locator('[data-tile="lag"] b').get_by_text("1,234").wait_for()
    assert others.evaluate("details => details.open")
    assert page.locator("#told").inner_text() == "0 to act on, 1 to keep an eye on"
    with page.expect_response("**/throughput/history?span=day"):
        page.get_by_text("Last day").click()
    page.wait_for_function(
        "document.querySelector('[data-chart=\"lag\"] tbody tr:last-child th').innerText !== ''"
    )
    assert opened.complaints == []
