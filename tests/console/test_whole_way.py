"""The whole way in one browser: simulated marketplaces, connectors, workers, a real Kafka and the console."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from open_pages import browser, without_chromium
from waiting import until

from connectors.verdicts import Verdict
from streams.demo.demo import Demo, Outcome

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    without_chromium,
]
SECONDS = 120


@pytest.fixture
def demo() -> Iterator[Demo]:
    with Demo(lambda _: None, dashboard=True) as running:
        yield running


@pytest.fixture
def page() -> Iterator[Any]:
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(SECONDS * 1000)
        yield page


class Round(threading.Thread):
    """One story being played. Seed 6 is one without a false alert (docs/benchmarks.md)."""

    def __init__(self, demo: Demo) -> None:
        super().__init__()
        self._demo = demo
        self.outcome: Outcome | None = None

    def run(self) -> None:
        self.outcome = self._demo.round(6, lambda *_: None, lambda *_: None)


def verdicts(client: KafkaClient) -> list[Verdict]:
    values = [record.value for record in client.existing("verdicts")]
    return [msgspec.json.decode(value, type=Verdict) for value in values if value]


def test_from_the_marketplace_to_the_verdict(demo: Demo, page: Any) -> None:
    console = demo.dashboard
    assert console is not None
    page.goto(console.url)
    page.get_by_label("Name").fill(console.name)
    page.get_by_label("Password").fill(console.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#desk[data-ready]")
    assert page.locator(".queue-row").count() == 0

    playing = Round(demo)
    playing.start()
    page.locator(".queue-row").first.wait_for()  # nobody has touched the page
    page.keyboard.press("j")
    alert_id = page.locator(".opened[data-alert]").first.get_attribute("data-alert")
    page.locator(".opened img").first.wait_for()
    page.keyboard.press("1")
    with closing(KafkaClient(demo.settings)) as client:
        (verdict,) = until(lambda: verdicts(client), "the verdict", seconds=SECONDS)
    assert (verdict.alert_id, verdict.verdict, verdict.by) == (alert_id, "relist", console.name)

    playing.join()
    assert playing.outcome is not None
    assert playing.outcome.missed == [], "the console takes nothing from the pipeline"
    page.goto(f"{console.url}throughput")
    page.get_by_text(f"{demo.workers[0].process.pid}", exact=False).first.wait_for()
    demo.workers[0].kill()
    lost = page.locator('[data-condition="a-worker-is-lost"]')
    lost.wait_for()
    assert lost.get_by_role("link").get_attribute("href").endswith("/runbook#a-worker-is-lost")
