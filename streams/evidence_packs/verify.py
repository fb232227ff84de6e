"""Whether an evidence pack is as it was made: read once from start to end, nothing is unpacked."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from streams.evidence_packs.manifest import (
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    SUMS,
    Manifest,
    ManifestError,
    PackedFile,
    read_manifest,
    sums_of,
)
from streams.evidence_packs.plain_zip import CHUNK, PlainZipReader, ZipFormError
from streams.evidence_packs.signature import is_signed, public_pem

LARGEST_MANIFEST = 320 * 1024 * 1024
"""Bytes; the most files that an archive may have need some 300 MB."""
_HELD = {MANIFEST: LARGEST_MANIFEST, SUMS: LARGEST_MANIFEST, SIGNATURE: 64, PUBLIC_KEY: 4096}


class PackChangedError(ValueError):
    """The pack is not as it was made; the message says what was found first."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A pack that is as its manifest says. `signed`: by the key in the manifest; whose key that is, is for whoever
    knows it. `pack_sha256`: of the whole archive."""

    manifest: Manifest
    signed: bool
    manifest_sha256: str
    pack_sha256: str
    size: int


class _Hashing:
    """A source that hashes what is read from it."""

    def __init__(self, source: IO[bytes], progress: Callable[[int], None]) -> None:
        self._source, self._progress = source, progress
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int) -> bytes:
        raw = self._source.read(size)
        self.sha256.update(raw)
        self.size += len(raw)
        self._progress(self.size)
        return raw


def verify_pack(
    source: IO[bytes], public_key: bytes | None = None, progress: Callable[[int], None] = lambda _: None
) -> Verified:
    """The pack in `source`, which is read once from where it stands to its end.

    Every byte of the archive is held against what it must be: the form of the archive leaves none free, each file
    against its SHA-256 in the manifest, the manifest against SHA256SUMS and, where signed, its signature.
    `public_key`: the 32 bytes of the key that must have signed it. `progress` is told how many bytes were read.

    Raises:
        PackChangedError: a byte was changed, a file was added, removed, renamed or moved; it is no pack; or it is not
            signed by that key.
        OSError: it cannot be read.
    """
    hashing = _Hashing(source, progress)
    held: dict[str, bytes] = {}
    found: list[PackedFile] = []
    try:
        # The reader asks for nothing but `read`.
        for name, size, parts in PlainZipReader(hashing).files():  # type: ignore[arg-type]
            if size > _HELD.get(name, size):
                raise PackChangedError(f"{name} has {size} bytes, which no pack has")
            digest = hashlib.sha256()
            kept = bytearray()
            for part in parts:
                digest.update(part)
                if name in _HELD:
                    kept += part
            if name in _HELD:
                held[name] = bytes(kept)
            if name not in {MANIFEST, SUMS, SIGNATURE}:
                found.append(PackedFile(name=name, size=size, sha256=digest.hexdigest()))
    except ZipFormError as error:
        raise PackChangedError(str(error)) from None
    manifest, manifest_sha256 = _manifest_of(held, found)
    _check_signature(manifest, held, public_key)
    return Verified(
        manifest, manifest.public_key is not None, manifest_sha256, hashing.sha256.hexdigest(), hashing.size
    )


def _manifest_of(held: dict[str, bytes], found: list[PackedFile]) -> tuple[Manifest, str]:
    for name in (MANIFEST, SUMS):
        if name not in held:
            raise PackChangedError(f"there is no {name} in it")
    try:
        manifest = read_manifest(held[MANIFEST])
    except ManifestError as error:
        raise PackChangedError(str(error)) from None
    sha256 = hashlib.sha256(held[MANIFEST]).hexdigest()
    if tuple(found) != manifest.files:
        raise PackChangedError(_difference(manifest.files, found))
    if held[SUMS] != sums_of(manifest, sha256):
        raise PackChangedError(f"{SUMS} and {MANIFEST} do not agree: one of them was changed")
    return manifest, sha256


def _difference(listed: tuple[PackedFile, ...], found: list[PackedFile]) -> str:
    wanted, there = ({file.name: file for file in files} for files in (listed, found))
    for name, file in there.items():
        if name not in wanted:
            return f"{name} was added: {MANIFEST} does not list it"
        if wanted[name] != file:
            return f"{name} was changed: its SHA-256 is {file.sha256}, {MANIFEST} says {wanted[name].sha256}"
    for name in wanted:
        if name not in there:
            return f"{name} is missing: {MANIFEST} lists it"
    return f"{MANIFEST} lists its files in another order, or one twice"


def _check_signature(manifest: Manifest, held: dict[str, bytes], wanted: bytes | None) -> None:
    if manifest.public_key is None:
        if SIGNATURE in held or PUBLIC_KEY in held:
            raise PackChangedError("a signature was added: the manifest says that there is none")
        if wanted is not None:
            raise PackChangedError("it is not signed, so that key says nothing about it")
        return
    public = bytes.fromhex(manifest.public_key)
    if SIGNATURE not in held or not is_signed(held[SIGNATURE], held[MANIFEST], public):
        raise PackChangedError(f"{SIGNATURE} is not a signature of {MANIFEST} by the key in it")
    try:
        pem = public_pem(public)
    except ValueError:
        pem = b""
    if held.get(PUBLIC_KEY) != pem:
        raise PackChangedError(f"{PUBLIC_KEY} is not the key in {MANIFEST}")
    if wanted is not None and wanted != public:
        raise PackChangedError(f"it is signed, but by another key: {manifest.public_key}")


def sha256_of(source: IO[bytes]) -> str:
    """SHA-256 of what is left to read."""
    digest = hashlib.sha256()
    while part := source.read(CHUNK):
        digest.update(part)
    return digest.hexdigest()
