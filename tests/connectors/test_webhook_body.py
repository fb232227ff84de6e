"""A body is one record, an array, or lines; nothing in it is lost, and no file is read for it."""

import json
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_records import drawn_photo, inline, listing, takedown

from connectors.events import Image
from connectors.json_records import JsonRecords
from connectors.sdk import RawRecord, Withdrawal
from connectors.webhook_body import MOST_RECORDS, BodyError, events, records


def decoded(body: bytes, kind: Literal["listings", "takedowns"] = "listings") -> list[object]:
    return list(events(JsonRecords(kind, None, 1_000_000), records(body)))


ONE, TWO = msgspec.json.encode(listing(1)), msgspec.json.encode(listing(2))


@pytest.mark.parametrize(
    "body",
    [
        b"[" + ONE + b"," + TWO + b"]",
        b" [\n" + ONE + b" ,\r\n" + TWO + b"\n]\n",
        ONE + b"\n" + TWO,
        b"\n" + ONE + b"\r\n\r\n  " + TWO + b"\n",
    ],
)
def test_an_array_and_lines_are_the_same_records(body: bytes) -> None:
    assert decoded(body) == [listing(1), listing(2)]


def test_one_record_may_run_over_many_lines() -> None:
    assert decoded(json.dumps(json.loads(ONE), indent=2).encode()) == [listing(1)]
    assert decoded(ONE) == [listing(1)]


def test_what_cannot_be_decoded_goes_on_as_it_is() -> None:
    no_title = b'{"marketplace":"pasar-uji","listing_id":"l9"}'
    more = ONE[:-1] + b',"colour":"red"}'
    array = b"[" + b" , ".join([no_title, b"7", more, TWO]) + b"]"
    values = [event.value if isinstance(event, RawRecord) else event for event in decoded(array)]
    assert values == [no_title, b"7", more, listing(2)]
    first = decoded(array)[0]
    assert isinstance(first, RawRecord)
    assert first.key == "pasar-uji:l9"


@pytest.mark.parametrize(
    "torn",
    [
        json.dumps(json.loads(ONE), indent=2).encode()[:-3],
        b"[" + ONE + b"," + TWO,
        b"\xff\xfe\n\xff",
        b"[" * 100_000,
        b"no\njson",
    ],
)
def test_a_torn_body_is_one_raw_record(torn: bytes) -> None:
    (event,) = decoded(torn)
    assert isinstance(event, RawRecord)
    assert event.value == torn


def test_a_torn_line_does_not_take_the_others_with_it() -> None:
    events_ = decoded(ONE[:20] + b"\n" + TWO + b"\n\xff\n")
    assert [getattr(event, "value", event) for event in events_] == [ONE[:20], listing(2), b"\xff"]


def test_takedowns_and_what_takes_them_back() -> None:
    body = b"[" + msgspec.json.encode(takedown(1)) + b',{"takedown_id":"t2","withdrawn":true},{"x":1}]'
    one, two, three = decoded(body, "takedowns")
    assert (one, two) == (takedown(1), Withdrawal(takedown_id="t2"))
    assert isinstance(three, RawRecord)
    assert three.key is not None
    assert three.key.startswith("unreadable:")


def test_a_photo_by_path_is_refused_and_others_are_not() -> None:
    whole = listing(1, images=inline(drawn_photo(1)))
    assert decoded(msgspec.json.encode(whole)) == [whole]
    by_path = msgspec.json.encode(listing(2, images=(Image(url="https://x.example/1"), Image(path="../key"))))
    for body in (by_path, b"[" + ONE + b"," + by_path + b"]", by_path[:-1] + b',"colour":1}'):
        with pytest.raises(BodyError, match=r"record \d has an image with a path"):
            decoded(body)
    with pytest.raises(BodyError, match="record 1 has an image with a path"):
        decoded(msgspec.json.encode(takedown(1, images=(Image(path="a.jpg"),))), "takedowns")


@pytest.mark.parametrize("body", [b"", b" \n ", b"[]", b"[ ]"])
def test_no_record_is_refused(body: bytes) -> None:
    with pytest.raises(BodyError, match="no record"):
        records(body)


def test_too_many_records_are_refused() -> None:
    fits = b"[" + b",".join([b"{}"] * MOST_RECORDS) + b"]"
    assert len(records(fits)) == MOST_RECORDS
    for body in (fits[:-1] + b",{}]", b"{}\n" * (MOST_RECORDS + 1)):
        with pytest.raises(BodyError, match="more than"):
            records(body)


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"{}", b"{", b"\n", b"[", b"1", b"]", b","])).map(b"".join)
)
def test_every_byte_but_space_and_brackets_is_in_some_record(body: bytes) -> None:
    try:
        parts = records(body)
    except BodyError:
        assert set(body.strip()) <= set(b"[] \n\r\t\x0b\x0c")
        return
    assert sum(len(part) for part in parts) >= len(body.translate(None, b"[], \n\r\t\x0b\x0c"))
    for part in parts:
        assert part in body
