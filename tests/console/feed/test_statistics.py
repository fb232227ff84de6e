"""Both databases know enough of their tables to find one seller's alerts by the seller."""

import msgspec
from alert_records import alert
from feed_records import Feeding, fed
from sqlalchemy import text

from connectors.events import AlertListing
from streams.console.feed.statistics import Statistics
from streams.topics import ALERTS

SEARCH = (
    "SELECT alert_id FROM alerts WHERE state = 'open' AND seller = 'pasar-uji:s7' "
    "ORDER BY probability DESC, matched_ms DESC LIMIT 50"
)


def plan(feeding: Feeding) -> str:
    explain = "EXPLAIN " if feeding.database.is_postgres else "EXPLAIN QUERY PLAN "
    with feeding.database.read() as connection:
        return " ".join(str(row) for row in connection.execute(text(explain + SEARCH)))


def test_a_seller_is_found_by_the_seller(feeding: Feeding) -> None:
    one = alert(0)
    listings = [
        AlertListing(marketplace="pasar-uji", listing_id="l", title="J", seller_id=f"s{n % 300}")
        for n in range(3000)
    ]
    feeding.put(
        *(
            (ALERTS, fed("", msgspec.structs.replace(one, alert_id=f"a{n}", listing=each)))
            for n, each in enumerate(listings)
        )
    )
    if not feeding.database.is_postgres:
        assert "alerts_seller" not in plan(feeding)
    statistics = Statistics(feeding.database, feeding.turn)
    assert statistics.step(3000)
    assert "alerts_seller" in plan(feeding)
    assert not statistics.step(3000), "nothing came since"
    assert not statistics.step(4000), "not so soon again"
