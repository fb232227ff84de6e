"""The filter in a page's address, and what it finds: on both databases the same as looking at each alert."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queued_alerts import NOON_MS, drawn, put

from connectors.events import Alert
from streams.console.ascii_lower import ascii_lower
from streams.console.database import Database
from streams.console.queue.filters import (
    CAUGHT_BY,
    HOUR_MS,
    KINDS,
    LASTS,
    SORTS,
    STATES,
    Filter,
    FilterError,
    filter_of,
)
from streams.console.queue.search import Place, PlaceError, find, place_of

NOW = NOON_MS + HOUR_MS
TEXTS = (
    "",
    "jaket",
    "JAKET kemeja",
    "100%",
    "a_b",
    "%",
    "_",
    "back\\slash",
    "İstanbul",
    "ärmel",
    "';",
    "l7",
    "alert-3",
    "t2",
    "uji:s1",
    "zzz",
)
FILTERS = st.builds(
    Filter,
    state=st.sampled_from(STATES),
    kind=st.sampled_from(KINDS),
    marketplace=st.sampled_from(("", "", "pasar-uji", "nowhere")),
    seller=st.sampled_from(("", "", "toko-uji:s1", "toko-uji")),
    authority=st.sampled_from(("", "", "polisi", "none")),
    cluster=st.sampled_from(("", "", "t1", "t3")),
    caught_by=st.sampled_from(CAUGHT_BY),
    last=st.sampled_from(LASTS),
    from_ms=st.sampled_from((None, None, NOON_MS - 5 * HOUR_MS)),
    to_ms=st.sampled_from((None, None, NOON_MS - HOUR_MS)),
    text=st.sampled_from(TEXTS),
    sort=st.sampled_from(SORTS),
)
Made = Sequence[tuple[Alert, bool, str]]


@pytest.fixture
def filled(database: Database) -> tuple[Database, Made]:
    made = drawn(160, seed=7)
    for one, held, state in made:
        put(database, [one], held=held, verdict=None if state == "open" else (state, "analyst-3", NOON_MS))
    return database, made


def plainly(wanted: Filter, made: Made) -> list[str]:
    """The ids in their order, each alert looked at: slow and obvious."""

    def fits(one: Alert, held: bool, state: str) -> bool:
        at = round(one.matched_at.timestamp() * 1000)
        listing, takedown = one.listing, one.takedown
        texts = [
            listing.title, takedown.title, listing.key, takedown.takedown_id, one.alert_id,
            f"{listing.marketplace}:{listing.seller_id}" if listing.seller_id else "",
        ]  # fmt: skip
        since = {"": 0, "hour": HOUR_MS, "day": 24 * HOUR_MS, "week": 7 * 24 * HOUR_MS}[wanted.last]
        states = {"all": True, "decided": state != "open"}.get(wanted.state, state == wanted.state)
        return (
            states
            and held == (wanted.kind == "held")
            and wanted.kind in ("", "held", one.kind)
            and wanted.marketplace in ("", listing.marketplace)
            and wanted.seller in ("", texts[5] or None)
            and wanted.authority in ("", takedown.authority)
            and wanted.cluster in ("", min(one.cluster, default=takedown.takedown_id))
            and wanted.caught_by in ("", one.caught_by)
            and (not since or at >= NOW - since)
            and (wanted.from_ms is None or at >= wanted.from_ms)
            and (wanted.to_ms is None or at < wanted.to_ms)
            and all(
                any(ascii_lower(word) in ascii_lower(text) for text in texts) for word in wanted.text.split()
            )
        )

    def key(item: tuple[Alert, bool, str]) -> tuple[object, ...]:
        at = round(item[0].matched_at.timestamp() * 1000)
        last = (at, item[0].alert_id)
        return (item[0].probability, *last) if wanted.sort == "probability" else last

    fitting = sorted((item for item in made if fits(*item)), key=key, reverse=wanted.sort != "oldest")
    return [one.alert_id for one, _, _ in sorted(fitting, key=lambda item: item[2] != "open")]


def test_filters_find_what_looking_at_each_alert_finds(filled: tuple[Database, Made]) -> None:
    database, made = filled
    met = set()

    @given(FILTERS)
    def same(wanted: Filter) -> None:
        expected = plainly(wanted, made)
        with database.read() as connection:
            found = find(connection, wanted, NOW, limit=1000)
        assert [place.alert_id for place in found.places] == expected
        assert not found.more
        met.add(len(expected) > 1)

    same()
    assert met == {True, False}


@pytest.mark.parametrize("wanted", [
    Filter(state="all"), Filter(state="all", sort="oldest"), Filter(state="decided", sort="newest"),
    Filter(state="all", text="jaket"), Filter(state="all", text="jaket", sort="oldest"), Filter(kind="held", state="all"),
])  # fmt: skip
@pytest.mark.parametrize("backwards", [False, True])
def test_pages_follow_each_other_without_gap_or_repetition(
    filled: tuple[Database, Made], wanted: Filter, backwards: bool
) -> None:
    database, made = filled
    expected = plainly(wanted, made)
    if backwards:
        expected.reverse()
    found: list[str] = []
    after: Place | None = None
    with database.read() as connection:
        while True:
            step = find(connection, wanted, NOW, limit=7, after=after, backwards=backwards)
            found += [place.alert_id for place in step.places]
            if not step.more:
                break
            assert len(step.places) == 7
            after = place_of(str(step.places[-1]))
    assert found == expected
    assert len(found) > 14


@given(FILTERS)
def test_an_address_means_the_filter_it_was_made_of(wanted: Filter) -> None:
    assert filter_of(wanted.address()) == wanted
    assert "" not in wanted.address().values()


@pytest.mark.parametrize(("name", "value"), [
    ("state", "closed"), ("kind", "relists"), ("sort", "random"), ("last", "year"), ("caught_by", "x"),
    ("from", "yesterday"), ("to", "2026-13-01T00:00"), ("text", "a\0b"), ("text", "x" * 601), ("seller", "\ud800"),
])  # fmt: skip
def test_a_value_that_no_filter_has_is_named(name: str, value: str) -> None:
    with pytest.raises(FilterError) as caught:
        filter_of({name: value})
    assert str(caught.value) == name


def test_what_is_no_filter_is_passed_over() -> None:
    assert filter_of({"after": "x", "done": "1", "from_ms": "5", "state": " "}) == Filter()


@pytest.mark.parametrize("text", [
    "", "0", "2,0.5,1,a", "0,x,1,a", "0,0.5,x,a", "0,0.5,1,", "0,nan,1,a", "0,2,1,a", f"0,0.5,{2**63},a", "0,0.5,1,a\0",
])  # fmt: skip
def test_what_is_no_place_is_none(text: str) -> None:
    with pytest.raises(PlaceError):
        place_of(text)
