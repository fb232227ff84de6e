"""Any JSON there is, and good records with one thing in them changed to it."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from connectors.codec import RecordError
from connectors.events import ListingEvent

OBSERVED = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**22), 10**22)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "",
            "0",
            "-1",
            "NaN",
            "1e999999999",
            "[",
            "[1]",
            '["//a/b"]',
            "http://a",
            "\ud800",
            "2026-01-01T00:00:00+07:00",
        ]
    )
)
any_json = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value within, the whole first."""
    yield here
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*here, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*here, number))


def changed(record: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The record with the value at `place` replaced."""
    if not place:
        return value
    whole = copy.deepcopy(record)
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return whole


def mutants(record: Any) -> st.SearchStrategy[Any]:
    """The record with any one of its values replaced by any JSON."""
    return st.builds(
        lambda place, value: changed(record, place, value), st.sampled_from(list(places(record))), any_json
    )


def raw(record: Any) -> bytes:
    """As it comes over the wire; half a surrogate pair is written as its escape."""
    return json.dumps(record).encode()


def assert_event_or_reason(make: Callable[[], tuple[ListingEvent, ...]]) -> None:
    """Either events that every reader of `listings` takes, or a RecordError that names what is wrong."""
    reason: RecordError | None = None
    made: tuple[ListingEvent, ...] = ()
    try:
        made = make()
    except RecordError as error:
        reason = error
    if reason is not None:
        assert reason.kind in {"invalid-record", "malformed-json"}
        assert "\n" not in str(reason)
        assert reason.kind == "malformed-json" or "`" in str(reason) or "surrogate" in str(reason)
    for event in made:
        assert msgspec.json.decode(msgspec.json.encode(event), type=ListingEvent) == event


def refused(make: Callable[[], object]) -> str:
    """The message of the RecordError."""
    with pytest.raises(RecordError) as caught:
        make()
    return str(caught.value)
