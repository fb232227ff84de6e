"""`verify` finds whatever was changed in a pack."""

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_records import files_of, packed, rezipped
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.evidence_packs.manifest import (
    MANIFEST,
    PUBLIC_KEY,
    RECORDS,
    SIGNATURE,
    SUMMARY,
    SUMS,
    canonical,
    read_manifest,
    sums_of,
)
from streams.evidence_packs.signature import public_pem, raw_public
from streams.evidence_packs.verify import PackChangedError, verify_pack

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


@cache
def pack(signed: bool) -> bytes:
    with TemporaryDirectory() as folder:
        return packed(Path(folder), key=KEY if signed else None)[0]


def refused(raw: bytes, key: Ed25519PrivateKey | None = None) -> str:
    with pytest.raises(PackChangedError) as caught:
        verify_pack(io.BytesIO(raw), raw_public(key) if key else None)
    return str(caught.value)


def remade(files: dict[str, bytes], key: Ed25519PrivateKey | None) -> bytes:
    """A pack whose maker is somebody else: manifest, sums and signature all agree."""
    old = read_manifest(files[MANIFEST])
    files = {name: raw for name, raw in files.items() if name not in {MANIFEST, SUMS, SIGNATURE, PUBLIC_KEY}}
    if key is not None:
        files[PUBLIC_KEY] = public_pem(raw_public(key))
    listed = [
        {"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        for name, raw in sorted(files.items())
    ]
    tree = msgspec.to_builtins(old) | {"files": listed, "public_key": raw_public(key).hex() if key else None}
    manifest = msgspec.convert(tree, type(old))
    files[MANIFEST] = canonical(manifest)
    files[SUMS] = sums_of(manifest, hashlib.sha256(files[MANIFEST]).hexdigest())
    if key is not None:
        files[SIGNATURE] = key.sign(files[MANIFEST])
    return rezipped(sorted(files.items()))


@pytest.mark.parametrize("signed", [False, True])
def test_a_pack_is_as_it_was_made(signed: bool) -> None:
    raw = pack(signed)
    found = verify_pack(io.BytesIO(raw), raw_public(KEY) if signed else None)
    assert found.signed is signed
    assert found.pack_sha256 == hashlib.sha256(raw).hexdigest()
    assert found.manifest_sha256 == hashlib.sha256(files_of(raw)[MANIFEST]).hexdigest()
    assert found.size == len(raw)
    assert remade(files_of(raw), KEY if signed else None) == raw


@settings(max_examples=400)
@given(signed=st.booleans(), place=st.integers(0), change=st.integers(1, 255))
def test_any_changed_byte_is_found(signed: bool, place: int, change: int) -> None:
    raw = bytearray(pack(signed))
    raw[place % len(raw)] ^= change
    refused(bytes(raw))


@pytest.mark.parametrize("signed", [False, True])
def test_every_byte_of_what_vouches_for_the_rest_is_found(signed: bool) -> None:
    """Each byte in turn, with a checksum that fits again: what a person with a hex editor would do."""
    files = files_of(pack(signed))
    for name in (SUMS, SIGNATURE, PUBLIC_KEY) if signed else (SUMS,):
        for place in range(len(files[name])):
            changed = bytearray(files[name])
            changed[place] ^= 0x20
            refused(rezipped(sorted((files | {name: bytes(changed)}).items())))
    for place in range(0, len(files[MANIFEST]), 3):
        changed = bytearray(files[MANIFEST])
        changed[place] ^= 0x01
        refused(rezipped(sorted((files | {MANIFEST: bytes(changed)}).items())))


def test_any_change_to_the_files_is_named() -> None:
    files = files_of(pack(True))
    photo = next(name for name in files if name.startswith("photos/"))
    record = next(name for name in files if name.startswith("records/"))
    second = [name for name in files if name.startswith("records/")][1]

    def said(changed: dict[str, bytes]) -> str:
        return refused(rezipped(sorted(changed.items())))

    assert said(files | {record: files[record] + b" "}).startswith(f"{record} was changed")
    assert said(files | {photo: b""}).startswith(f"{photo} was changed")
    assert said(files | {SUMMARY: files[SUMMARY].replace(b"relist", b"honest")}).startswith(SUMMARY)
    assert said(files | {"photos/new.jpg": b"x"}) == f"photos/new.jpg was added: {MANIFEST} does not list it"
    assert said(files | {record: files[second], second: files[record]}).startswith(f"{record} was changed")
    for name in files:
        left = {each: raw for each, raw in files.items() if each != name}
        assert name in said(left) or name in {MANIFEST, SUMS, SIGNATURE}
        said(left | {f"{name}.x": files[name]})


def test_the_form_of_the_archive_is_part_of_it() -> None:
    raw, files = pack(True), files_of(pack(True))
    refused(raw + b"\n")
    refused(b"\n" + raw)
    refused(raw[:-1])
    commented = io.BytesIO(raw)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"nothing to see"
    refused(commented.getvalue())
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        refused(out.getvalue())
    appended = io.BytesIO(raw)
    with zipfile.ZipFile(appended, "a") as archive:
        archive.writestr("../../evil", b"x")
    refused(appended.getvalue())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(appended, "a") as archive:
        archive.writestr(SUMMARY, b"another")
    refused(appended.getvalue())
    reordered = io.BytesIO()
    with zipfile.ZipFile(reordered, "w") as archive:
        for name in reversed(files):
            archive.writestr(name, files[name])
    refused(reordered.getvalue())


def test_whoever_makes_it_anew_cannot_sign_it() -> None:
    files = files_of(pack(True))
    record = next(name for name in files if name.startswith("records/alerts"))
    forged = files | {record: files[record].replace(b"0.973", b"0.111")}
    for key in (OTHER, None):
        other = remade(forged, key)
        assert verify_pack(io.BytesIO(other)).signed is (key is not None)
        assert ("by another key" if key else "not signed") in refused(other, KEY)
    # The signature of the old manifest, over the new one.
    signed = remade(forged, KEY)
    stale = files_of(signed) | {SIGNATURE: files[SIGNATURE]}
    assert "not a signature" in refused(rezipped(sorted(stale.items())), KEY)


@pytest.mark.parametrize("raw", [b"", b"\xff" * 100, b"PK\x05\x06" + bytes(18), b"{}"])
def test_what_is_no_pack_is_refused(raw: bytes) -> None:
    refused(raw)


@given(st.binary(max_size=200))
def test_any_manifest_is_refused_or_is_one(raw: bytes) -> None:
    sums = f"{hashlib.sha256(raw).hexdigest()}  {MANIFEST}\n".encode()
    refused(rezipped([(SUMS, sums), (MANIFEST, raw)]))


def test_a_manifest_in_another_form_is_refused() -> None:
    files = files_of(pack(False))
    loose = msgspec.json.format(files[MANIFEST], indent=4)
    sums = files[SUMS].replace(
        hashlib.sha256(files[MANIFEST]).hexdigest().encode(), hashlib.sha256(loose).hexdigest().encode()
    )
    said = refused(rezipped(sorted((files | {MANIFEST: loose, SUMS: sums}).items())))
    assert "not as this tool writes it" in said
    assert RECORDS in files
