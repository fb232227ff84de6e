"""What a list is, by its first bytes and then by its name; and what is not read, with what to do instead."""

import re
from typing import Final, Literal

Kind = Literal["xlsx", "csv", "email", "text"]

REFUSED: Final = {
    "xls": "an old Excel workbook (.xls), or one with a password: save it as .xlsx without one, or as CSV",
    "ods": "an OpenDocument sheet (.ods): save it as .xlsx or CSV",
    "xlsb": "a binary Excel workbook (.xlsb): save it as .xlsx or CSV",
    "zip": "a zip file that is no workbook: unpack it and import each list",
    "pdf": "a PDF: copy its text into a text file, or ask for the list as .xlsx or CSV",
    "image": "a picture: ask for the list as .xlsx or CSV",
    "gzip": "a packed file: unpack it",
}
"""Kinds that are not read, and why."""

_BEGINS: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "zip"),
    (b"Rar!\x1a", "zip"),
)
_MAIL = re.compile(
    rb"\A(?:From [^\r\n]{3,200}\r?\n)?(?:Return-Path|Received|Delivered-To|MIME-Version|Message-ID|From|To|Subject|"
    rb"Date|Content-Type|X-[A-Za-z0-9-]{1,40}|ARC-[A-Za-z-]{1,40}|DKIM-Signature):[^\r\n]*\r?\n"
    rb"(?:[ \t][^\r\n]*\r?\n|[!-9;-~]{1,60}:[^\r\n]*\r?\n){2}",
    re.IGNORECASE,
)
"""Three header lines at the beginning (RFC 5322, 2.2): pasted text has one or two at most."""


def kind_of(head: bytes, name: str) -> str:
    """A Kind, or a key of REFUSED. `head`: the first 4 KiB, or all there is."""
    begin = head.lstrip(b"\xef\xbb\xbf")
    name = name.casefold()
    if begin.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(head, name)
    for signature, kind in _BEGINS:
        if begin.startswith(signature):
            return kind
    if name.endswith((".eml", ".mbox")) or _MAIL.match(begin):
        return "email"
    if name.endswith((".csv", ".tsv", ".tab")):
        return "csv"
    return "text"


def _kind_of_zip(head: bytes, name: str) -> str:
    if b"mimetypeapplication/vnd.oasis.opendocument" in head[:200]:
        return "ods"
    if name.endswith(".xlsb"):
        return "xlsb"
    workbook = b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/.rels" in head
    return "xlsx" if workbook or name.endswith((".xlsx", ".xlsm", ".xltx", ".xltm")) else "zip"
