"""The recent listings of one shard on the disk, in the order in which they came: what a look back scans.

`<data_dir>/lookback/<topic>/<i>-of-<n>/`
- `lock`: held (flock) as long as the process lives: two would write into the same files.
- `segment-<n>/`: `SEGMENT_ROWS` listings each; the last one grows.
- `manifest.json`: how much of each segment counts, and up to which offsets of the topic that is all.

A crash costs what came since the manifest was written: that is read from the topic again. Of a listing that came
again only the newest version counts; a segment of which little counts any more is written anew without the rest.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt
import structlog
from msgspec import Struct

from fingerprints.snapshot_files import force
from streams.engine.print_algorithms import ALGORITHMS
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.lookback.listing_segment import Extent, Segment, SegmentView
from streams.records import ListingFingerprint

log = structlog.get_logger(__name__)

MANIFEST = "manifest.json"
SEGMENT_ROWS = 16_384
SPARSE = 0.5
"""Share of a full segment's listings that still count, below which it is written anew."""
KEY_BYTES = 8

Offsets = dict[int, int]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the folder holds: all of the shard's records below `offsets`."""

    format: str
    identity: TopicIdentity
    salt: bytes
    """Of the keys' digests, so that nobody can choose a key that hides another listing."""
    offsets: Offsets
    next_seq: int
    segments: tuple[Extent, ...]


class InUseError(RuntimeError):
    """Another process looks back for this shard on this machine."""


def store_format() -> str:
    """Changes with the fingerprints' algorithms and with any field of the records."""
    schema = hashlib.sha256(msgspec.json.encode(msgspec.json.schema(ListingFingerprint))).hexdigest()[:16]
    return f"1 {ALGORITHMS.image} {ALGORITHMS.text} {schema}"


class ListingStore:
    """Opened with `open_at`; then listings are appended, and `views` are scanned.

    Raises:
        OSError: from every method; such as a full disk.
        InUseError: from the constructor.
    """

    def __init__(self, data_dir: str, topic: str, shard: tuple[int, int], days: float) -> None:
        self.folder = (
            Path(data_dir).expanduser() / "lookback" / quote(topic, safe="") / f"{shard[0]}-of-{shard[1]}"
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._seconds = days * 24 * 3600
        self._lock: IO[bytes] = (self.folder / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise InUseError(f"{self.folder}: another process looks back for this shard") from None
        self._segments: list[Segment] = []
        self._salt = b""
        self._identity: TopicIdentity | None = None
        self._next_seq = 0
        self._unsaved = 0

    @property
    def next_seq(self) -> int:
        """The number of the listing that comes next: all that are here have lower ones."""
        return self._next_seq

    @property
    def unsaved(self) -> int:
        """Listings that came since the manifest was written."""
        return self._unsaved

    def __len__(self) -> int:
        return sum(segment.extent.rows for segment in self._segments)

    @property
    def photos(self) -> int:
        """Rows of photos, those of earlier versions among them."""
        return sum(segment.extent.photos for segment in self._segments)

    @property
    def disk_bytes(self) -> int:
        """Of all files."""
        return sum(segment.disk_bytes for segment in self._segments)

    def open_at(self, identity: TopicIdentity, ends: Mapping[int, int]) -> Offsets:
        """Take up what is there, if it is of this topic; the offsets to read on from. `ends`: of the topic now."""
        self._identity = identity
        offsets: Offsets = {}
        try:
            manifest = self._read_manifest(identity, ends)
        except (ValueError, OSError) as error:
            log.info("the recent listings are read from the topic's start", reason=str(error))
            self._remove_all_but(())
            self._salt = os.urandom(16)
        else:
            self._remove_all_but(manifest.segments)
            self._segments = [Segment(self._path(extent.number), extent) for extent in manifest.segments]
            self._salt, self._next_seq, offsets = manifest.salt, manifest.next_seq, manifest.offsets
        return offsets

    def append(self, fingerprint: ListingFingerprint, seen: float) -> None:
        """Take in a listing, which came at `seen`, in seconds since 1970."""
        if not self._segments or self._segments[-1].extent.rows >= SEGMENT_ROWS:
            self._segments.append(self._new_segment())
        self._segments[-1].append(self._digest(fingerprint.listing.key), self._next_seq, seen, fingerprint)
        self._next_seq += 1
        self._unsaved += 1

    def views(self, from_seq: int, now: float) -> list[SegmentView]:
        """All segments, with those listings wanted that have at least this number, came within the days, and did not
        come again later."""
        views = [segment.view() for segment in self._segments]
        newest = _newest(views)
        for view, its in zip(views, newest, strict=True):
            view.wanted[:] = its & (view.rows["seq"] >= from_seq) & (view.rows["seen"] >= now - self._seconds)
        return views

    def places_of(self, view: SegmentView, keys: npt.NDArray[np.uint64]) -> list[int]:
        """The places of wanted listings with these digests."""
        return np.flatnonzero(view.wanted & np.isin(view.rows["key"], keys)).tolist()

    def digests(self, keys: list[str]) -> npt.NDArray[np.uint64]:
        """Of listings' keys, as the rows have them."""
        return np.array([self._digest(key) for key in keys], np.uint64)

    def save(self, offsets: Offsets) -> None:
        """From now on a start finds all that was appended; it reads the topic on from these offsets."""
        for segment in self._segments[-2:]:
            segment.flush()
            segment.force()
        self._write_manifest(offsets)
        self._unsaved = 0

    def tidy(self, offsets: Offsets, now: float) -> int:
        """Drop segments that are too old, and write one anew that is mostly of listings that came again; how many
        listings that leaves out. While this runs, nothing may be appended."""
        full = [one for one in self._segments if one.extent.rows >= SEGMENT_ROWS]
        views = [one.view() for one in self._segments]
        newest = _newest(views)
        before, gone = len(self), []
        for view, its in zip(views, newest, strict=True):
            if view.segment not in full:
                continue
            counts = its & (view.rows["seen"] >= now - self._seconds)
            if counts.mean() < SPARSE:
                place = self._segments.index(view.segment)
                anew = self._copied(view, counts) if counts.any() else None
                self._segments[place : place + 1] = [anew] if anew else []
                gone.append(view.segment)
                break
        if gone:
            for segment in self._segments:
                segment.flush()
                segment.force()
            self._write_manifest(offsets)
            self._unsaved = 0
            for segment in gone:
                segment.close()
                shutil.rmtree(segment.folder, ignore_errors=True)
        return before - len(self)

    def close(self) -> None:
        """Let go of the files and the lock."""
        for segment in self._segments:
            segment.close()
        self._lock.close()

    def _copied(self, view: SegmentView, counts: npt.NDArray[np.bool_]) -> Segment:
        anew = self._new_segment()
        for place in np.flatnonzero(counts).tolist():
            anew.append_copy(view, place)
        return anew

    def _new_segment(self) -> Segment:
        number = max((one.extent.number for one in self._segments), default=0) + 1
        path = self._path(number)
        shutil.rmtree(path, ignore_errors=True)
        return Segment(path, Extent(number))

    def _path(self, number: int) -> Path:
        return self.folder / f"segment-{number:08}"

    def _digest(self, key: str) -> int:
        digest = hashlib.blake2b(key.encode(), digest_size=KEY_BYTES, key=self._salt).digest()
        return int.from_bytes(digest, "little")

    def _read_manifest(self, identity: TopicIdentity, ends: Mapping[int, int]) -> Manifest:
        raw = (self.folder / MANIFEST).read_bytes()
        manifest = msgspec.json.decode(raw, type=Manifest)
        if manifest.format != store_format():
            raise ValueError("what is stored is of another version of the program")
        if manifest.identity != identity:
            raise ValueError(f"what is stored is of {manifest.identity}, not of {identity}")
        if any(offset > ends.get(partition, -1) for partition, offset in manifest.offsets.items()):
            raise ValueError("what is stored goes beyond the topic's end")
        for extent in manifest.segments:
            Segment(self._path(extent.number), extent).close()
        return manifest

    def _write_manifest(self, offsets: Offsets) -> None:
        assert self._identity is not None  # noqa: S101  opened before
        extents = tuple(segment.extent for segment in self._segments)
        manifest = Manifest(
            store_format(), self._identity, self._salt, dict(offsets), self._next_seq, extents
        )
        partial = self.folder / f".{MANIFEST}"
        partial.write_bytes(msgspec.json.encode(manifest))
        force(partial)
        partial.replace(self.folder / MANIFEST)
        force(self.folder)

    def _remove_all_but(self, extents: tuple[Extent, ...]) -> None:
        kept = {self._path(extent.number) for extent in extents}
        for path in self.folder.glob("segment-*"):
            if path not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _newest(views: list[SegmentView]) -> list[npt.NDArray[np.bool_]]:
    """For each segment which of its listings did not come again later."""
    keys = np.concatenate([view.rows["key"] for view in views]) if views else np.zeros(0, np.uint64)
    seqs = np.concatenate([view.rows["seq"] for view in views]) if views else np.zeros(0, np.uint64)
    newest = np.zeros(len(keys), np.bool_)
    order = np.lexsort((seqs, keys))
    ordered = keys[order]
    newest[order[np.r_[ordered[1:] != ordered[:-1], True][: len(order)]]] = True
    ends = np.cumsum([len(view.rows) for view in views])
    return np.split(newest, ends[:-1]) if views else []
