"""CSV from anybody's spreadsheet: any delimiter, encoding and heading; nothing in it is lost."""

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from takedown_lists import ids, mentions, read, rejects, remarks
from workbooks import link

from connectors.takedown_lists.items import ListError, Place, Told
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.list_kinds import REFUSED, kind_of

TABLE = [
    ["No", "Nama Produk", "Toko", "Link", "Alasan"],
    ["1", "Jaket, varsity; bekas", "toko_a", link(2), "Impor “bekas”"],
    ["2", 'Kaos "vintage"', "toko é", link(3), "Impor"],
]


def as_csv(delimiter: str, quoted: bool = True) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
        TABLE
    )
    return out.getvalue()


def put(tmp_path: Path, raw: bytes, name: str = "daftar.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_delimiters_and_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    items = read(put(tmp_path, as_csv(delimiter).encode(encoding)))
    assert ids(items) == ["1.2", "1.3"]
    assert [item.told for item in mentions(items)] == [
        Told(number="1", title="Jaket, varsity; bekas", seller="toko_a", reason="Impor “bekas”"),
        Told(number="2", title='Kaos "vintage"', seller="toko é", reason="Impor"),
    ]
    assert mentions(items)[0].place == Place(2, cell="D2")
    assert [text for text in remarks(items) if "Windows-1252" not in text] == []
    assert len(remarks(items)) == (encoding == "cp1252")


@pytest.mark.parametrize("encoding", ["gb18030", "shift-jis", "koi8-r", "mac-roman", "iso-8859-5"])
def test_links_survive_any_wrong_encoding(tmp_path: Path, encoding: str) -> None:
    text = f"Link,Alasan\n{link(2)},{'你好 Привет é'}\n{link(3)},{'я'}\n"
    items = read(put(tmp_path, text.encode(encoding, "replace")))
    assert ids(items) == ["1.2", "1.3"]


def test_a_row_in_no_encoding_gives_its_links_and_its_problem(tmp_path: Path) -> None:
    items = read(
        put(tmp_path, b"Link,Alasan\n" + link(2).encode() + b",\x81\x8d\n" + link(3).encode() + b",ok\n")
    )
    assert ids(items) == ["1.2", "1.3"]


@pytest.mark.parametrize(
    "heading", ["", "Daftar tautan, Mei 2023\n\n", "sep=;\n", "DAFTAR TAUTAN\nDirektorat; Jakarta\n"]
)
def test_headings_before_the_header(tmp_path: Path, heading: str) -> None:
    items = read(put(tmp_path, (heading + as_csv(";")).encode()))
    assert [item.told.seller for item in mentions(items)] == ["toko_a", "toko é"]
    assert rejects(items) == []


def test_without_a_header_links_are_found_and_nothing_is_told(tmp_path: Path) -> None:
    items = read(put(tmp_path, f"jaket,{link(2)}\nkaos,\ntopi,{link(3)}\n".encode()))
    assert ids(items) == ["1.2", "1.3"]
    assert {item.told for item in mentions(items)} == {Told()}
    assert rejects(items) == [("row 2", "no link in this row")]


def test_a_quote_that_is_never_closed_loses_nothing(tmp_path: Path) -> None:
    rows = "".join(f"{number},{link(number)},alasan\n" for number in range(1, 30_000))
    items = read(put(tmp_path, f'No,Link,Alasan\n0,"{link(900_000)},alasan\n{rows}'.encode()))
    assert len(ids(items)) == 30_000
    assert len(remarks(items)) == 1
    assert "read as plain text" in remarks(items)[0]


def test_more_rows_than_allowed(tmp_path: Path) -> None:
    path = put(tmp_path, "".join(f"{link(number)}\n" for number in range(1, 12)).encode())
    with pytest.raises(ListError, match=r"more rows than takedown_lists\.max_rows allows \(10\)"):
        read(path, ListLimits(max_rows=10))


def test_a_file_too_large_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"max_file_mb allows \(1 MiB\)"):
        read(put(tmp_path, b"x" * (1024 * 1024 + 1)), ListLimits(max_file_mb=1))
    with pytest.raises(ListError, match="a folder"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=300), tail=st.booleans())
def test_any_bytes_are_read_and_the_link_among_them_found(tmp_path: Path, raw: bytes, tail: bool) -> None:
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE)
    whole = raw + b"\n" + link(77).encode() + b"\n" if tail else raw
    try:
        items = read(put(tmp_path, whole))
    except ListError:
        assert not tail or kind_of(whole, "daftar.csv") in {*REFUSED, "xlsx"}
        return
    if tail and not raw.startswith(marks) and raw.count(0) == 0 and b'"' not in raw:
        assert "1.77" in ids(items)
