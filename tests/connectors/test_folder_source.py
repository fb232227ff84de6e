"""A drop folder: only whole files, each once, kept until delivered, and nothing odd followed."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dropped_files import HEADER, Dropped
from listing_records import START, listing, takedown

from connectors.context import Context
from connectors.events import Image, ListingEvent, Takedown
from connectors.folder import FolderSource
from connectors.memory import MemorySink
from connectors.runner import Runner
from connectors.sdk import AbortError, Item, Notice, RawRecord, RetryError, Skipped, make


@pytest.fixture
def dropped(tmp_path: Path) -> Dropped:
    return Dropped(tmp_path)


def test_files_are_read_oldest_first_and_moved_when_delivered(dropped: Dropped) -> None:
    dropped.file("b.jsonl", listing(3), listing(4), age=10)
    dropped.file("a.JSONL", b"\xef\xbb\xbf", listing(5), age=5)
    dropped.file("c.ndjson", listing(1), "\n", listing(2), age=20)
    dropped.file("z.csv", HEADER + "m,9,Jaket\n", age=1)
    dropped.file("y.csv", HEADER + "m,8,Jaket\n", age=1)
    dropped.file("1.jpg", b"photo", age=1)
    events = dropped.run()
    assert events[:5] == [listing(number) for number in range(1, 6)]
    assert [event.listing_id for event in events[5:]] == ["8", "9"]
    assert events[5].observed_at == START - timedelta(seconds=1)
    assert dropped.names("done") == ["a.JSONL", "b.jsonl", "c.ndjson", "y.csv", "z.csv"]
    assert dropped.names() == ["1.jpg"]
    assert dropped.problems == []
    assert list((dropped.home / ".taking").iterdir()) == []


def test_a_delivered_file_may_be_deleted(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1))
    assert dropped.run(when_done="delete") == [listing(1)]
    assert (dropped.names(), dropped.names("done"), dropped.taken()) == ([], [], [])


def test_unfinished_and_hidden_names_are_left_alone(dropped: Dropped) -> None:
    names = [
        ".a.jsonl",
        "a.jsonl.part",
        "a.jsonl.tmp",
        "a.jsonl.crdownload",
        "a.jsonl.filepart",
        "a.jsonl~",
        "a.txt",
    ]
    for name in names:
        dropped.file(name, listing(1))
    assert dropped.run() == []
    assert dropped.names() == sorted(names)


def test_a_file_is_taken_once_it_has_not_changed_for_a_while(dropped: Dropped) -> None:
    path = dropped.file("a.jsonl", listing(1))
    source = dropped.source(once=False, settle_seconds=5, poll_seconds=2)
    stop = threading.Event()
    source.open(Context("folder", clock=dropped.clock))
    items = source.events(stop)
    seen = []
    for look in range(8):
        item = next(items)
        seen.append(item)
        if look == 1:
            path.write_bytes(path.read_bytes() + msgspec.json.encode(listing(2)) + b"\n")
        if isinstance(item, ListingEvent):
            break
    # Looks at 0, 2, 4, ... s; it changed after the look at 2 s, which the look at 4 s sees.
    assert dropped.clock.now() - START == timedelta(seconds=10)
    assert [next(items), seen[-1]] == [listing(2), listing(1)]
    items.close()  # type: ignore[attr-defined]
    source.close()


def test_a_marker_takes_a_file_at_once_but_not_an_older_marker(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1), age=10)
    dropped.file("a.jsonl.done", age=5)
    dropped.file("b.jsonl", listing(2), age=4)
    dropped.file("b.jsonl.done", age=9)
    assert dropped.run(markers_only=True) == [listing(1)]
    assert dropped.clock.waited == []
    assert dropped.names() == ["b.jsonl", "b.jsonl.done"]
    assert dropped.run(markers=True) == [listing(2)]
    assert dropped.clock.waited == [1, 1]
    assert dropped.names() == []


def test_what_is_not_acknowledged_is_not_moved_and_read_again(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1), listing(2))
    dropped.file("b.csv", HEADER + "m,9,Jaket\n", age=-1)
    with pytest.raises(AbortError, match="broker refuses"):
        dropped.run(MemorySink(flush_errors=[AbortError("the broker refuses us")]))
    assert dropped.names("done") == []
    assert dropped.taken() == ["a.jsonl", "b.csv"]
    first = dropped.run()
    assert first[:2] == [listing(1), listing(2)]
    assert dropped.names("done") == ["a.jsonl", "b.csv"]
    dropped.file("b.csv", HEADER + "m,9,Jaket\n", age=77)
    (again,) = dropped.run()
    assert again.event_id == first[2].event_id
    assert again.observed_at != first[2].observed_at


def test_stopped_in_the_middle_the_file_is_read_again_from_its_beginning(dropped: Dropped) -> None:
    dropped.file("a.jsonl", *(listing(number) for number in range(5)))
    stop = threading.Event()
    source = dropped.source()

    class StopsAtTheSecond(MemorySink):
        def flush(self) -> None:
            super().flush()
            if len(self.events) >= 2:
                stop.set()

    sink = StopsAtTheSecond()
    Runner(source, sink, stop=stop, context=Context("folder", clock=dropped.clock), batch=1).run()
    assert [event.event_id for event in sink.events if isinstance(event, ListingEvent)] == ["e0", "e1"]
    assert dropped.names("done") == []
    assert dropped.run() == [listing(number) for number in range(5)]


def test_a_sink_that_fails_for_now_delays_the_move_only(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1))
    sink = MemorySink(flush_errors=[RetryError("away"), RetryError("away")])
    assert dropped.run(sink) == [listing(1)]
    assert dropped.names("done") == ["a.jsonl"]


def test_wrong_lines_and_rows_are_passed_on_and_name_their_file(dropped: Dropped) -> None:
    dropped.file("a.jsonl", listing(1), b"{torn\n", age=9)
    dropped.file("b.csv", HEADER + "m,,Jaket\n")
    _, line, row = dropped.run()
    assert isinstance(line, RawRecord)
    assert str(line.why).startswith("a.jsonl: line 2: ListingEvent: JSON is malformed")
    assert row == RawRecord(b"m,,Jaket\n", None, "b.csv: row 2: listing_id: is missing")
    assert dropped.names("done") == ["a.jsonl", "b.csv"]


def test_what_cannot_be_read_to_its_end_is_put_aside_with_the_reason(dropped: Dropped) -> None:
    dropped.file("a.csv", "title\nJaket\n", age=9)
    dropped.file("b.jsonl", listing(1), b"x" * 2000 + b"\n", listing(2), age=8)
    dropped.file("c.csv", HEADER + "m,7,Jaket\n" + 'm,8,"open' + "x" * 2000, age=7)
    events = dropped.run(max_record_bytes=1000)
    assert [event.listing_id for event in events] == ["l1", "l2", "7"]
    assert dropped.names("done") == []
    assert dropped.names("failed") == ["a.csv", "a.csv.why", "b.jsonl", "b.jsonl.why", "c.csv", "c.csv.why"]
    assert "no column for marketplace" in (dropped.home / "failed/a.csv.why").read_text()
    assert (
        dropped.home / "failed/b.jsonl.why"
    ).read_text() == "line 2 is longer than max_record_bytes (1000)\n"
    assert (dropped.home / "failed/c.csv.why").read_text().startswith("row 3 is longer than 1000 bytes")
    assert [type(problem) for problem in dropped.problems] == [Skipped] * 3


def test_a_name_that_is_there_already_is_not_replaced(dropped: Dropped) -> None:
    for number in (1, 2, 3):
        dropped.file("a.jsonl", listing(number))
        assert dropped.run() == [listing(number)]
    kept = sorted(path.read_bytes() for path in (dropped.home / "done").rglob("a.jsonl"))
    assert kept == [msgspec.json.encode(listing(number)) + b"\n" for number in (1, 2, 3)]
    for _ in (1, 2):
        dropped.file("b.csv", "title\n")
        dropped.run()
    assert len(list((dropped.home / "failed").rglob("b.csv"))) == 2
    assert len(list((dropped.home / "failed").glob("*.why"))) == 2


def test_links_pipes_and_folders_are_left_alone_and_told_once(
    dropped: Dropped, tmp_path_factory: Any
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.jsonl"
    outside.write_bytes(msgspec.json.encode(listing(1)) + b"\n")
    (dropped.home / "link.jsonl").symlink_to(outside)
    os.mkfifo(dropped.home / "pipe.jsonl")
    (dropped.home / "folder.csv").mkdir()
    dropped.file("a.jsonl", listing(2))
    assert dropped.run() == [listing(2)]
    told = [problem.detail.split()[0] for problem in dropped.problems if isinstance(problem, Notice)]
    assert told == ["folder.csv", "link.jsonl", "pipe.jsonl"]
    assert outside.exists()
    assert (dropped.home / "link.jsonl").is_symlink()


def test_a_link_put_in_a_files_place_is_not_followed(dropped: Dropped, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.jsonl"
    outside.write_bytes(msgspec.json.encode(listing(1)) + b"\n")
    token = dropped.home / ".taking" / "0123456789abcdef"
    token.mkdir(parents=True)
    (token / "a.jsonl").symlink_to(outside)
    os.mkfifo(token / "p.jsonl")
    assert dropped.run() == []
    assert outside.read_bytes() == msgspec.json.encode(listing(1)) + b"\n"
    assert (dropped.home / "failed/a.jsonl").is_symlink()
    assert "cannot be opened" in (dropped.home / "failed/a.jsonl.why").read_text()
    assert "not a regular file" in (dropped.home / "failed/p.jsonl.why").read_text()


def test_names_of_odd_bytes_and_the_longest_names_go_through(dropped: Dropped) -> None:
    odd = b"\xff\n\x1b[2J \xe2\x80\xae.jsonl"
    long = b"x" * 249 + b".jsonl"
    for number, name in enumerate([odd, long]):
        dropped.file(os.fsdecode(name), listing(number), "{\n", age=-number)
    first, torn, second, _ = dropped.run()
    assert [first, second] == [listing(0), listing(1)]
    assert str(torn.why).startswith("\\udcff\\n\\x1b[2J \\u202e.jsonl: line 2: ")
    assert sorted(map(os.fsencode, dropped.names("done"))) == sorted([odd, long])
    broken = "y" * 251 + ".csv"
    dropped.file(broken, "title\n")
    dropped.run()
    failed, why = sorted((dropped.home / "failed").iterdir(), key=lambda path: -len(path.name))
    assert failed.name == broken
    assert why.read_text().startswith(f"{broken}\nno column for marketplace")


def test_photos_are_read_from_beside_the_dropped_file(dropped: Dropped) -> None:
    (dropped.home / "photos").mkdir()
    dropped.file("photos/1.jpg", b"photo")
    dropped.file(
        "a.jsonl", listing(1, images=(Image(path="photos/1.jpg"), Image(path="../secret.jpg"))), age=9
    )
    dropped.file("t.jsonl", age=-9)
    (event,) = dropped.run()
    assert event.images == (Image(data=b"photo"), Image(path="../secret.jpg"))
    (notice,) = dropped.problems
    assert isinstance(notice, Notice)
    assert "a.jsonl: line 1: image path '../secret.jpg'" in notice.detail


def test_takedowns(dropped: Dropped) -> None:
    dropped.file("t.jsonl", takedown(1), b'{"takedown_id": "t2", "withdrawn": true}\n', age=9)
    dropped.file("t.csv", "takedown_id,marketplace,listing_id,title\nt3,m,3,Jaket\n")
    events = dropped.run(records="takedowns")
    assert events[0] == takedown(1)
    assert isinstance(events[2], Takedown)
    assert [event.takedown_id for event in events] == ["t1", "t2", "t3"]


def test_a_file_that_grows_while_it_is_read_is_read_again(dropped: Dropped) -> None:
    path = dropped.file("a.jsonl", listing(1), listing(2))
    handle = path.open("ab", buffering=0)
    source = dropped.source()
    appended = False
    source.open(Context("folder", clock=dropped.clock))
    items: list[Item] = []
    for item in source.events(threading.Event()):
        items.append(item)
        if not appended and isinstance(item, ListingEvent):
            handle.write(msgspec.json.encode(listing(3)) + b"\n")
            appended = True
        source.acknowledged()
    handle.close()
    source.close()
    events = [item for item in items if isinstance(item, ListingEvent)]
    assert {event.event_id for event in events} == {"e1", "e2", "e3"}
    assert any(isinstance(item, Notice) and "still being written" in item.detail for item in items)
    assert (dropped.home / "done/a.jsonl").read_bytes().count(b"\n") == 3


def test_a_done_folder_that_takes_nothing_is_told_and_tried_again(dropped: Dropped) -> None:
    path = dropped.file("a.jsonl", listing(1))
    source = dropped.source(settle_seconds=0)
    source.open(Context("folder", clock=dropped.clock))
    (dropped.home / "done").rename(dropped.home / "gone")
    (dropped.home / "gone").rmdir()
    items = source.events(threading.Event())
    assert next(items) == listing(1)
    next(items)
    source.acknowledged()
    # A folder that was removed while it is open takes nothing more.
    with pytest.raises(RetryError, match=r"folder: cannot move a\.jsonl"):
        next(items)
    source.close()
    assert not path.exists()
    assert dropped.run() == [listing(1)]
    assert dropped.names("done") == ["a.jsonl"]


@pytest.mark.parametrize("name", [".taking", "done", "failed"])
def test_a_link_in_place_of_a_folder_of_ours_ends_the_run(
    dropped: Dropped, name: str, tmp_path_factory: Any
) -> None:
    (dropped.home / name).symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(AbortError, match=f"option path: cannot use .*{name}"):
        dropped.run()


def test_a_folder_that_is_none_ends_the_run(dropped: Dropped) -> None:
    for path in (dropped.home / "none", dropped.file("file")):
        with pytest.raises(AbortError, match="folder: option path: cannot use"):
            make(FolderSource, {"path": str(path)}).open(Context("folder"))
    with pytest.raises(AbortError, match="option columns: no field 'titel'"):
        make(FolderSource, {"path": str(dropped.home), "columns": {"titel": "x"}}).open(Context("folder"))
