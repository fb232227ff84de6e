"""Which captured photos may go: those that nothing names sooner, those that are evidence later or never."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.codec import Codec, RecordError
from connectors.events import Alert, Image, PhotoDigest, Takedown
from connectors.verdicts import Verdict
from streams.engine.pipeline import photo_digests
from streams.kafka_clients.record_reader import Progress, RecordReader, no_progress
from streams.photos.store import PhotoStore, StoredPhoto
from streams.records import TakedownFingerprint
from streams.settings import PhotoStore as Chosen
from streams.settings import Settings
from streams.topics import ALERTS, HELD_ALERTS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS, VERDICTS, TopicSpec


@dataclass(slots=True)
class Pruned:
    """What came of it. `named`: photos that a takedown, an alert or a verdict names."""

    kept: int = 0
    kept_bytes: int = 0
    named: int = 0
    removed: int = 0
    removed_bytes: int = 0
    over: int = 0
    """Bytes beyond `max_bytes` that are left, all of them named."""


def named_photos(settings: Settings, progress: Progress = no_progress) -> set[str]:
    """The digests of photos of takedowns in force, of alerts, held or not, and of alerts with a verdict.

    Raises:
        ReadError: a topic cannot be read, so nobody knows what may be removed.
    """
    named: set[str] = set()
    for topic, codec, digests in _NAMING:
        newest: dict[bytes, tuple[str, ...]] = {}
        with RecordReader(settings, topic) as reader:
            for record in reader.existing(progress):
                key = record.key or b""
                newest.pop(key, None)
                if record.value is None:
                    continue
                try:
                    found = tuple(digests(codec.decode(record.value).record))
                except RecordError:
                    continue
                if topic.cleanup == "delete":
                    named.update(found)
                elif found:
                    newest[key] = found
        named.update(*newest.values())
    return named


def _of_photos(photos: tuple[PhotoDigest, ...]) -> Iterator[str]:
    return (photo.sha256 for photo in photos)


def _of_images(images: tuple[Image, ...]) -> Iterator[str]:
    return (image.sha256 for image in images if image.sha256 is not None)


_NAMING: tuple[tuple[TopicSpec, Codec[Any], Callable[[Any], Iterator[str]]], ...] = (
    (TAKEDOWNS, Codec(Takedown), lambda takedown: _of_images(takedown.listing.images)),
    (
        TAKEDOWN_FINGERPRINTS,
        Codec(TakedownFingerprint, ours=True),
        lambda takedown: _of_photos(photo_digests(takedown.prints)),
    ),
    (ALERTS, Codec(Alert, ours=True), lambda alert: _of_photos(alert.listing_photos)),
    (HELD_ALERTS, Codec(Alert, ours=True), lambda alert: _of_photos(alert.listing_photos)),
    (VERDICTS, Codec(Verdict, ours=True), lambda verdict: _of_photos(verdict.alert.listing_photos)),
)


def prune(
    store: PhotoStore,
    named: set[str],
    rules: Chosen,
    now: datetime,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Pruned:
    """Remove what is older than its time, then the oldest that nothing names until `max_bytes` holds.

    Raises:
        StoreError: the store cannot be read or written; what was removed before is gone.
    """
    done = Pruned()
    spare: list[StoredPhoto] = []
    for seen, photo in enumerate(store.entries()):
        progress(seen)
        days = rules.evidence_days if photo.sha256 in named else rules.retention_days
        limit = now - timedelta(days=days)
        forever = photo.sha256 in named and not days
        if not forever and photo.kept_at < limit and _remove(store, photo, limit, done, dry_run=dry_run):
            continue
        done.kept += 1
        done.kept_bytes += photo.size
        if photo.sha256 in named:
            done.named += 1
        elif rules.max_bytes:
            spare.append(photo)
    spare.sort(key=lambda photo: (photo.kept_at, photo.sha256), reverse=True)
    while rules.max_bytes and done.kept_bytes > rules.max_bytes and spare:
        photo = spare.pop()
        if _remove(store, photo, photo.kept_at + timedelta(seconds=1), done, dry_run=dry_run):
            done.kept -= 1
            done.kept_bytes -= photo.size
    done.over = max(0, done.kept_bytes - rules.max_bytes) if rules.max_bytes else 0
    return done


def _remove(store: PhotoStore, photo: StoredPhoto, limit: datetime, done: Pruned, *, dry_run: bool) -> bool:
    # The time is looked at once more there: a worker may have put the photo meanwhile.
    if not dry_run and not store.delete(photo.sha256, kept_before=limit):
        return False
    done.removed += 1
    done.removed_bytes += photo.size
    return True
