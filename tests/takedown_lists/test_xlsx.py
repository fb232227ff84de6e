"""Workbooks as offices make them: any layout, links behind cells, formulas, merged and hidden cells, macros."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from takedown_lists import ids, mentions, read, rejects, remarks
from workbooks import by_hand, inline, link, sheet_xml, workbook

from connectors.takedown_lists.items import Place, Told
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.xlsx_layout import SheetLayout
from connectors.takedown_lists.xlsx_list import _strings
from connectors.takedown_lists.xlsx_package import Package
from connectors.takedown_lists.xlsx_sheet import SheetRows

HEAD = ["No.", "Nama Produk", "Toko", "Tautan", "Alasan Takedown", "Tanggal", "Instansi"]


def test_a_list_with_its_context(tmp_path: Path) -> None:
    day = datetime.date(2023, 5, 15)
    rows = [
        ["Daftar tautan pakaian bekas impor"],
        [],
        HEAD,
        [1, "Jaket  varsity\nbekas", "toko_a", link(2), "Impor", day, "Kemendag"],
        [2, "Kaos", "toko_b", link(3), "Impor", "15/05/2023", "Kemendag"],
    ]
    items = read(workbook(tmp_path / "daftar.xlsx", rows))
    assert ids(items) == ["1.2", "1.3"]
    first, second = mentions(items)
    assert first.place == Place(4, "Daftar", "D4")
    assert first.told == Told(
        number="1",
        title="Jaket varsity bekas",
        seller="toko_a",
        reason="Impor",
        date="2023-05-15",
        authority="Kemendag",
    )
    assert second.told.date == "15/05/2023"
    assert rejects(items) == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([[link(2)], [link(3)]], ["1.2", "1.3"]),
        ([["Link"], [link(2)], [link(3)]], ["1.2", "1.3"]),
        ([["a", f"lihat {link(2)} dan {link(3)}", 5]], ["1.2", "1.3"]),
        ([[f"{link(2)}\n{link(3)}\nshopee.co.id/x-i.1.4"]], ["1.2", "1.3", "1.4"]),
        ([["Shopee", "Lazada"], [link(2), "https://www.lazada.co.id/products/i7.html"]], ["1.2", "7"]),
        ([[link(2), link(2), "https://shopee.co.id/product/1/2"]], ["1.2"]),
    ],
)
def test_any_layout(tmp_path: Path, rows: list[list[Any]], found: list[str]) -> None:
    items = read(workbook(tmp_path / "a.xlsx", rows))
    assert ids(items) == found
    assert rejects(items) == []


def test_rows_without_a_link_and_links_elsewhere_are_rejects_with_their_place(tmp_path: Path) -> None:
    rows = [
        HEAD,
        [1, "Jaket", "a", link(2)],
        [2, "Kaos", "b", ""],
        [],
        [3, "Topi", "c", "https://contoh.example/x"],
        HEAD,
        ["Total", 3],
    ]
    items = read(workbook(tmp_path / "a.xlsx", rows))
    assert ids(items) == ["1.2"]
    assert rejects(items) == [
        ("Daftar, row 3", "no link in this row"),
        ("Daftar, D5", "another site"),
        ("Daftar, row 7", "no link in this row"),
    ]


def test_links_behind_cells(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book.active
        sheet["B2"].hyperlink = link(2)
        sheet["B3"].hyperlink = link(3)
        sheet["B4"].hyperlink = "https://contoh.example/"
        sheet["B5"].hyperlink = "#Daftar!A1"

    rows = [
        ["No", "Produk", "Link"],
        [1, "Jaket"],
        [2, link(3)],
        [3, "Topi"],
        [4, "Kaos", link(5)],
    ]
    items = read(workbook(tmp_path / "a.xlsx", rows, change))
    assert sorted(ids(items)) == ["1.2", "1.3", "1.5"]
    assert mentions(items)[0].told.title == "Jaket"
    assert ("Daftar, B4", "another site") in rejects(items)


def test_links_behind_ranges_and_behind_cells_that_are_not_there(tmp_path: Path) -> None:
    rels = "".join(
        f'<Relationship Id="h{n}" Type="http://x/hyperlink" Target="{link(n)}" TargetMode="External"/>'
        for n in (7, 8)
    )
    behind = '<hyperlinks><hyperlink ref="A1:B2" r:id="h7"/><hyperlink ref="C9" r:id="h8"/></hyperlinks>'
    sheet = sheet_xml(f'<row r="1">{inline("A1", "Jaket")}</row>', behind)
    items = read(
        by_hand(tmp_path / "a.xlsx", sheet, xl__worksheets___rels__sheet1_dot_xml_dot_rels=f"<R>{rels}</R>")
    )
    found = [(one, item.place.cell) for one, item in zip(ids(items), mentions(items), strict=True)]
    assert found == [("1.7", "A1"), ("1.7", "B1"), ("1.7", "A2"), ("1.8", "C9")]


def test_formulas_are_not_run(tmp_path: Path) -> None:
    def formula(name: str, text: str, value: str = "") -> str:
        return f'<c r="{name}" t="str"><f>{text}</f>{f"<v>{value}</v>" if value else ""}</c>'

    rows = "".join(
        f'<row r="{number}">{cell}</row>'
        for number, cell in enumerate(
            [
                formula("A1", f"HYPERLINK(&quot;{link(1)}&quot;,&quot;Jaket&quot;)", "Jaket"),
                formula("A2", f"IF(B2,HYPERLINK(&quot;{link(2)}&quot;),&quot;&quot;)"),
                formula("A3", "B3&amp;C3", link(3)),
                formula("A4", "HYPERLINK(&quot;https://shopee.co.id/product/1/&quot;&amp;B4)", "Jaket"),
                formula("A5", "WEBSERVICE(&quot;https://contoh.example&quot;)"),
                formula("A6", "cmd|' /C calc'!A0", "0"),
            ],
            1,
        )
    )
    items = read(by_hand(tmp_path / "a.xlsx", sheet_xml(rows)))
    assert ids(items) == ["1.1", "1.2", "1.3"]
    reasons = dict(rejects(items))
    assert "puts its link together" in reasons["Daftar, A4"]
    assert "result is not in the file" in reasons["Daftar, A5"]
    assert reasons["Daftar, row 6"] == "no link in this row"


def test_formulas_without_their_values(tmp_path: Path) -> None:
    rows = [[f'=HYPERLINK("{link(2)}","Jaket")'], ["=A1"]]
    items = read(workbook(tmp_path / "a.xlsx", rows))
    assert ids(items) == ["1.2"]
    assert [why for _, why in rejects(items)] == [
        "a formula whose result is not in the file: open the list in a spreadsheet and save it"
    ]


def test_merged_cells_count_once_and_tell_for_all_their_rows(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book.active
        sheet.merge_cells("C2:C4")
        sheet.merge_cells("B3:B4")
        sheet["B3"].hyperlink = link(3)
        sheet.merge_cells("A5:C5")

    rows = [["No", "Link", "Alasan"], [1, link(2), "Impor"], [2, "Jaket", None], [3, None, None], [link(5)]]
    items = read(workbook(tmp_path / "a.xlsx", rows, change))
    assert ids(items) == ["1.2", "1.3", "1.5"]
    assert [item.told.reason for item in mentions(items)] == ["Impor", "Impor", None]
    assert rejects(items) == []


def test_hidden_rows_columns_and_sheets_are_read_and_said(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True
        for name, state in (("Arsip", "hidden"), ("Lain", "veryHidden")):
            sheet = book.create_sheet(name)
            sheet.append([link(7 if name == "Arsip" else 8)])
            sheet.sheet_state = state

    items = read(workbook(tmp_path / "a.xlsx", [["x", link(1)], ["y", link(2)]], change))
    assert ids(items) == ["1.1", "1.2", "1.7", "1.8"]
    assert remarks(items) == [
        "sheet Daftar: 1 hidden rows; they are read too",
        "sheet Daftar: hidden columns; they are read too",
        "sheet Arsip is hidden; it is read too",
        "sheet Lain is hidden; it is read too",
    ]


def test_macros_are_said_and_not_read(tmp_path: Path) -> None:
    sheet = sheet_xml(f'<row r="1">{inline("A1", link(1))}</row>')
    items = read(by_hand(tmp_path / "a.xlsm", sheet, xl__vbaProject_dot_bin=b"\xd0\xcf" + b"Shell calc" * 50))
    assert ids(items) == ["1.1"]
    assert remarks(items) == ["the workbook has macros; they are not run"]


def test_prefixes_strict_namespaces_rich_text_and_missing_names(tmp_path: Path) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    half = len(link(1)) // 2
    sheet = (
        f'<x:worksheet xmlns:x="{strict}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:r><x:t>{link(1)[:half]}</x:t></x:r>'
        f"<x:r><x:t>{link(1)[half:]}</x:t></x:r><x:rPh><x:t>ucapan</x:t></x:rPh></x:is></x:c></x:row>"
        f'<x:row><x:c/><x:c t="inlineStr"><x:is><x:t>{link(2)}</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>'
    )
    items = read(by_hand(tmp_path / "a.xlsx", sheet))
    assert [(one, item.place.cell) for one, item in zip(ids(items), mentions(items), strict=True)] == [
        ("1.1", "A1"),
        ("1.2", "B2"),
    ]


def test_days_since_1904(tmp_path: Path) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    def change(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    rows = [["Link", "Tanggal"], [link(1), datetime.date(2023, 5, 15)]]
    assert mentions(read(workbook(tmp_path / "a.xlsx", rows, change)))[0].told.date == "2023-05-15"


def test_a_sheet_of_no_cells(tmp_path: Path) -> None:
    assert read(workbook(tmp_path / "a.xlsx", [])) == []


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
        max_size=20,
    ).filter(lambda text: not text.startswith("="))
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(VALUES, max_size=6), max_size=8))
def test_cells_are_those_that_openpyxl_reads(tmp_path: Path, rows: list[list[Any]]) -> None:
    path = workbook(tmp_path / "any.xlsx", rows)
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    wanted = {
        (cell.row, cell.column - 1): str(int(cell.value) if isinstance(cell.value, bool) else cell.value)
        for row in book.active.iter_rows()
        for cell in row
        if cell.value not in {None, ""}
    }
    with path.open("rb") as file:
        package = Package(file, ListLimits())
        strings = (
            _strings(package, "xl/sharedStrings.xml", ListLimits())
            if package.has("xl/sharedStrings.xml")
            else []
        )
        layout = SheetLayout("s", {}, ListLimits())
        name = "xl/worksheets/sheet1.xml"
        layout.read(package.chunks(name))
        found = {
            (row.number, cell.column): cell.text
            for row in SheetRows("s", strings, layout, ListLimits()).rows(name, package.chunks(name))
            if hasattr(row, "cells")
            for cell in row.cells
        }
    assert found == wanted
    assert zipfile.is_zipfile(path)
