"""JSON lines in and out: nothing lost, wrong lines passed on as they are, photos read in."""

import os
import resource
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from listing_records import listing, takedown

from connectors.context import Context
from connectors.events import Image, ListingEvent, Takedown
from connectors.jsonlines import JsonLinesSink, JsonLinesSinkOptions, JsonLinesSource
from connectors.sdk import (
    AbortError,
    Item,
    Notice,
    OptionsError,
    RawRecord,
    RetryError,
    Skipped,
    Withdrawal,
    make,
)


def read(path: Path, **options: Any) -> list[Item]:
    source = make(JsonLinesSource, {"path": str(path)} | options)
    source.open(Context("test"))
    try:
        return list(source.events(threading.Event()))
    finally:
        source.close()


def write(path: Path, events: list[Any]) -> None:
    sink = JsonLinesSink(JsonLinesSinkOptions(path=str(path)))
    sink.open()
    sink.write(events)
    sink.flush()
    sink.close()


def test_what_the_sink_writes_the_source_reads(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    events = [listing(1), listing(2, title="Gaun \u2028 “pesta”\nbaru", images=(Image(data=b"\xff\xd8"),))]
    write(path, events)
    assert read(path) == events
    requests = tmp_path / "t.jsonl"
    taken = [takedown(1), Withdrawal(takedown_id="t1"), takedown(2)]
    write(requests, taken)
    assert read(requests, records="takedowns") == taken


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"{not json", None),
        (b"\xff\xfe", None),
        (b'{"marketplace": "m", "listing_id": "7", "title": 5}', "m:7"),
        (b'{"marketplace": "m", "listing_id": "", "title": "t"}', None),
        (b"[" * 100_000, None),
        (b"null", None),
    ],
)
def test_a_wrong_line_is_passed_on_as_it_is(tmp_path: Path, line: bytes, key: str | None) -> None:
    path = tmp_path / "l.jsonl"
    good = msgspec.json.encode(listing(1))
    path.write_bytes(good + b"\n\n  \n" + line + b"\r\n" + good)
    first, wrong, last = read(path)
    assert [first, last] == [listing(1), listing(1)]
    assert isinstance(wrong, RawRecord)
    assert (wrong.value, wrong.key) == (line, key)
    assert wrong.why is not None
    assert wrong.why.startswith("line 4: ListingEvent: ")


def test_a_line_with_unknown_fields_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    line = msgspec.json.encode(msgspec.to_builtins(listing(1)) | {"colour": "red"})
    path.write_bytes(line + b"\n")
    assert read(path) == [RawRecord(line, "pasar-uji:l1", "line 1: unknown fields: colour")]


def test_a_wrong_takedown_line_cannot_replace_a_good_takedown(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"takedown_id": "t1", "listing": 5}\n{"takedown_id": "t1", "withdrawn": "yes"}\n')
    first, second = read(path, records="takedowns")
    assert isinstance(first, RawRecord)
    assert isinstance(second, RawRecord)
    assert first.key is not None
    assert first.key.startswith("unreadable:")
    assert len({first.key, second.key}) == 2


def test_photos_by_path_are_read_in_and_the_others_told(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"photo")
    path = tmp_path / "l.jsonl"
    images = (Image(path="1.jpg"), Image(path="../1.jpg"))
    write(path, [listing(1, images=images)])
    notice, event = read(path)
    assert isinstance(notice, Notice)
    assert "line 1" in notice.detail
    assert "'..'" in notice.detail
    assert event == listing(1, images=(Image(data=b"photo"), Image(path="../1.jpg")))
    write(tmp_path / "t.jsonl", [takedown(1, images=images[:1])])
    (taken,) = read(tmp_path / "t.jsonl", records="takedowns")
    assert isinstance(taken, Takedown)
    assert taken.listing.images == (Image(data=b"photo"),)


def test_a_line_too_long_is_skipped_and_told(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    write(path, [listing(1), listing(2, description="x" * 2000), listing(3)])
    first, skipped, last = read(path, max_line_bytes="1000")
    assert [first, last] == [listing(1), listing(3)]
    assert skipped == Skipped("line 2: longer than max_line_bytes (1000)")


def test_standard_input_is_read_and_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin, written = os.dup(0), os.pipe()
    os.dup2(written[0], 0)
    try:
        os.write(written[1], msgspec.json.encode(listing(1, images=(Image(path="1.jpg"),))) + b"\n")
        os.close(written[1])
        notice, event = (item for item in read(Path("-")) if isinstance(item, ListingEvent | Notice))
        os.fstat(0)
    finally:
        os.dup2(stdin, 0)
        os.close(stdin)
        os.close(written[0])
    assert isinstance(event, ListingEvent)
    assert isinstance(notice, Notice)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "path"),
        ({"path": "x", "pth": "y"}, "no option 'pth'"),
        ({"path": "x", "follow": "perhaps"}, "follow"),
        ({"path": "x", "records": "shoes"}, "records"),
        ({"path": "x", "max_line_bytes": "0"}, "max_line_bytes"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionsError, match=f"jsonlines.*{named}"):
        make(JsonLinesSource, options)


def test_a_file_that_cannot_be_opened_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(AbortError, match="option path: cannot read"):
        make(JsonLinesSource, {"path": str(tmp_path / "none")}).open(Context("test"))
    with pytest.raises(AbortError, match="option path: cannot write"):
        JsonLinesSink(JsonLinesSinkOptions(path=str(tmp_path / "none" / "f"))).open()


def test_the_sink_ends_a_torn_last_line_first(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(b'{"torn')
    write(path, [listing(1)])
    torn, whole = read(path)
    assert isinstance(torn, RawRecord)
    assert (torn.value, whole) == (b'{"torn', listing(1))


def test_a_full_disk_is_tried_again_and_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    write(path, [listing(1)])
    size = path.stat().st_size
    sink = JsonLinesSink(JsonLinesSinkOptions(path=str(path)))
    sink.open()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        with pytest.raises(RetryError, match="cannot write"):
            sink.write([listing(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.stat().st_size == size
    sink.write([listing(2)])
    sink.close()
    assert read(path) == [listing(1), listing(2)]


def test_a_device_without_room_is_tried_again() -> None:
    sink = JsonLinesSink(JsonLinesSinkOptions(path="/dev/full"))
    sink.open()
    with pytest.raises(RetryError, match="No space left"):
        sink.write([listing(1)])
    sink.close()
