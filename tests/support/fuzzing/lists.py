"""Targets: takedown lists from authorities, as files: CSV, workbooks, e-mail, text."""

import io
import tempfile
import zipfile

from workbooks import LINKS, PARTS, inline, link, sheet_xml

from connectors.csv_rows import CsvError, CsvRows
from connectors.takedown_lists.items import ListError, Mention, Reject, Remark
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.reading import open_list
from fuzzing.target import Target

STRINGS = f"{LINKS}/sharedStrings"
LIMITS = ListLimits(max_file_mb=1, max_unpacked_mb=4, max_rows=2000, max_cell_chars=2000)


def _read(raw: bytes, kind: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
        file.write(raw)
        file.flush()
        with open_list(file.name, LIMITS, kind) as opened:  # type: ignore[arg-type]
            for item in opened.items():
                assert isinstance(item, Mention | Reject | Remark)
                if isinstance(item, Mention):
                    assert item.target.url.startswith("https://")


def _csv(raw: bytes) -> None:
    _read(raw, "csv")


def _connector_csv(raw: bytes) -> None:
    """The rows of a file that the source `folder` takes: what is given out is the file's own bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.flush()
        file.seek(0)
        rows = CsvRows(
            file.fileno(), max_row=1024, wanted=frozenset({"title", "id"}), delimiter="auto", fallback=None
        )
        for row in rows.rows():
            assert row.problem or row.cells


def _sheet(raw: bytes) -> None:
    """A workbook whose one sheet is these bytes."""
    _read(_workbook({**PARTS, "xl/worksheets/sheet1.xml": raw}), "xlsx")


def _workbook(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, text in parts.items():
            package.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def _package(raw: bytes) -> None:
    _read(raw, "xlsx")


def _part(raw: bytes) -> None:
    """A workbook with one of its other parts replaced: the first byte says which."""
    if raw:
        names = [
            "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
            "xl/sharedStrings.xml", "xl/worksheets/_rels/sheet1.xml.rels",
        ]  # fmt: skip
        sheet = sheet_xml(f'<row r="1"><c r="A1" t="s"><v>0</v></c>{inline("B1", link(1))}</row>')
        shared = f"<sst><si><t>{link(2)}</t></si></sst>"
        relations = PARTS["xl/_rels/workbook.xml.rels"].replace(
            "</R", f'<Relationship Id="r2" Type="{STRINGS}" Target="sharedStrings.xml"/></R'
        )
        parts = {
            **PARTS,
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": shared,
            "xl/_rels/workbook.xml.rels": relations,
        }
        parts[names[raw[0] % len(names)]] = raw[1:]
        _read(_workbook(parts), "xlsx")


def _email(raw: bytes) -> None:
    _read(raw, "email")


def _auto(raw: bytes) -> None:
    _read(raw, "auto")


def _csv_seeds() -> list[bytes]:
    rows = f'No;Link;Alasan\n1;{link(1)};Impor\n2;"{link(2)}\n{link(3)}";x\n'
    return [
        rows.encode(),
        rows.replace(";", ",").encode("utf-16"),
        rows.encode("utf-16-le"),
        b"sep=|\na|b\n\xff\xfe",
        "judul,tautan\nKafé,shopee.co.id/x-i.1.2\n".encode("cp1252"),
    ]


def _sheet_seeds() -> list[bytes]:
    rows = f'<row r="1">{inline("A1", "Link")}{inline("B1", "Alasan")}</row>'
    rows += f'<row r="2">{inline("A2", link(1))}<c r="B2"><f>HYPERLINK("{link(2)}","x")</f><v>5</v></c></row>'
    behind = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells><hyperlinks><hyperlink ref="A1:A3" r:id="r9"/></hyperlinks>'
    return [sheet_xml(rows, behind).encode(), b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>', b"<worksheet>"]


def _email_seeds() -> list[bytes]:
    text = "From: a@b.example\r\nTo: c@d.example\r\nSubject: Daftar\r\nMIME-Version: 1.0\r\n"
    parts = (
        'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{link(1)[:40]}=\r\n{link(1)[40:]}\r\n--x\r\n"
        f"Content-Type: text/html\r\n\r\n<a href=3D'{link(2)}'>x</a>\r\n--x\r\nContent-Type: text/csv\r\n"
        'Content-Disposition: attachment; filename="a.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        "TGluawpzaG9wZWUuY28uaWQveC1pLjEuMgo=\r\n--x--\r\n"
    )
    return [(text + parts).encode(), (text + f"\r\n{link(3)}\r\n").encode()]


def _package_seeds() -> list[bytes]:
    return [_workbook({**PARTS, "xl/worksheets/sheet1.xml": _sheet_seeds()[0]})]


def _part_seeds() -> list[bytes]:
    shared = f"<sst><si><t>{link(1)}</t></si></sst>".encode()
    return [bytes([place]) + text.encode() for place, text in enumerate(PARTS.values())] + [b"\x04" + shared]


TARGETS = (
    Target("list-csv", _csv, _csv_seeds, (ListError,)),
    Target("csv-rows", _connector_csv, _csv_seeds, (CsvError,)),
    Target("list-sheet", _sheet, _sheet_seeds, (ListError,)),
    Target("list-part", _part, _part_seeds, (ListError,)),
    Target("list-package", _package, _package_seeds, (ListError,)),
    Target("list-email", _email, _email_seeds, (ListError,)),
    Target("list-auto", _auto, lambda: [*_csv_seeds(), *_email_seeds(), *_package_seeds()], (ListError,)),
)
