"""An analyst at work in a real browser: alerts come by themselves, keys decide them, nothing is decided twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from console_client import Served, session_for
from deciding_console import deciding
from kafka_client import KafkaClient
from open_pages import axe, without_chromium
from queued_alerts import in_force, put, queued, states
from waiting import until

from streams.console.database import Database
from streams.console.feeder import Feeder, FeedState
from streams.console.guard import SESSION_COOKIE
from streams.console.parts import Parts
from streams.settings import Dashboard, Settings

pytestmark = [
    pytest.mark.kafka,
    without_chromium,
]


class Desk:
    """Opens the console's pages in windows of their own; what a page complains of is an error of the test."""

    def __init__(self, browser: Any, site: Served) -> None:
        self.site = site
        self.complaints: list[str] = []
        self._browser, self._contexts = browser, []

    def open(
        self,
        path: str,
        name: str = "analyst-1",
        *,
        width: int = 1280,
        theme: str = "light",
        language: str = "en",
    ) -> Any:
        context = self._browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
        self._contexts.append(context)
        token, _ = session_for(self.site.console, "analyst", name)
        cookies = {SESSION_COOKIE: token, "rw_theme": theme, "rw_language": language}
        context.add_cookies(
            [{"name": key, "value": value, "url": self.site.base} for key, value in cookies.items()]
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        page.goto(self.site.base + path)
        page.wait_for_selector("#desk[data-ready]")
        return page

    def _heard(self, message: Any) -> None:
        # A refusal (409, 503) is logged by Chromium itself; it is no fault of the page.
        if message.type == "error" and "status of" not in message.text:
            self.complaints.append(message.text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        assert not self.complaints


@pytest.fixture
def desk(chromium: Any, topics: Settings, tmp_path: Path) -> Iterator[Desk]:
    """A console without its feed, whose verdicts go to the test's topics."""
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    with deciding(topics, database) as site:
        desk = Desk(chromium, site)
        yield desk
        desk.close()
    database.close()


@contextmanager
def fed(site: Served) -> Iterator[None]:
    """The console's feed runs, and has read what is there."""
    parts = Parts(site.console, (Feeder(),))
    site.console.services[Parts] = parts
    parts.start()
    try:
        until(lambda: (state := site.console.services.get(FeedState)) is not None and state.is_ready)
        yield
    finally:
        parts.stop()


def opened(page: Any, number: int) -> None:
    page.wait_for_selector(f'.opened[data-alert="alert-{number}"]')


def row(number: int) -> str:
    return f'.queue-row[data-alert="alert-{number}"]'


def test_an_alert_appears_by_itself_is_decided_with_keys_and_taken_back(
    desk: Desk, client: KafkaClient
) -> None:
    client.send_all("alerts", [(f"alert-{n}", queued(n)) for n in (2, 4)])
    with fed(desk.site):
        page = desk.open("/alerts")
        page.keyboard.press("j")
        opened(page, 2)
        before = page.locator(row(4)).bounding_box()
        client.send_all("alerts", [("alert-1", queued(1)), ("alert-3", queued(3))])
        page.get_by_role("button", name="2 new").wait_for()
        ids = page.locator(".queue-row").evaluate_all("rows => rows.map((row) => row.dataset.alert)")
        assert ids == ["alert-1", "alert-2", "alert-3", "alert-4"]
        assert page.locator(".queue-count").inner_text() == "4 match"
        assert before is not None

        page.keyboard.press("1")
        opened(page, 3)
        (record,) = client.read_until("verdicts", lambda found: len(found) >= 1)
        assert record.key == b"alert-2"
        assert b'"verdict":"relist","by":"analyst-1"' in record.value
        page.keyboard.press("3")
        opened(page, 4)
        page.keyboard.press("u")
        opened(page, 3)
        records = client.read_until("verdicts", lambda found: len(found) >= 3)
        assert [each.value is None for each in records if each.key == b"alert-3"] == [False, True]
        until(
            lambda: (
                states(desk.site.console.database)
                == {"alert-1": "open", "alert-2": "relist", "alert-3": "open", "alert-4": "open"}
            )
        )
        page.get_by_role("button", name="Undo").first.click()
        opened(page, 2)
        until(lambda: in_force(desk.site.console.database) == {})


def test_what_is_read_does_not_move_when_more_comes(desk: Desk) -> None:
    database = desk.site.console.database
    put(database, [queued(n) for n in range(20, 60)])
    page = desk.open("/alerts")
    page.locator(".queue").evaluate("queue => { queue.scrollTop = 700; }")
    before = page.locator(row(35)).bounding_box()
    put(database, [queued(n) for n in range(10, 14)])
    desk.site.console.live.changed("alerts")
    page.get_by_role("button", name="4 new").wait_for()
    after = page.locator(row(35)).bounding_box()
    assert abs(after["y"] - before["y"]) < 1
    page.get_by_role("button", name="4 new").click()
    assert page.locator(row(10)).evaluate("row => row.getBoundingClientRect().top > 0")
    assert page.get_by_role("button", name="4 new").count() == 0


def test_two_analysts_on_one_alert(desk: Desk) -> None:
    database = desk.site.console.database
    put(database, [queued(n) for n in range(1, 4)])
    first, second = desk.open("/alerts"), desk.open("/alerts", "analyst-2")
    first.keyboard.press("j")
    opened(first, 1)
    second.locator(row(1)).get_by_text("analyst-1 has it open").wait_for()
    # The keys pass it over; who clicks it may look, and take it over.
    second.keyboard.press("j")
    opened(second, 2)
    second.locator(row(1)).locator("a").click()
    opened(second, 1)
    assert second.locator("#verdicts").count() == 0
    second.keyboard.press("1")
    second.get_by_role("button", name="Take it over").click()
    second.wait_for_selector("#verdicts")
    first.keyboard.press("1")
    first.get_by_text("Not decided: analyst-2 has this alert open").first.wait_for()
    assert states(database)["alert-1"] == "open"
    second.keyboard.press("2")
    opened(second, 2)
    assert in_force(database) == {"alert-1": ("same backdrop", "analyst-2")}
    first.locator("#pane-news").get_by_text("This alert has changed").or_(
        first.locator("#pane-news").get_by_text("Not decided")
    ).first.wait_for()
    first.keyboard.press("4")
    first.get_by_text("Not decided: analyst-2 has decided it since (same backdrop)").first.wait_for()
    first.get_by_role("button", name="Show it anew").click()
    first.get_by_text("same backdrop, says analyst-2").first.wait_for()


def test_a_reason_is_typed_without_deciding(desk: Desk) -> None:
    database = desk.site.console.database
    put(database, [queued(n) for n in (1, 2, 3)])
    page = desk.open("/alerts/alert-1")
    page.keyboard.press("r")
    page.keyboard.type("1 of 2 sleeves, see u")
    page.keyboard.press("Enter")
    assert states(database)["alert-1"] == "open"
    page.keyboard.press("3")
    opened(page, 2)
    assert in_force(database)["alert-1"] == ("not a relist", "analyst-1")
    assert page.locator('#reasons option[value="1 of 2 sleeves, see u"]').count() == 1
    page.go_back()
    opened(page, 1)
    page.get_by_text("not a relist, says analyst-1").first.wait_for()


def test_leaving_lets_go_and_staying_keeps(chromium: Any, topics: Settings, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1), queued(2)])
    short = Settings(kafka=topics.kafka, topics=topics.topics, dashboard=Dashboard(claim_minutes=0.03))
    with deciding(short, database) as site:
        desk = Desk(chromium, site)
        page, other = desk.open("/alerts/alert-1"), site.visitor("analyst", "analyst-2")
        renewed: list[Any] = []
        page.on(
            "request",
            lambda request: renewed.append(request) if request.url.endswith("/alert-1/claim") else None,
        )
        # Longer than the claim lasts by itself: it is renewed three times while it lasts.
        until(lambda: page.evaluate("true") and len(renewed) >= 4)
        assert other.post("/alerts/alert-1/claim").json()["who"] == "analyst-1"
        page.keyboard.press("j")
        opened(page, 2)
        until(lambda: other.post("/alerts/alert-1/claim").json()["mine"])
        page.close()
        until(lambda: other.post("/alerts/alert-2/claim").json()["mine"])
        desk.close()
    database.close()


def test_chosen_rows_and_a_cluster_are_decided_together(desk: Desk) -> None:
    database = desk.site.console.database
    put(database, [queued(n, cluster=("t1",) if n > 3 else ("t7",)) for n in range(1, 8)])
    page = desk.open("/alerts")
    assert not page.locator("#choose").is_visible()
    page.keyboard.press("j")
    opened(page, 1)
    page.keyboard.press("x")
    page.locator(row(3)).locator("input").check()
    page.get_by_text("2 chosen").wait_for()
    page.get_by_role("button", name="Decide the chosen together").click()
    page.get_by_text("2 open alerts get one verdict").wait_for()
    page.get_by_role("button", name="Unsure").click()
    page.get_by_text("2 alerts: unsure").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("#desk[data-ready]")
    until(lambda: set(states(database).values()) == {"open"})
    page.locator(row(4)).locator("a").click()
    opened(page, 4)
    page.get_by_role("button", name="Decide them together").click()
    page.get_by_text("4 open alerts get one verdict").wait_for()


def test_a_broker_that_is_away_leaves_the_alert_where_it_is(
    chromium: Any, settings: Settings, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    put(database, [queued(1), queued(2)])
    away = Settings(kafka=type(settings.kafka)(bootstrap_servers="127.0.0.1:1"))
    with deciding(away, database, delivery_ms=500) as site:
        desk = Desk(chromium, site)
        page = desk.open("/alerts/alert-1")
        page.keyboard.press("1")
        page.locator(".toast.red").get_by_text("nothing is decided").wait_for()
        opened(page, 1)
        assert page.locator("#verdicts:not([aria-busy])").count() == 1
        assert states(database) == {"alert-1": "open", "alert-2": "open"}
        desk.close()
    database.close()


def test_axe_finds_nothing_serious(desk: Desk) -> None:
    database = desk.site.console.database
    put(database, [queued(n, kind=("relist", "still_up", "flood")[n % 3]) for n in range(1, 8)])
    put(database, [queued(8)], verdict=("unsure", "analyst-9", 5))
    desk.site.visitor("analyst", "analyst-2").get("/alerts/alert-3")
    page = desk.open("/alerts/alert-8?state=all")
    page.locator(row(2)).locator("input").check()
    checked = [_serious(page)]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.locator(row(3)).locator("a").click()
    page.get_by_role("button", name="Take it over").wait_for()
    checked.append(_serious(page, {"runOnly": ["color-contrast"]}))
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    checked.append(_serious(page, {"runOnly": ["color-contrast", "aria-dialog-name", "button-name"]}))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Decide them together").click()
    page.get_by_text("open alerts get one verdict").wait_for()
    checked.append(_serious(page))
    assert checked == [[], [], [], []]


def _serious(page: Any, options: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    found = axe.Axe().run(page, options=options).response["violations"]
    return [
        (each["id"], node["html"][:200])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_on_a_phone_the_queue_then_the_alert_and_back(desk: Desk) -> None:
    put(desk.site.console.database, [queued(n, title="W" * 300 if n == 1 else "Jaket") for n in range(1, 8)])
    page = desk.open("/alerts", width=390)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    assert not page.locator("#pane").is_visible()
    page.locator(row(1)).locator("a").click()
    opened(page, 1)
    assert not page.locator(".queue").is_visible()
    assert page.evaluate(fits)
    assert page.locator("#verdicts").is_visible()
    page.get_by_role("button", name="Unsure").click()
    opened(page, 2)
    page.get_by_role("link", name="Back to the queue").click()
    page.locator(".queue").wait_for()
    assert page.locator(row(1)).get_by_text("Unsure").is_visible()
    page.get_by_text("Filters").click()
    assert page.evaluate(fits)


@pytest.mark.parametrize("width", [1280, 1000, 390])
def test_longer_words_fit_too(desk: Desk, width: int) -> None:
    put(desk.site.console.database, [queued(n, title="W" * 300) for n in range(1, 4)])
    page = desk.open("/alerts/alert-1", width=width, language="id")
    assert page.get_by_role("button", name="Bukan tayang ulang").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_filter_is_an_address_without_what_is_not_asked(desk: Desk) -> None:
    put(desk.site.console.database, [queued(1, title="Jaket"), queued(2, title="Kemeja")])
    page = desk.open("/alerts")
    page.keyboard.press("f")
    page.keyboard.type("kemeja")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts?text=kemeja")
    page.wait_for_selector("#desk[data-ready]")
    assert page.locator(".queue-row").count() == 1
    page.get_by_label("State").select_option("unsure")
    page.wait_for_url("**/alerts?text=kemeja&state=unsure")
    page.get_by_text("No alert matches these filters").wait_for()
