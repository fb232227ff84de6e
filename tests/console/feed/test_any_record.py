"""Whatever a record holds, as far as it is one: its row goes into either database, or it is no row at all."""

from typing import Any

import msgspec
import pytest
from feed_records import Feeding, fed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.seller_links import SellerLink
from connectors.takedown_status import TakedownChange
from streams.console.tables import FROM_TOPICS, OFFSETS
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    SELLER_LINKS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
)

TEXT = st.text(max_size=900) | st.sampled_from(
    ["\x00", "a\x00b", "x" * 990, "\U0001f9e5" * 700, "\u202e", "'); --"]
)


def dense(seed: int, length: int) -> str:
    """PostgreSQL presses texts together before they have to fit into an index: repeated letters would always fit."""
    return "".join(chr(0x4E00 + (seed * 7919 * n * n) % 20_000) for n in range(1, length))


DENSE = st.builds(dense, st.integers(1, 99), st.sampled_from([240, 700, 3000]))
KEY = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=("Cs",)), min_size=1,
              max_size=256) | st.builds(dense, st.integers(1, 99), st.just(240))  # fmt: skip
NUMBER = st.integers(-(2**70), 2**70)
TIME = st.datetimes().map(lambda at: at.isoformat() + "Z")
DIGEST = st.just("0" * 64)


def of(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


LISTING = {
    "marketplace": st.just("pasar-uji"),
    "listing_id": KEY,
    "title": TEXT,
    "seller_id": KEY | st.none(),
}
TAKEN = {"takedown_id": KEY, "authority": TEXT | st.none(), "reason": TEXT | st.none()}
ALERT = of(
    alert_id=KEY,
    kind=st.just("relist"),
    probability=st.floats(allow_nan=False, allow_infinity=False),
    caught_by=st.just("arrival"),
    listing=of(**LISTING),
    takedown=of(**LISTING, **TAKEN),
    other_takedowns=st.just([]),
    cluster=st.lists(KEY | DENSE, max_size=2),
    evidence=st.just([]),
    listing_observed_at=TIME,
    matched_at=TIME,
    algorithms=st.just({"image": "", "text": "", "policy": ""}),
)
REQUEST = of(
    request_id=KEY,
    link=st.text(min_size=1, max_size=4096) | st.just("\x00" * 4096),
    marketplace=st.none() | st.just("pasar-uji"),
    listing_id=st.none() | KEY,
    reason=TEXT,
    authority=TEXT,
    source=st.just("ministry"),
    received_at=TIME,
    by=KEY,
    list=st.none() | of(name=TEXT, sha256=DIGEST, row=st.integers(1, 2**70)),
)
RECORDS: dict[str, tuple[TopicSpec, st.SearchStrategy[Any]]] = {
    "alert": (ALERTS, ALERT),
    "verdict": (
        VERDICTS,
        of(alert_id=st.just(""), verdict=st.just("relist"), by=KEY, reason=TEXT, decided_at=TIME, alert=ALERT).map(
            lambda one: one | {"alert_id": one["alert"]["alert_id"]}
        ),
    ),
    "takedown": (
        TAKEDOWNS,
        of(**TAKEN, listing=of(**LISTING, images=st.lists(of(url=TEXT, sha256=DIGEST), max_size=2))),
    ),
    "request": (TAKEDOWN_REQUESTS, REQUEST),
    "status": (
        TAKEDOWN_STATUS,
        of(request_id=KEY, request=REQUEST, partition=st.integers(0), state=st.just("published"),
           takedown_id=KEY | st.none(), tried_at=TIME),
    ),
    "change": (
        TAKEDOWN_AUDIT,
        of(takedown_id=KEY, what=st.just("published"), at=TIME, place=TEXT | DENSE | st.none(), by=TEXT),
    ),
    "link": (
        SELLER_LINKS,
        of(sellers=st.tuples(*[of(marketplace=st.just("m"), seller_id=KEY, listing_id=KEY)] * 2),
           reason=st.just("same photos"), strength=st.floats(0, 9), takedown_id=KEY, seen_at=TIME),
    ),
    "letter": (
        DEAD_LETTERS,
        of(topic=TEXT, partition=NUMBER, offset=NUMBER, key=st.none() | st.just("AAA="), value=st.none(),
           error=TEXT | DENSE, detail=TEXT, stage=TEXT | DENSE, attempt=NUMBER, failed_at=TIME),
    ),
}  # fmt: skip


def key_of(kind: str, value: dict[str, Any]) -> str:
    """The key under which such a record counts; "" where it is none anyway."""
    try:
        if kind == "link":
            return msgspec.convert(value, SellerLink).key
        if kind == "change":
            return msgspec.convert(value, TakedownChange).key
    except msgspec.ValidationError:
        return ""
    return str(value.get("alert_id") or value.get("request_id") or value.get("takedown_id") or "")


@pytest.mark.parametrize("kind", sorted(RECORDS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_it_goes_in_or_is_counted(feeding: Feeding, kind: str, data: st.DataObject) -> None:
    topic, strategy = RECORDS[kind]
    values = data.draw(st.lists(strategy, min_size=1, max_size=5))
    feeding.put(*((topic, fed(key_of(kind, value), value, offset=n)) for n, value in enumerate(values)))
    rows = sum(len(feeding.rows(table)) for table in FROM_TOPICS if table is not OFFSETS)
    assert rows + feeding.keeper.unreadable.total() > 0
    with feeding.turn.write() as connection:
        for table in FROM_TOPICS:
            connection.execute(table.delete())
    feeding.keeper.unreadable.clear()
