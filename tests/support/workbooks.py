"""Workbooks for tests: ordinary ones by openpyxl, and XML by hand for what no good program writes."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
PARTS = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="Daftar" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
LINK = "https://shopee.co.id/Jaket-i.{shop}.{item}"


def link(item: int, shop: int = 1) -> str:
    return LINK.format(shop=shop, item=item)


def workbook(path: Path, rows: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> Path:
    """A workbook of one sheet; `change` may do anything else to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Daftar"
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(book)
    book.save(path)
    return path


def sheet_xml(rows: str, behind: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}"><sheetData>{rows}</sheetData>{behind}</worksheet>'


def inline(name: str, text: str) -> str:
    return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'


def by_hand(path: Path, sheet: str | bytes, **more: str | bytes) -> Path:
    """A workbook from XML; `more` replaces or adds parts, with __ for / and _dot_ for a dot in their names."""
    parts: dict[str, str | bytes] = {**PARTS, "xl/worksheets/sheet1.xml": sheet}
    parts |= {name.replace("__", "/").replace("_dot_", "."): text for name, text in more.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return path


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return buffer.getvalue()
