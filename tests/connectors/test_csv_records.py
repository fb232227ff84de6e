"""Rows of CSV: whole records, or their bytes and why not; whatever the file holds, nothing else is raised."""

import codecs
import csv
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv_cells import defuse, restore
from connectors.csv_options import CsvOptions, check
from connectors.csv_records import CsvRecords
from connectors.csv_rows import CsvError
from connectors.events import EventType, Image, ListingEvent, Price, Takedown
from connectors.sdk import Item, Notice, OptionsError, RawRecord, Withdrawal

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HEADER = "marketplace,listing_id,title,price,observed_at\n"
ROW = "shopee-id,7,Jaket varsity,Rp 85.000,2026-11-24T03:00:00Z\n"


def read(
    folder: Path,
    content: bytes | str,
    *,
    records: Any = "listings",
    max_record: int = 1 << 20,
    **options: Any,
) -> list[Item]:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        reader = CsvRecords(
            CsvOptions(**options),
            records,
            folder=folder,
            max_record=max_record,
            file_time=NOON,
            place="file.csv",
        )
        return list(reader.items(descriptor))
    finally:
        os.close(descriptor)


def one(items: list[Item]) -> ListingEvent:
    (event,) = items
    assert isinstance(event, ListingEvent), event
    return event


def wrong(item: Item) -> RawRecord:
    assert isinstance(item, RawRecord), item
    return item


def test_columns_of_the_fields_names_are_the_fields(tmp_path: Path) -> None:
    header = "event_id;Type;MARKETPLACE;listing_id;seller_id;url;title;description;price_amount;currency;category;condition;images;observed_at;listed_at\n"
    row = 'e1;updated;shopee-id;7;s1;https://x/7;Jaket;"baris 1\nbaris ""2""; akhir";85.000;IDR;pria;used;https://x/1.jpg | https://x/2.jpg;2026-11-24T03:00:00Z;2026-11-01T00:00:00+07:00\n'
    event = one(read(tmp_path, header + row))
    assert event == ListingEvent(
        event_id="e1",
        type=EventType.UPDATED,
        marketplace="shopee-id",
        listing_id="7",
        seller_id="s1",
        url="https://x/7",
        title="Jaket",
        description='baris 1\nbaris "2"; akhir',
        price=Price(amount="85000", currency="IDR"),
        category="pria",
        condition="used",
        images=(Image(url="https://x/1.jpg"), Image(url="https://x/2.jpg")),
        observed_at=datetime(2026, 11, 24, 3, tzinfo=UTC),
        listed_at=datetime(2026, 10, 31, 17, tzinfo=UTC),
    )


def test_a_sellers_own_table_is_mapped_by_options(tmp_path: Path) -> None:
    table = (
        "Kode Produk\tNama Produk\tHarga\tFoto Utama\tCatatan\n7\tJaket\t85.000,00\thttps://x/1.jpg\tlama\n"
    )
    notice, event = read(
        tmp_path,
        table,
        columns={
            "listing_id": "kode produk",
            "title": "Nama  Produk",
            "price": "Harga",
            "image_1": "Foto Utama",
        },
        defaults={"marketplace": "shopee-id", "currency": "IDR", "seller_id": "s1"},
    )
    assert notice == Notice("file.csv: columns that no field is read from: Catatan")
    assert isinstance(event, ListingEvent)
    assert (event.marketplace, event.listing_id, event.title, event.seller_id) == (
        "shopee-id",
        "7",
        "Jaket",
        "s1",
    )
    assert event.price == Price(amount="85000.00", currency="IDR")
    assert event.images == (Image(url="https://x/1.jpg"),)
    assert event.observed_at == NOON
    assert event.type is EventType.CREATED


def test_numbered_images_come_in_their_order_and_once(tmp_path: Path) -> None:
    header = "marketplace,listing_id,title,image_10,image_2,image_url,image_url_1\n"
    event = one(read(tmp_path, header + "m,7,t,https://x/10,https://x/2,https://x/0,https://x/2\n"))
    assert [image.url for image in event.images] == ["https://x/0", "https://x/2", "https://x/10"]


def test_photos_by_path_are_read_from_beside_the_file_only(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"photo")
    notice, event = read(tmp_path, "marketplace,listing_id,title,images\nm,7,t,1.jpg|../1.jpg\n")
    assert isinstance(notice, Notice)
    assert notice.detail.startswith("file.csv: row 2: image path '../1.jpg'")
    assert isinstance(event, ListingEvent)
    assert event.images == (Image(data=b"photo"), Image(path="../1.jpg"))


def test_a_missing_event_id_is_the_rows_content(tmp_path: Path) -> None:
    header = "marketplace,listing_id,title\n"
    first = one(read(tmp_path, header + "m,7,t\n"))
    assert first.event_id.startswith("m.7.")
    assert one(read(tmp_path, header + "m,8,t\n")).event_id != first.event_id
    assert one(read(tmp_path, header + "m,7,u\n")).event_id != first.event_id
    # The same row from another file of another time, in other columns and encoding.
    assert (
        one(read(tmp_path, "title;listing_id;marketplace\nt;7;m\n".encode("utf-16"))).event_id
        == first.event_id
    )
    long = one(read(tmp_path, header + f"m,{'7' * 256},t\n"))
    assert len(long.event_id) == 64


@pytest.mark.parametrize(
    "encoded",
    [
        (HEADER + ROW.replace("Jaket", "Jakét “✓”")).encode(),
        codecs.BOM_UTF8 + (HEADER + ROW.replace("Jaket", "Jakét “✓”")).encode(),
        (HEADER + ROW.replace("Jaket", "Jakét “✓”")).encode("utf-16"),
        codecs.BOM_UTF16_BE + (HEADER + ROW.replace("Jaket", "Jakét “✓”")).encode("utf-16-be"),
        (HEADER + ROW.replace("Jaket", "Jakét “✓”")).replace("\n", "\r\n").encode(),
        (HEADER + ROW.replace("Jaket", "Jakét “✓”")).replace("\n", "\r").encode(),
        (HEADER + ROW.replace("Jaket", "Jakét “✓”")).rstrip().encode(),
    ],
)
def test_every_encoding_and_line_end_gives_the_same(tmp_path: Path, encoded: bytes) -> None:
    event = one(read(tmp_path, encoded))
    assert event.title == "Jakét “✓” varsity"
    assert event.price == Price(amount="85000", currency="IDR")


def test_rows_of_windows_text_are_read_only_when_asked(tmp_path: Path) -> None:
    table = (HEADER + ROW.replace("Jaket", "Jakét") + ROW).encode("cp1252")
    first, second = read(tmp_path, table)
    assert (wrong(first).value, wrong(first).why) == (
        table.splitlines(keepends=True)[1],
        "file.csv: row 2: the whole row: not UTF-8",
    )
    assert isinstance(second, ListingEvent)
    first, second = read(tmp_path, table, fallback_encoding="cp1252")
    assert isinstance(first, ListingEvent)
    assert first.title == "Jakét varsity"
    undefined = (HEADER + ROW).encode().replace(b"Jaket", b"Jaket\x81")
    (only,) = read(tmp_path, undefined, fallback_encoding="cp1252")
    assert "not cp1252" in str(wrong(only).why)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("shopee-id,7,Jaket,85.000,2026-11-24T03:00:00Z", "price: '85.000' has no currency"),
        ('shopee-id,7,Jaket,"Rp 85,000",2026-11-24T03:00:00Z', "price: 'Rp 85,000' is 85000 or 85.000"),
        ("shopee-id,7,Jaket,,kemarin", "observed_at: 'kemarin' is no time as iso"),
        ("shopee-id,7,Jaket,,2026-11-24 03:00", "observed_at: '2026-11-24 03:00' has no zone"),
        ("Shopee ID,7,Jaket,,", "marketplace: Expected `str` matching regex"),
        ("shopee-id,,Jaket,,", "listing_id: is missing"),
        ("shopee-id,7,,,", "title: is missing"),
        ("shopee-id,7,Jaket\x00,,", "the whole row: has a zero byte"),
        ("shopee-id,7,Jaket,", "the whole row: 4 cells under 5 columns"),
        ("shopee-id,7,Jaket,,,", "the whole row: 6 cells under 5 columns"),
        ('shopee-id,7,"Jaket"x,,', "the whole row: not CSV:"),
        ("shopee-id,7," + "x" * 100_001 + ",,", "title: longer than 100000 characters"),
        ("shopee-id,7,Jak\udcffet,,", "the whole row: not UTF-8"),
    ],
)
def test_a_wrong_row_is_passed_on_as_its_bytes_and_the_rest_is_read(
    tmp_path: Path, row: str, why: str
) -> None:
    raw = (row + "\r\n").encode("utf-8", "surrogateescape")
    first, middle, last = read(tmp_path, HEADER.encode() + ROW.encode() + raw + ROW.encode())
    assert first == last
    assert isinstance(first, ListingEvent)
    assert wrong(middle).value == raw
    assert str(wrong(middle).why).startswith(f"file.csv: row 3: {why}")
    knows = "title:" in why or "price:" in why or "observed_at:" in why
    assert wrong(middle).key == ("shopee-id:7" if knows else None)


def test_rows_count_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    items = read(tmp_path, 'marketplace,listing_id,title\nm,1,"a\nb\nc"\n\n,,\nm,2,\n')
    assert isinstance(items[0], ListingEvent)
    assert str(wrong(items[1]).why).startswith("file.csv: row 5: title")


def test_a_quote_that_is_never_closed_keeps_its_bytes(tmp_path: Path) -> None:
    tail = 'shopee-id,8,"Jaket,,\n' + ROW
    first, last = read(tmp_path, HEADER + ROW + tail)
    assert isinstance(first, ListingEvent)
    assert wrong(last).value == tail.encode()
    with pytest.raises(CsvError, match="row 3 is longer than 500 bytes, or a quote is never closed"):
        read(tmp_path, HEADER + ROW + tail + ROW * 100, max_record=500)
    with pytest.raises(CsvError, match="row 2 is longer"):
        read(tmp_path, HEADER + "é" * 400 + "\n", max_record=500)


@pytest.mark.parametrize(
    ("content", "options", "why"),
    [
        (
            "title,marketplace\nt,m\n",
            {},
            "no column for listing_id, and no default; the columns: title, marketplace",
        ),
        ("title,Title,marketplace,listing_id\n", {}, "more than one column for title"),
        (HEADER, {"columns": {"title": "Nama"}}, "no column 'Nama', which title is read from"),
        ((HEADER + ROW).encode("utf-16-le"), {}, "UTF-16 needs a byte order mark"),
        (b"\xff,\xfe\xfd\n", {}, "the header: not UTF-8"),
        ('"title\n', {}, "the header: not CSV"),
    ],
)
def test_a_table_that_cannot_be_understood_is_an_error(
    tmp_path: Path, content: bytes | str, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(CsvError, match=why):
        read(tmp_path, content, **options)


def test_takedowns_and_withdrawals(tmp_path: Path) -> None:
    table = "takedown_id,marketplace,listing_id,title,reason,authority,source,taken_down_at,withdrawn\nt1,m,7,Jaket,counterfeit,kementerian,ministry,2026-11-24T03:00:00Z,\nt2,,,,,,,,true\n,m,8,Jaket,,,,,\n"
    taken, withdrawn, broken = read(tmp_path, table, records="takedowns")
    assert isinstance(taken, Takedown)
    assert (taken.takedown_id, taken.listing.listing_id, taken.source) == ("t1", "7", "ministry")
    assert taken.taken_down_at == datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert withdrawn == Withdrawal(takedown_id="t2")
    assert str(wrong(broken).key).startswith("unreadable:")
    assert "takedown_id: is missing" in str(wrong(broken).why)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"columns": {"titel": "x"}}, "option columns: no field 'titel'"),
        ({"defaults": {"image_0": "x"}}, "option defaults: no field 'image_0'"),
        ({"utc_offset": "7"}, "option utc_offset: '7'"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionsError, match=named):
        check(CsvOptions(**options), "folder")
    check(CsvOptions(columns={"image_3": "x", "image_url_12": "y"}, utc_offset="+07:00"), "folder")


@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"", HEADER.encode(), b"\xff\xfe", b"\xef\xbb\xbf"]),
)
def test_any_bytes_give_items_or_the_documented_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    try:
        items = read(tmp_path_factory.getbasetemp(), start + content, max_record=200)
    except CsvError:
        return
    assert all(isinstance(item, ListingEvent | RawRecord | Notice) for item in items)


CELL = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\r"), max_size=20)


@given(titles=st.lists(CELL, min_size=1, max_size=6), delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_every_row_that_a_csv_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, titles: list[str], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["marketplace", "listing_id", "title", "description"])
    for number, title in enumerate(titles):
        writer.writerow(["m", str(number), "x" + title, defuse(title)])
    items = read(tmp_path_factory.getbasetemp(), out.getvalue())
    events = [item for item in items if isinstance(item, ListingEvent)]
    assert [event.title for event in events] == [("x" + title).strip() for title in titles]
    assert [event.description for event in events] == [title.strip() or None for title in titles]


@given(cell=st.text(st.sampled_from("'=+-@\t\r ＝＋aé\n")))
def test_a_defused_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert restore(defuse(cell)) == cell
    assert not defuse(cell).lstrip().startswith(("=", "+", "-", "@", "＝", "＋"))


@given(
    raws=st.lists(
        st.binary(max_size=30).map(
            lambda raw: raw.replace(b"\n", b".").replace(b"\r", b".").replace(b'"', b".")
        ),
        max_size=8,
    )
)
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, raws: list[bytes]) -> None:
    content = b"marketplace,listing_id,title\n" + b"".join(raw + b"\n" for raw in raws)
    items = read(tmp_path_factory.getbasetemp(), content, delimiter=",")
    rows = [raw for raw in raws if raw.replace(b",", b"").decode("utf-8", "surrogateescape").strip()]
    assert len(items) == len(rows)
    for item, raw in zip(items, rows, strict=True):
        if isinstance(item, RawRecord):
            assert item.value == raw + b"\n"
        else:
            assert raw.count(b",") == 2
