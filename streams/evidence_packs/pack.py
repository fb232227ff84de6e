"""An evidence pack: what was gathered, as a ZIP archive that says of each of its bytes what it must be.

    SHA256SUMS      as `sha256sum --check` reads it
    manifest.json   every other file with its SHA-256; what was asked for, when, by whom (manifest.sig, public-key.pem)
    summary.html    for a person
    records.jsonl   each record's place on Kafka; records/TOPIC/PARTITION-OFFSET.json are their bytes as they were there
    photos.jsonl    each photo's digest and whose it is; photos/SHA256.jpg are the bytes as they were captured

The same data give the same bytes, but for the time and who made it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from connectors.events import Alert, Listing, Takedown
from connectors.seller_links import SellerLink
from connectors.verdicts import Verdict
from fingerprints.photo_format import DECODED_FORMATS, photo_format
from streams.evidence_packs.gather import Gathered, Kept, PhotoUse
from streams.evidence_packs.manifest import (
    FORMAT,
    MANIFEST,
    PHOTOS,
    PUBLIC_KEY,
    RECORDS,
    SIGNATURE,
    SUMMARY,
    SUMS,
    Manifest,
    Missing,
    PackedFile,
    Selection,
    canonical,
    canonical_line,
    sums_of,
)
from streams.evidence_packs.plain_zip import PlainZipWriter
from streams.evidence_packs.redaction import Redactor
from streams.evidence_packs.signature import public_pem, raw_public
from streams.evidence_packs.spool import Piece, Spool
from streams.evidence_packs.summary import Facts, render_summary
from streams.photos.store import PhotoStore, digest_of
from streams.settings import Photos
from streams.words.evidence import Language

Progress = Callable[[str, int, int], None]
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "AVIF": "avif"}
"""What else calls itself a picture, such as an SVG with a program in it, ends in .bin so that no double click opens
it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How the pack is made. `store`: where captured photos are, None for nowhere; `photos`: whether they come along."""

    selection: Selection
    made_by: str
    made_at: datetime
    tool: str
    limits: Photos
    language: Language = "en"
    photos: bool = True
    store: PhotoStore | None = None
    redactor: Redactor | None = None
    key: Ed25519PrivateKey | None = None


@dataclass(frozen=True, slots=True)
class PackedPhoto:
    """A line of photos.jsonl. `file`: None where the bytes are no longer to be had, or were left out."""

    sha256: str
    file: str | None
    size: int | None
    format: str | None
    uses: tuple[PhotoUse, ...]


def write_pack(
    gathered: Gathered, spool: Spool, order: Order, out: IO[bytes], progress: Progress
) -> tuple[Manifest, str]:
    """Write the pack to `out`; gives its manifest and that file's SHA-256.

    Raises:
        StoreError: the photo store cannot be read.
        OSError: the disk is full.
    """
    return _Packing(gathered, spool, order, progress).write(out)


class _Packing:
    def __init__(self, gathered: Gathered, spool: Spool, order: Order, progress: Progress) -> None:
        self._gathered, self._spool, self._order, self._progress = gathered, spool, order, progress
        self._files: dict[str, Piece] = {}
        self._missing: list[Missing] = []

    def write(self, out: IO[bytes]) -> tuple[Manifest, str]:
        original = self._gathered
        if self._order.redactor is not None:
            self._gathered = self._redacted(original, self._order.redactor)
        names = self._add_records(original)
        photos = self._add_photos()
        self._note_missing(photos)
        if self._order.key is not None:
            self._files[PUBLIC_KEY] = self._spool.put(public_pem(raw_public(self._order.key)))
        self._add_summary(names, photos)
        manifest = self._manifest(photos)
        return manifest, self._write_archive(manifest, out)

    def _redacted(self, gathered: Gathered, redactor: Redactor) -> Gathered:
        for kind in gathered.by_kind().values():
            redactor.learn(kept.record for kept in kind if kept.record is not None)
        for account in self._order.selection.sellers:
            redactor.learn_account(account)
        redacted = Gathered(
            photos={
                sha256: {self._redacted_use(use, redactor) for use in uses}
                for sha256, uses in gathered.photos.items()
            },
            inline=gathered.inline,
        )
        for name, kind in gathered.by_kind().items():
            # A fingerprint is a listing's text in another form, and proves nothing that the photos do not.
            if name != "fingerprints":
                getattr(redacted, name).extend(self._redacted_record(kept, redactor) for kept in kind)
        return redacted

    def _redacted_record(self, kept: Kept[Any], redactor: Redactor) -> Kept[Any]:
        if kept.record is None:
            key = redactor.takedown_id((kept.key or b"").decode("utf-8", "replace")).encode()
            return replace(kept, key=key, headers=())
        record = redactor.record(kept.record)
        kept_headers = tuple((name, value) for name, value in kept.headers if name in {"ce_type", "ce_time"})
        raw = self._spool.put(canonical_line(record))
        return replace(kept, key=_key_of(record).encode(), headers=kept_headers, raw=raw, record=record)

    @staticmethod
    def _redacted_use(use: PhotoUse, redactor: Redactor) -> PhotoUse:
        redacted = redactor.listing_key if use.what == "listing" else redactor.takedown_id
        return replace(use, of=redacted(use.of))

    def _add_records(self, original: Gathered) -> Mapping[tuple[str, int, int], str]:
        """Add the records and their index; gives the file of each place."""
        redactor, names = self._order.redactor, dict[tuple[str, int, int], str]()
        raws = {kept.place: kept.raw for kind in original.by_kind().values() for kept in kind}
        lines = []
        kepts = sorted(
            (kept for kind in self._gathered.by_kind().values() for kept in kind), key=lambda kept: kept.place
        )
        for number, kept in enumerate(kepts):
            self._progress("records", number, len(kepts))
            name = None
            if kept.raw is not None:
                name = f"records/{kept.topic.name}/{kept.partition}-{kept.offset:012}.json"
                self._files[name] = kept.raw
                names[kept.place] = name
            line = {
                "topic": kept.broker_topic,
                "partition": kept.partition,
                "offset": kept.offset,
                "timestamp": datetime.fromtimestamp(kept.timestamp / 1000, UTC),
                "timestamp_ms": kept.timestamp,
                "key": (kept.key or b"").decode("utf-8", "backslashreplace"),
                "headers": [[key, value.decode("utf-8", "backslashreplace")] for key, value in kept.headers],
                "holds": kept.topic.holds,
                "file": name,
            }
            raw = raws.get(kept.place)
            if redactor is not None and raw is not None:
                line["original_hmac_sha256"] = redactor.commitment(self._spool.get(raw))
            lines.append(canonical_line(line))
        self._files[RECORDS] = self._spool.put(b"".join(lines))
        return names

    def _add_photos(self) -> dict[str, PackedPhoto]:
        photos = {}
        digests = sorted(self._gathered.photos.keys() | self._gathered.inline.keys())
        for number, sha256 in enumerate(digests):
            self._progress("photos", number, len(digests))
            uses = tuple(sorted(self._gathered.photos.get(sha256, ())))
            raw = self._photo(sha256) if self._order.photos else None
            photo = PackedPhoto(sha256, None, None, None, uses)
            if raw is not None:
                found = photo_format(raw[:512])
                ending = _ENDINGS[found] if found in DECODED_FORMATS and found is not None else "bin"
                photo = PackedPhoto(sha256, f"photos/{sha256}.{ending}", len(raw), found, uses)
                assert photo.file is not None  # noqa: S101  made here
                self._files[photo.file] = self._spool.put(raw)
            photos[sha256] = photo
        self._files[PHOTOS] = self._spool.put(b"".join(map(canonical_line, photos.values())))
        return photos

    def _photo(self, sha256: str) -> bytes | None:
        """From the store, or else from the record that it came in."""
        raw = self._order.store.get(sha256) if self._order.store is not None else None
        if raw is None and sha256 in self._gathered.inline:
            raw = self._spool.get(self._gathered.inline[sha256])
        return raw if raw is not None and digest_of(raw) == sha256 else None

    def _note_missing(self, photos: Mapping[str, PackedPhoto]) -> None:
        gathered, redactor = self._gathered, self._order.redactor
        seen = {kept.record.key for kept in gathered.listings if kept.record is not None}
        wanted = {kept.record.listing.key for kept in gathered.alerts if kept.record is not None}
        wanted |= {kept.record.alert.listing.key for kept in gathered.verdicts if kept.record is not None}
        self._missing += [Missing(kind="snapshot", name=key) for key in sorted(wanted - seen)]
        if self._order.photos:
            gone = (photo.sha256 for photo in photos.values() if photo.file is None)
            self._missing += [Missing(kind="photo", name=sha256) for sha256 in gone]
        there = {kept.record.takedown_id for kept in gathered.takedowns if kept.record is not None}
        asked = self._order.selection.takedowns
        names = [takedown if redactor is None else redactor.takedown_id(takedown) for takedown in asked]
        self._missing += [Missing(kind="takedown", name=name) for name in names if name not in there]

    def _add_summary(
        self, names: Mapping[tuple[str, int, int], str], photos: Mapping[str, PackedPhoto]
    ) -> None:
        order = self._order
        facts = Facts(
            made_by=order.made_by,
            made_at=order.made_at,
            tool=order.tool,
            selection=self._selection(),
            redaction=order.redactor.described if order.redactor is not None else None,
            missing=tuple(self._missing),
            signed=order.key is not None,
        )
        files = {photo.sha256: photo.file for photo in photos.values()}

        def photo_of(sha256: str) -> bytes | None:
            file = files.get(sha256)
            return None if file is None else self._spool.get(self._files[file])

        page = render_summary(self._gathered, facts, names, files, photo_of, order.limits, order.language)
        self._files[SUMMARY] = self._spool.put(page.encode())

    def _selection(self) -> Selection:
        redactor = self._order.redactor
        return self._order.selection if redactor is None else redactor.selection(self._order.selection)

    def _manifest(self, photos: Mapping[str, PackedPhoto]) -> Manifest:
        order = self._order
        counts = {name: len(kind) for name, kind in self._gathered.by_kind().items()}
        counts["photos"] = sum(photo.file is not None for photo in photos.values())
        return Manifest(
            format=FORMAT,
            tool=order.tool,
            made_at=order.made_at,
            made_by=order.made_by,
            language=order.language,
            selection=self._selection(),
            redaction=order.redactor.described if order.redactor is not None else None,
            counts=counts,
            missing=tuple(self._missing),
            public_key=raw_public(order.key).hex() if order.key is not None else None,
            files=tuple(
                PackedFile(name=name, size=piece.size, sha256=piece.sha256)
                for name, piece in sorted(self._files.items())
            ),
        )

    def _write_archive(self, manifest: Manifest, out: IO[bytes]) -> str:
        raw = canonical(manifest)
        piece = self._spool.put(raw)
        files = self._files | {MANIFEST: piece, SUMS: self._spool.put(sums_of(manifest, piece.sha256))}
        if self._order.key is not None:
            files[SIGNATURE] = self._spool.put(self._order.key.sign(raw))
        writer = PlainZipWriter(out)
        for number, (name, held) in enumerate(sorted(files.items())):
            self._progress("files", number, len(files))
            writer.add(name, self._spool.parts(held), size=held.size, crc=held.crc)
        writer.finish()
        return piece.sha256


def _key_of(record: Struct) -> str:
    """The record's key on its topic."""
    match record:
        case Listing() | SellerLink():
            return record.key
        case Takedown():
            return record.takedown_id
        case Alert() | Verdict():
            return record.alert_id
    raise TypeError(f"{type(record).__name__} is not packed with personal data replaced")
