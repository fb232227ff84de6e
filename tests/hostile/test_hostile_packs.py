"""Archives that are made to unfold, to climb out of a folder or to be read in two ways: `evidence verify` refuses each."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence_records import packed, rezipped
from loaded_command import call

from streams.evidence_packs.verify import PackChangedError, verify_pack

Zip = Callable[[], bytes]


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED, **attributes: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = how
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, body)
    return out.getvalue()


def header(name: bytes, size: int, crc: int = 0) -> bytes:
    """A file's header in the one form that packs have, whatever follows."""
    return struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name


HOSTILE: dict[str, Zip] = {
    "a bomb": lambda: zipped({"records.jsonl": bytes(30_000_000)}),
    "a bomb within a bomb": lambda: zipped({"a.zip": zipped({"b": bytes(10_000_000)})}),
    "a name that climbs": lambda: zipped({"../../etc/cron.d/x": b"x"}, zipfile.ZIP_STORED),
    "an absolute name": lambda: zipped({"/etc/passwd": b"x"}, zipfile.ZIP_STORED),
    "a name of Windows": lambda: zipped({"C:\\x": b"x"}, zipfile.ZIP_STORED),
    "a symbolic link": lambda: zipped({"manifest.json": b"/etc/passwd"}, 0, external_attr=0o120777 << 16),
    "a size of four gigabytes": lambda: header(b"manifest.json", 0xFFFF_FFFE) + b"x",
    "a manifest of 300 MB that is not there": lambda: header(b"manifest.json", 300_000_000) + b"{}",
    "a manifest beyond what is held": lambda: header(b"manifest.json", 0xF000_0000) + bytes(1000),
    "a name of 64 kB": lambda: header(b"a" * 65_535, 0),
    "a file twice": lambda: (
        header(b"a", 1, zlib.crc32(b"x")) + b"x" + header(b"a", 1, zlib.crc32(b"y")) + b"y"
    ),
    "many empty files": lambda: b"".join(header(b"f%06d" % n, 0) for n in range(5_000)),
    "a program in front": lambda: b"#!/bin/sh\nexit 0\n" + rezipped([("a", b"x")]),
    "something behind": lambda: rezipped([("a", b"x")]) + b"x",
    "a directory alone": lambda: rezipped([("a", b"x")])[len(header(b"a", 1)) + 1 :],
    "an empty archive": lambda: zipped({}),
    "a deep manifest": lambda: rezipped([("SHA256SUMS", b""), ("manifest.json", b"[" * 100_000)]),
    "a manifest of no UTF-8": lambda: rezipped(
        [("SHA256SUMS", b""), ("manifest.json", b'{"format":"\xff"}')]
    ),
    "a long signature": lambda: rezipped([("manifest.sig", bytes(65))]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_in_little_memory(name: str) -> None:
    raw = HOSTILE[name]()
    tracemalloc.start()
    try:
        with pytest.raises(PackChangedError) as caught:
            verify_pack(io.BytesIO(raw))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000 + 3 * len(raw)
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 1000


def test_a_good_pack_is_none_of_them(tmp_path: Path) -> None:
    assert verify_pack(io.BytesIO(packed(tmp_path)[0])).manifest.files


def test_the_command_writes_nothing_and_ends_with_a_word(tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(HOSTILE["a name that climbs"]())
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "streams", "evidence", "verify", str(pack)],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    for device in ("/dev/null", str(tmp_path)):
        done = call(["evidence", "verify", device])
        assert done.returncode != 0
        assert "Traceback" not in done.stderr, device
