"""What the console's benchmark fills the topics with, and how it asks and counts."""

import asyncio
from collections import Counter
from pathlib import Path

from console_client import console_in, served, session_for
from feed_records import Feeding, fed

from streams.benchmarks.console.__main__ import figures
from streams.benchmarks.console.drawn_market import Drawn, DrawnMarket
from streams.benchmarks.console.pages import PAGES, Page
from streams.benchmarks.console.viewers import Answers, Load
from streams.console.app import ROUTES
from streams.console.tables import ALERTS, DEAD_LETTERS, REQUESTS, SELLER_LINKS, TAKEDOWNS, VERDICTS

KNOWN = Drawn(alerts=["a/1"], takedowns=["t"], sellers=["shopee-id:1"], lists=["0"])


def test_a_drawn_market_is_one_that_the_feed_takes(feeding: Feeding) -> None:
    market = DrawnMarket(400)
    records = list(market.records())
    feeding.put(*((one.topic, fed(one.key, one.value, offset=n)) for n, one in enumerate(records)))
    assert not feeding.keeper.unreadable
    assert market.drawn.records == len(records)
    sizes = {
        table.name: len(feeding.rows(table))
        for table in (ALERTS, TAKEDOWNS, REQUESTS, SELLER_LINKS, DEAD_LETTERS)
    }
    assert sizes == {"alerts": 400, "takedowns": 20, "requests": 80, "seller_links": 20, "dead_letters": 8}
    states = Counter(row["state"] for row in feeding.rows(ALERTS))
    assert set(states) == {"open", "relist", "not a relist", "same backdrop", "unsure"}
    assert len(feeding.rows(VERDICTS)) == 400 - states["open"]
    assert {row["held"] for row in feeding.rows(ALERTS)} == {True, False}


def test_the_same_seed_draws_the_same_market() -> None:
    one, same, other = (list(DrawnMarket(20, seed).records()) for seed in (1, 1, 2))
    assert [record.key for record in one] == [record.key for record in same]
    assert [record.key for record in one] != [record.key for record in other]


def test_every_page_has_an_address() -> None:
    import random

    for page in PAGES:
        assert page.address(KNOWN, random.Random(1)).startswith("/")
        assert (page.news is None) == (page.fill == "")
    assert Page("x", "/alerts/{alert}").address(KNOWN, random.Random(1)) == "/alerts/a%2F1"


def test_viewers_ask_pages_and_hear_news(tmp_path: Path) -> None:
    styles, missing = (
        Page("styles", "/static/console.css", news="alerts", fill="/livez"),
        Page("missing", "/nowhere"),
    )
    with console_in(tmp_path) as console, served(console, ROUTES) as site:
        tokens = [session_for(console, "viewer", f"viewer-{n}")[0] for n in range(3)]
        load = Load(site.base, tokens, KNOWN, pause=0.1)
        assert asyncio.run(load.there([styles, missing])) == [styles]
        asyncio.run(load.alone([styles, missing], 4))
        assert len(load.answers["styles"].seconds) == len(load.answers["missing"].seconds) == 4
        assert (load.answers["styles"].failed, load.answers["missing"].failed) == ([], [404] * 4)

        async def watched() -> None:
            looking = asyncio.create_task(load.together([styles], 1.0))
            while not looking.done():
                console.live.changed("alerts")
                await asyncio.sleep(0.05)
            await looking

        asyncio.run(watched())
        assert len(load.answers["styles"].seconds) > 10
        assert load.news >= 3
        assert load.answers["styles, filled again"].bytes == len("ok\n")


def test_the_report_has_percentiles_in_milliseconds() -> None:
    line = figures("alerts", Answers([n / 1000 for n in range(1, 102)], 7, [503]), 50)
    assert line == {
        "page": "alerts", "viewers": 50, "requests": 101, "median_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0,
        "most_ms": 101.0, "bytes": 7, "failed": 1,
    }  # fmt: skip
