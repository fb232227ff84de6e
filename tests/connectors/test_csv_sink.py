"""The CSV sink: one header, no formula, nothing torn, undecoded records beside it."""

import base64
import csv
import io
import resource
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import alert
from hypothesis import given
from hypothesis import strategies as st
from listing_records import START, listing, takedown

from connectors.context import Context
from connectors.csv_cells import defuse
from connectors.csv_sink import CsvSink
from connectors.csv_tables import ALERT_COLUMNS, amount
from connectors.events import Image, ListingEvent, Price
from connectors.folder import FolderSource
from connectors.prices import read_price
from connectors.sdk import AbortError, Item, Notice, RawRecord, RetryError, Withdrawal, make


def write(path: Path, events: list[Any], **options: Any) -> None:
    sink = make(CsvSink, {"path": str(path)} | options)
    sink.open()
    try:
        if events:
            sink.write(events)
        sink.flush()
    finally:
        sink.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def back(folder: Path, **options: Any) -> list[Item]:
    source = make(FolderSource, {"path": str(folder), "once": True, "settle_seconds": 0} | options)
    source.open(Context("folder"))
    try:
        return [item for item in source.events(threading.Event()) if not isinstance(item, Notice)][:-1]
    finally:
        source.close()


def test_an_alert_is_one_row_with_what_speaks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, [alert(1, cluster=("t1", "t3"))])
    write(path, [alert(2)])
    assert path.read_bytes().count(b"alert_id") == 1
    first, second = rows(path)
    assert tuple(first) == ALERT_COLUMNS
    assert second["alert_id"] == "alert-2"
    assert {
        name: first[name]
        for name in ("kind", "probability", "listing_title", "takedown_id", "reason", "cluster")
    } == {
        "kind": "relist",
        "probability": "0.973000",
        "listing_title": "J4ket v4rsity",
        "takedown_id": "t1",
        "reason": "counterfeit",
        "cluster": "t1 | t3",
    }
    assert first["evidence"] == "photo +3.10 | title +1.20 | price +0.10 | seller +0.50"
    assert first["matched_at"] == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝", "'="])
def test_no_cell_of_a_seller_is_a_formula(tmp_path: Path, start: str) -> None:
    path = tmp_path / "l.csv"
    title = start + 'HYPERLINK("http://evil.example","klik")'
    write(path, [listing(1, title=title, seller_id="-1")], records="listings")
    (row,) = rows(path)
    assert row["title"] == defuse(title)
    assert row["title"].startswith("'")
    assert row["seller_id"] == "'-1"
    (event,) = back(tmp_path)
    assert isinstance(event, ListingEvent)
    assert (event.title, event.seller_id) == (title.strip(), "-1")


@given(
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=5),
    prices=st.decimals(0, 10**9, places=3) | st.integers(0, 10**12),
)
def test_any_text_gives_whole_rows(texts: list[str], prices: Any) -> None:
    from connectors.csv_sink import _row

    (read,) = csv.reader(io.StringIO(_row(texts).decode(), newline=""), strict=True)
    assert len(read) == len(texts)
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in read)
    assert float(read_price(amount(str(prices)), "IDR").amount) == float(prices)


def test_what_the_sink_writes_the_folder_source_reads(tmp_path: Path) -> None:
    events = [
        listing(
            1,
            url="https://x/1",
            description='baris "satu"\nbaris dua, akhir',
            price=Price(amount="85.125", currency="IDR"),
            images=(Image(url="https://x/a?b=c%7Cd"), Image(url="https://x/2.jpg")),
            condition="used",
            listed_at=START,
        ),
        listing(2),
    ]
    write(tmp_path / "l.csv", events, records="listings")
    assert back(tmp_path) == [
        msgspec.structs.replace(events[0], price=Price(amount="85.1250", currency="IDR")),
        events[1],
    ]
    other = tmp_path / "other"
    other.mkdir()
    write(other / "t.csv", [takedown(1), Withdrawal(takedown_id="t2")], records="takedowns")
    assert back(other, records="takedowns") == [takedown(1), Withdrawal(takedown_id="t2")]


def test_inline_photos_are_counted_not_written(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    write(path, [listing(1, images=(Image(data=b"photo"), Image(url="https://x/a|b")))], records="listings")
    (row,) = rows(path)
    assert (row["images"], row["inline_photos"]) == ("https://x/a%7Cb", "1")


def test_undecoded_records_go_to_the_side_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, [alert(1)])
    assert not (tmp_path / "a.csv.raw.jsonl").exists()
    side = tmp_path / "side.jsonl"
    side.write_bytes(b'{"torn')
    write(path, [RawRecord(b"\xff{\n", "k", "alerts 0:1: torn"), alert(2)], raw_path=str(side))
    assert [row["alert_id"] for row in rows(path)] == ["alert-1", "alert-2"]
    line = msgspec.json.decode(side.read_bytes().splitlines()[1])
    assert line == {"key": "k", "why": "alerts 0:1: torn", "value": base64.b64encode(b"\xff{\n").decode()}


def test_the_byte_order_mark_is_written_once_and_borne_with(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, [alert(1)], byte_order_mark=True)
    write(path, [alert(2)], byte_order_mark=True)
    write(path, [alert(3)])
    assert path.read_bytes().startswith(b"\xef\xbb\xbfalert_id,")
    assert path.read_bytes().count(b"\xef\xbb\xbf") == 1
    assert [row["alert_id"] for row in rows(path)] == ["alert-1", "alert-2", "alert-3"]


def test_torn_anywhere_the_file_goes_on_with_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    write(path, [listing(1)], records="listings")
    before = path.read_bytes()
    write(path, [listing(2, description='satu "dua"\r\ntiga, é', title="Jaket")], records="listings")
    whole = path.read_bytes()
    torn_row = whole[len(before) :]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        write(path, [listing(3)], records="listings")
        repaired = path.read_bytes()
        read = list(csv.reader(io.StringIO(repaired.decode(), newline="")))
        assert read[0] == list(rows_header(whole))
        assert read[-1][0] == "e3", cut
        assert repaired.startswith(whole[: cut - 1]) or cut < len(whole) - len(torn_row)
        if cut >= len(before):
            assert read[1][0] == "e1"


def rows_header(content: bytes) -> list[str]:
    return next(csv.reader([content.decode().splitlines()[0]]))


def test_a_file_of_other_columns_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, [alert(1)])
    before = path.read_bytes()
    with pytest.raises(AbortError, match="has other columns than takedowns"):
        write(path, [takedown(1)], records="takedowns")
    path.with_name("b.csv").write_text("x\n")
    with pytest.raises(AbortError, match="has other columns than alerts"):
        write(path.with_name("b.csv"), [], records="alerts")
    assert path.read_bytes() == before
    assert path.with_name("b.csv").read_text() == "x\n"


def test_without_being_told_the_table_is_what_comes_first(tmp_path: Path) -> None:
    for name, event, other in (
        ("l", listing(1), alert(1)),
        ("t", takedown(1), listing(1)),
        ("a", alert(1), takedown(1)),
    ):
        path = tmp_path / name
        write(path, [])
        assert path.read_bytes() == b""
        write(path, [RawRecord(b"{"), event, event])
        write(path, [event])
        assert len(rows(path)) == 3
        with pytest.raises(AbortError, match="does not belong among .*; see option records"):
            write(path, [other])
        assert len(rows(path)) == 3


@pytest.mark.parametrize("event", [listing(1), takedown(1), Withdrawal(takedown_id="t1")])
def test_a_record_of_another_kind_ends_the_run_and_writes_nothing(tmp_path: Path, event: Any) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(AbortError, match="does not belong among alerts"):
        write(path, [alert(1), event], records="alerts")
    assert rows(path) == []
    with pytest.raises(AbortError, match="does not belong among listings"):
        write(tmp_path / "l.csv", [alert(1)], records="listings")


def test_a_full_disk_is_tried_again_and_leaves_no_half_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, [alert(1)])
    size = path.stat().st_size
    sink = make(CsvSink, {"path": str(path)})
    sink.open()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        with pytest.raises(RetryError, match="csv: cannot write"):
            sink.write([alert(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.stat().st_size == size
    sink.write([alert(2)])
    sink.flush()
    sink.close()
    assert [row["alert_id"] for row in rows(path)] == ["alert-1", "alert-2"]


def test_a_file_that_cannot_be_opened_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(AbortError, match="csv: option path: cannot write"):
        write(tmp_path / "none" / "a.csv", [])
