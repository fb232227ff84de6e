"""Workbooks that mean harm or are too large: refused as a whole, at once, with the setting that says so."""

import io
import os
import resource
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from takedown_lists import ids, read, rejects
from workbooks import MAIN, PARTS, by_hand, inline, link, packed, sheet_xml

from connectors.takedown_lists.items import ListError
from connectors.takedown_lists.limits import ListLimits

ROW = f'<row r="1">{inline("A1", link(1))}</row>'


def refused(path: Path, limits: ListLimits | None = None) -> str:
    with pytest.raises(ListError) as error:
        read(path, limits)
    assert "\n" not in str(error.value)
    return str(error.value)


def sparse_sheet(path: Path, megabytes: int) -> Path:
    """A workbook whose sheet unpacks to so much, made without having it in memory."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, text in PARTS.items():
            package.writestr(name, text)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            rows = (
                b"<row>"
                + b"".join(b'<c s="1" t="n"><v>%d</v></c>' % number for number in range(60_000))
                + b"</row>"
            )
            for _ in range(megabytes * 1024 * 1024 // len(rows)):
                sheet.write(rows)
            sheet.write(b"</sheetData></worksheet>")
    return path


def test_a_file_of_500_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "besar.xlsx"
    with path.open("wb") as file:
        file.truncate(500 * 1024 * 1024)
    assert refused(path) == "a file of 500 MiB, more than takedown_lists.max_file_mb allows (64 MiB)"


def test_a_sheet_of_500_mb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = sparse_sheet(tmp_path / "besar.xlsx", 500)
    assert path.stat().st_size < 64 * 1024 * 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    why = refused(path)
    assert "takedown_lists.max_unpacked_mb allows (256)" in why
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "a.xlsx", sheet_xml(ROW) + " " * (20 * 1024 * 1024))
    assert "takedown_lists.max_ratio allows (200)" in refused(path)


def test_a_zip_that_lies_about_its_sizes_is_stopped_while_unpacking(tmp_path: Path) -> None:
    sheet = (sheet_xml(ROW) + " " * (30 * 1024 * 1024)).encode()
    raw = packed({name: text.encode() for name, text in PARTS.items()} | {"xl/worksheets/sheet1.xml": sheet})
    lying = raw.replace(struct.pack("<L", len(sheet)), struct.pack("<L", 1000))
    assert lying != raw
    path = tmp_path / "a.xlsx"
    path.write_bytes(lying)
    assert "damaged" in refused(path)


def test_many_parts_that_each_are_small_enough(tmp_path: Path) -> None:
    filler = os.urandom(3000) * 400
    rels = "".join(
        f'<Relationship Id="r{n}" Type="http://x/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, 6)
    )
    sheets = "".join(f'<sheet name="s{n}" r:id="r{n}"/>' for n in range(1, 6))
    parts = PARTS | {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="x"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{rels}</Relationships>",
    }
    raw = packed(
        {name: text.encode() for name, text in parts.items()}
        | {f"xl/worksheets/sheet{n}.xml": filler for n in range(1, 6)}
    )
    path = tmp_path / "a.xlsx"
    path.write_bytes(raw)
    assert "max_unpacked_mb allows (5)" in refused(path, ListLimits(max_unpacked_mb=5))


@pytest.mark.parametrize(
    "where", ["xl__worksheets__sheet1_dot_xml", "xl__workbook_dot_xml", "_rels___dot_rels"]
)
def test_document_types_are_refused(tmp_path: Path, where: str) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{lol}<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&l9;&f;</x>'
    assert "has a document type" in refused(by_hand(tmp_path / "a.xlsx", sheet_xml(ROW), **{where: bomb}))


def test_cells_in_the_far_corner_cost_nothing(tmp_path: Path) -> None:
    rows = f'{ROW}<row r="1048576">{inline("XFD1048576", link(2))}</row>'
    assert ids(read(by_hand(tmp_path / "a.xlsx", sheet_xml(rows)))) == ["1.1", "1.2"]


@pytest.mark.parametrize("name", ["XFE1", "A1048577", "A0", "1", "AAAA1", "A" * 5000, "\u0661", ""])
def test_cells_outside_of_a_sheet(tmp_path: Path, name: str) -> None:
    path = by_hand(tmp_path / "a.xlsx", sheet_xml(ROW, f'<mergeCells><mergeCell ref="{name}"/></mergeCells>'))
    assert "damaged" in refused(path)


def test_more_rows_than_allowed(tmp_path: Path) -> None:
    rows = "".join(f"<row>{inline('A1', link(n))}</row>" for n in range(1, 12))
    path = by_hand(tmp_path / "a.xlsx", sheet_xml(rows))
    assert refused(path, ListLimits(max_rows=10)) == "more rows than takedown_lists.max_rows allows (10)"
    assert len(read(path, ListLimits(max_rows=11))) == 11


def test_a_cell_too_long_is_a_reject_and_the_rest_is_read(tmp_path: Path) -> None:
    long = "x" * 40_000 + " " + link(9)
    rows = (
        f'<row r="1">{inline("A1", long)}{inline("B1", link(1))}</row><row r="2">{inline("A2", long)}</row>'
    )
    items = read(by_hand(tmp_path / "a.xlsx", sheet_xml(rows)))
    assert ids(items) == ["1.1"]
    assert [place for place, why in rejects(items) if "takedown_lists.max_cell_chars (32,767)" in why] == [
        "Daftar, A1",
        "Daftar, A2",
    ]


def test_links_behind_huge_ranges_are_bounded(tmp_path: Path) -> None:
    rels = f'<R><Relationship Id="h" Type="http://x/hyperlink" Target="{link(7)}" TargetMode="External"/></R>'
    behind = "".join(f'<hyperlink ref="A{n}:J{n + 99}" r:id="h"/>' for n in range(1, 5000, 100))
    sheet = sheet_xml(ROW, f'<hyperlinks><hyperlink ref="L1:XFD1048576" r:id="h"/>{behind}</hyperlinks>')
    path = by_hand(tmp_path / "a.xlsx", sheet, xl__worksheets___rels__sheet1_dot_xml_dot_rels=rels)
    assert "more links or merged cells" in refused(path, ListLimits(max_rows=20_000))


def test_one_text_in_many_cells_is_bounded(tmp_path: Path) -> None:
    texts = f'<sst xmlns="{MAIN}"><si><t>{"x" * 30_000}</t></si></sst>'
    rels = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="r2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    rows = '<row><c t="s"><v>0</v></c></row>' * 50
    path = by_hand(
        tmp_path / "a.xlsx",
        sheet_xml(rows),
        xl__sharedStrings_dot_xml=texts,
        xl___rels__workbook_dot_xml_dot_rels=rels,
    )
    assert "cells with more text than takedown_lists.max_unpacked_mb" in refused(
        path, ListLimits(max_unpacked_mb=1)
    )
    wrong = by_hand(
        tmp_path / "b.xlsx",
        sheet_xml('<row><c t="s"><v>7</v></c></row>'),
        xl__sharedStrings_dot_xml=texts,
        xl___rels__workbook_dot_xml_dot_rels=rels,
    )
    assert "not among its strings" in refused(wrong)


@pytest.mark.parametrize("begin", ["<!--", '<row a="', "<![CDATA[", "<?x ", "<" + "x" * 10])
def test_an_element_that_never_ends(tmp_path: Path, begin: str) -> None:
    sheet = sheet_xml(ROW)[: -len("</sheetData></worksheet>")] + begin + os.urandom(1000).hex() * 5000
    path = by_hand(tmp_path / "a.xlsx", sheet)
    assert "damaged" in refused(path)


def test_two_parts_of_one_name(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "a.xlsx", sheet_xml(ROW), XL__Worksheets__Sheet1_dot_xml="<x/>")
    assert "two parts of one name" in refused(path)


def test_a_directory_that_would_fill_the_memory(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number in range(20_000):
            package.writestr(f"xl/{number:040}", b"")
    path = tmp_path / "a.xlsx"
    path.write_bytes(buffer.getvalue())
    assert "more parts than any" in refused(path)


def test_an_encrypted_part(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "a.xlsx", sheet_xml(ROW))
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)
    assert "encrypted" in refused(path)


@pytest.mark.parametrize(
    ("begin", "name", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "a.xlsx", "with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "a.xls", "old Excel"),
        (b"%PDF-1.7\n", "a.csv", "a PDF"),
        (
            packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
            "a.ods",
            "zip file|OpenDocument",
        ),
        (packed({"daftar.csv": b"x"}), "a.zip", "a zip file that is no workbook"),
        (packed({"[Content_Types].xml": b"<Types/>"}), "a.xlsb", "binary Excel"),
        (b"\x89PNG\r\n\x1a\n", "a.txt", "a picture"),
        (zlib.compress(b"x", wbits=31), "a.csv.gz", "unpack it"),
        (packed({"[Content_Types].xml": b"<Types/>"}), "a.xlsx", "no workbook"),
        (packed({"[Content_Types].xml": b"<Types/>"})[:60], "a.xlsx", "cut off"),
        (b"PK\x03\x04", "a.xlsx", "cut off"),
    ],
)
def test_what_is_no_list_says_what_to_do(tmp_path: Path, begin: bytes, name: str, why: str) -> None:
    import re

    path = tmp_path / name
    path.write_bytes(begin)
    assert re.search(why, refused(path))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    good = by_hand(tmp_path / "good.xlsx", sheet_xml(ROW * 3)).read_bytes()
    raw = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "bad.xlsx"
    path.write_bytes(bytes(raw[: data.draw(st.integers(4, len(raw)))]))
    with suppress(ListError):
        read(path)
