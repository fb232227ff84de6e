"""Which column says what: header words in Indonesian and English, and a row's texts by them."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from connectors.takedown_lists.items import Cell, Told

LONGEST_TOLD: Final = 1000
"""Characters of a told text that are kept."""
LONGEST_HEADER: Final = 60

_WORDS: Final = {
    "link": "link tautan url website situs laman alamat pranala",
    "reason": "alasan reason pelanggaran violation dasar keterangan jenis_pelanggaran",
    "title": "title judul produk product barang item nama_barang nama_produk product_name nama_iklan",
    "seller": "seller toko penjual merchant shop store akun account pedagang username",
    "date": "date tanggal tgl waktu",
    "authority": "authority instansi kementerian lembaga pemohon unit pelapor",
    "number": "no nomor number nr num urut #",
}
_FIELD_OF: Final = {
    word.replace("_", " "): field for field, words in _WORDS.items() for word in words.split()
}
_SIGNS = re.compile(r"[^\w#]+")
_FIRST: Final = ("link", "reason", "seller", "date", "authority", "title", "number")
"""Where a header has words of several: "alasan takedown produk" is a reason, "nama toko" a seller, "nomor
produk" a title's column only if nothing else is."""
WANTED: Final = frozenset(_FIELD_OF)

_BLANKS = re.compile(r"\s+")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?", re.ASCII)


def header_of(cells: Iterable[Cell]) -> dict[int, str]:
    """Field by column, of a row that may be a header; empty where it is none. The first column of a field wins."""
    found: dict[int, str] = {}
    # Beside `found`, which may have a hundred thousand columns of links: looked through for each cell, a row of a
    # megabyte would take minutes.
    named: set[str] = set()
    for cell in cells:
        field = field_of(cell.text)
        if field is not None and (field == "link" or field not in named):
            found[cell.column] = field
            named.add(field)
    return found


def field_of(text: str) -> str | None:
    """The field that a header's text names."""
    if len(text) > LONGEST_HEADER:
        return None
    plain = _SIGNS.sub(" ", text.casefold()).strip()
    if plain in _FIELD_OF:
        return _FIELD_OF[plain]
    words = set(plain.split())
    if len(words) > 4:
        return None
    fields = {_FIELD_OF[word] for word in words & WANTED}
    return next((field for field in _FIRST if field in fields), None)


def told_by(
    header: dict[int, str], cells: Iterable[Cell], linked: frozenset[int], *, from_1904: bool
) -> Told:
    """What a row's cells say under this header; `linked` columns hold the links themselves."""
    said: dict[str, str] = {}
    for cell in cells:
        field = header.get(cell.column)
        if field is None or field == "link" or cell.column in linked:
            continue
        text = tidy(cell.text)
        if text:
            said[field] = _day(text, from_1904=from_1904) if field == "date" else text
    return Told(**said)


def tidy(text: str) -> str:
    """On one line, without control characters, and bounded."""
    if len(text) <= LONGEST_TOLD and text.isprintable() and "  " not in text:
        return text.strip()
    line = _BLANKS.sub(" ", text[: 4 * LONGEST_TOLD]).strip()
    if not line.isprintable():
        line = "".join(sign for sign in line if sign.isprintable())
    return line[:LONGEST_TOLD]


def _day(text: str, *, from_1904: bool) -> str:
    """A spreadsheet's day number as a date (ECMA-376 part 1, 18.17.4.1); any other text as it is."""
    serial = _SERIAL.fullmatch(text)
    if serial is None:
        return text
    begin = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    return (begin + timedelta(days=int(serial[1]))).isoformat()
