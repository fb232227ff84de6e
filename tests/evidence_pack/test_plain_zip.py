"""Archives in one form: every tool opens them, and no byte can be another."""

import io
import shutil
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.evidence_packs.plain_zip import LARGEST_FILE, PlainZipReader, PlainZipWriter, ZipFormError

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}(/[A-Za-z0-9][A-Za-z0-9._-]{0,8}){0,2}", fullmatch=True)
FILES = st.dictionaries(NAMES, st.binary(max_size=300), max_size=6)


def written(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = PlainZipWriter(out)
    for name in sorted(files):
        writer.add_bytes(name, files[name])
    writer.finish()
    return out.getvalue()


def read(raw: bytes) -> dict[str, bytes]:
    return {name: b"".join(parts) for name, _, parts in PlainZipReader(io.BytesIO(raw)).files()}


@given(FILES.filter(bool))
def test_what_is_written_is_read_here_and_elsewhere(files: dict[str, bytes]) -> None:
    raw = written(files)
    assert read(raw) == files
    assert raw == written(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == files


def test_every_bit_of_an_archive_is_seen(tmp_path: Path) -> None:
    raw = written({"a": b"hello", "b/c.json": b"", "d": bytes(range(64))})
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(ZipFormError):
                read(bytes(changed))


@given(files=FILES.filter(bool), data=st.data())
def test_bytes_put_in_taken_out_or_changed_are_seen(files: dict[str, bytes], data: st.DataObject) -> None:
    raw = written(files)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    changed = raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:]
    if changed == raw:
        assert read(changed) == files
        return
    try:
        found = read(changed)
    except ZipFormError:
        return
    # Another whole archive: its own files, told apart by what it holds and not by its form.
    assert written(found) == changed


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        ".hidden",
        "a/.b",
        "C:\\x",
        "a\\b",
        "ä",
        "a b",
        "x" * 201,
        "a/",
    ],
)
def test_no_name_leads_elsewhere(name: str) -> None:
    with pytest.raises(ZipFormError):
        written({name: b""})
    # Nor is one read that another program wrote.
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"")
    with pytest.raises(ZipFormError):
        read(out.getvalue())


def test_what_other_programs_write_is_refused() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("a", bytes(50_000_000))
        with pytest.raises(ZipFormError):
            read(out.getvalue())
    for nothing in (b"", b"PK", b"no zip at all", written({}), b"PK\x03\x04" + bytes(100)):
        with pytest.raises(ZipFormError):
            read(nothing)


def test_a_writer_keeps_the_order_and_believes_nobody() -> None:
    writer = PlainZipWriter(io.BytesIO())
    writer.add_bytes("b", b"")
    for name in ("a", "b"):
        with pytest.raises(ZipFormError, match="does not come after"):
            writer.add_bytes(name, b"")
    with pytest.raises(ZipFormError, match="changed while"):
        writer.add("c", [b"12"], size=3, crc=zlib.crc32(b"123"))
    with pytest.raises(ZipFormError, match="more than"):
        writer.add("d", [], size=LARGEST_FILE + 1, crc=0)


def test_more_files_than_two_bytes_count(tmp_path: Path) -> None:
    many = {f"{number:06}": b"" for number in range(66_000)}
    raw = written(many)
    assert read(raw) == many
    (tmp_path / "many.zip").write_bytes(raw)
    with zipfile.ZipFile(tmp_path / "many.zip") as archive:
        assert len(archive.infolist()) == 66_000
    if shutil.which("unzip"):
        done = subprocess.run(["unzip", "-tqq", tmp_path / "many.zip"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


class Sparse:
    """Writes zeros as holes, so that gigabytes cost nothing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, raw: bytes) -> None:
        if raw is HOLE:
            self._file.seek(len(raw), 1)
        else:
            self._file.write(raw)


HOLE = bytes(64 * 1024 * 1024)


@pytest.mark.slow
def test_files_beyond_four_gigabytes_are_found(tmp_path: Path) -> None:
    crc = zlib.crc32(HOLE)
    with (tmp_path / "large.zip").open("w+b") as file:
        writer = PlainZipWriter(Sparse(file))  # type: ignore[arg-type]
        for number in range(66):
            writer.add(f"a{number:02}", [HOLE], size=len(HOLE), crc=crc)
        writer.add_bytes("far", b"behind 4 GiB")
        writer.finish()
        file.seek(0)
        found = {name: size for name, size, _ in PlainZipReader(file).files()}
    assert found == {f"a{number:02}": len(HOLE) for number in range(66)} | {"far": 12}
    with zipfile.ZipFile(tmp_path / "large.zip") as archive:
        assert archive.read("far") == b"behind 4 GiB"
