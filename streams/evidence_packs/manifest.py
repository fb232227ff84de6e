"""An evidence pack's table of contents: every file with its SHA-256, what was asked for, when and by whom."""

import re
from typing import Any, Literal

import msgspec
from msgspec import Struct

from connectors.field_types import Sha256, Timestamp

FORMAT = "relistwatch-evidence-1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
SUMS = "SHA256SUMS"
PUBLIC_KEY = "public-key.pem"
SUMMARY = "summary.html"
RECORDS = "records.jsonl"
PHOTOS = "photos.jsonl"


class ManifestError(ValueError):
    """The bytes are no manifest; the message says why."""


class Selection(Struct, frozen=True, kw_only=True):
    """What the pack is about. Alerts count from `since` up to, not including, `until`. Sellers as
    `marketplace:seller_id`."""

    takedowns: tuple[str, ...] = ()
    sellers: tuple[str, ...] = ()
    since: Timestamp | None = None
    until: Timestamp | None = None


class Redaction(Struct, frozen=True, kw_only=True):
    """What was replaced. `key_id` tells which secret made the pseudonyms, and not the secret."""

    kind: str
    replaced: tuple[str, ...]
    not_replaced: tuple[str, ...]
    key_id: str


class Missing(Struct, frozen=True, kw_only=True):
    """What belongs to the pack and is no longer to be had: a listing's snapshot, which the topic keeps for some days
    only; a photo that the store does not have; a takedown that was withdrawn or never was."""

    kind: Literal["snapshot", "photo", "takedown"]
    name: str


class PackedFile(Struct, frozen=True, kw_only=True):
    """A file of the pack, with the digest of its bytes."""

    name: str
    size: int
    sha256: Sha256


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`manifest.json`. `files`: all but this one, its signature and SHA256SUMS, in order. `public_key`: Ed25519, raw
    in hex, where the pack is signed."""

    format: str
    tool: str
    made_at: Timestamp
    made_by: str
    language: str
    selection: Selection
    redaction: Redaction | None
    counts: dict[str, int]
    missing: tuple[Missing, ...]
    public_key: str | None
    files: tuple[PackedFile, ...]


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, two spaces and a line feed at the end: the same value is the same bytes."""
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"


def canonical_line(value: Any) -> bytes:
    """The same on one line."""
    return msgspec.json.encode(value, order="sorted") + b"\n"


def read_manifest(raw: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises:
        ManifestError: it is none, of another format, or not written in the one form it has.
    """
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(f"{MANIFEST}: {error}") from None
    if manifest.format != FORMAT:
        raise ManifestError(f"{MANIFEST}: the format is {manifest.format[:60]!r}, this tool reads {FORMAT}")
    if canonical(manifest) != raw:
        raise ManifestError(f"{MANIFEST}: not as this tool writes it")
    if manifest.public_key is not None and not re.fullmatch(r"[0-9a-f]{64}", manifest.public_key):
        raise ManifestError(f"{MANIFEST}: the public key is none")
    return manifest


def sums_of(manifest: Manifest, manifest_sha256: str) -> bytes:
    """SHA256SUMS as `sha256sum --check` reads it: the manifest and all that it lists."""
    lines = [(file.name, file.sha256) for file in manifest.files] + [(MANIFEST, manifest_sha256)]
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(lines)).encode()
