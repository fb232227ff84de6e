"""All fingerprints of another generation, made anew in this program's version on topics of this generation.

The other generation works on meanwhile. What is copied here is everything that its workers had finished when this
began; when it is done, this generation's group is given that place to begin at, so its workers fingerprint what came
since. Nothing lies between, and neither generation ever sees the other's fingerprints (docs/decisions/025).

A photo's bytes are read from the photo store by their digest. What lacks then is asked of the listing itself, if
`takedowns` or `listings` still have it, photos of it that the store does not have from their addresses.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
from kafka.admin import KafkaAdminClient

from connectors.codec import Codec, RecordError
from connectors.events import ListingEvent, Takedown
from streams.engine.held_prints import HeldListing, HeldPrints, HeldTakedown, is_null, with_digests
from streams.engine.pipeline import PhotoOutcome, fingerprint_listing, fingerprint_takedown
from streams.engine.print_algorithms import ALGORITHMS, unlike
from streams.generations.start import (
    GenerationError,
    ends_of,
    keep_place,
    kept_place,
    places_of,
    require_unstarted,
)
from streams.kafka_clients.group_places import set_places
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.kafka_clients.record_reader import Progress, Record, RecordReader, no_progress
from streams.kafka_clients.topic_admin import administration
from streams.photos.reader import PhotoReader
from streams.settings import Settings
from streams.topics import FINGERPRINTS, LISTINGS, TAKEDOWN_FINGERPRINTS, TAKEDOWNS, TopicSpec, workers_group

BATCH = 200
ASKED_TOGETHER = 20_000
"""Of what must be asked of the listings themselves, before their topic is read for it."""

__all__ = ["GenerationError", "Refingerprint", "Renewed"]


@dataclass(slots=True)
class Renewed:
    """What was done. `copied`: fingerprints of each topic that this generation now has, by topic; `withdrawn`:
    tombstones; `photos`: made anew; `photos_lost` and `descriptions_lost`: that another version had, and for which
    there are neither bytes nor text any more; `unreadable`: records that were none."""

    copied: dict[str, int] = field(default_factory=dict)
    withdrawn: int = 0
    photos: int = 0
    photos_lost: int = 0
    descriptions_lost: int = 0
    unreadable: int = 0

    def lines(self) -> list[str]:
        """For a person."""
        takedowns, listings = (
            self.copied.get(each.name, 0) for each in (TAKEDOWN_FINGERPRINTS, FINGERPRINTS)
        )
        return [
            f"takedowns  {takedowns:,} fingerprints, {self.withdrawn:,} withdrawals",
            f"listings   {listings:,} fingerprints",
            f"photos     {self.photos:,} made anew, {self.photos_lost:,} lost: no bytes of them any more",
            f"lost       {self.descriptions_lost:,} descriptions: no text of them any more",
            f"left out   {self.unreadable:,} records that are no fingerprints",
        ]


@dataclass(slots=True)
class Survey:
    """What there is to do. `versions`: how many fingerprints of each topic are of which; `photos`: to be made anew;
    `without_digest`: those among them whose bytes only the listing itself may still lead to."""

    versions: dict[str, dict[str, int]] = field(default_factory=dict)
    photos: int = 0
    without_digest: int = 0

    def lines(self) -> list[str]:
        """For a person."""
        told = [
            f"{topic}: {count:,} of {version}"
            for topic, versions in self.versions.items()
            for version, count in sorted(versions.items())
        ]
        return [
            *told,
            f"photos to make anew: {self.photos:,}; {self.without_digest:,} without a digest to find their bytes by",
        ]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two topics of fingerprints, and the topic of what they were made from."""

    held: TopicSpec
    source: TopicSpec
    codec: Codec[Any]
    source_codec: Codec[Any]


TAKEDOWN_KIND = Kind(
    TAKEDOWN_FINGERPRINTS, TAKEDOWNS, Codec(HeldTakedown, ours=True), Codec(Takedown, ours=True)
)
LISTING_KIND = Kind(FINGERPRINTS, LISTINGS, Codec(HeldListing, ours=True), Codec(ListingEvent, ours=True))
Held = HeldListing | HeldTakedown
Source = ListingEvent | Takedown


class Refingerprint:
    """One run, from the generation of `old` to that of `new`; the settings differ in nothing else."""

    def __init__(
        self,
        old: Settings,
        new: Settings,
        outbox: Outbox,
        photos: PhotoReader,
        *,
        days: float,
        progress: Progress = no_progress,
    ) -> None:
        self._old, self._new, self._outbox, self._photos = old, new, outbox, photos
        self._since = datetime.now(UTC) - timedelta(days=days)
        self._progress = progress
        self._asked: dict[bytes, Held] = {}
        """Of what was made, what lacks something, by its key."""
        self.done = Renewed()

    async def run(self) -> Renewed:
        """Copy everything, then let the generation begin.

        Raises:
            GenerationError: it has begun already, or has workers.
            ReadError, BrokerUnavailableError: a topic cannot be read, or the broker does not answer.
        """
        with administration(self._new) as admin:
            require_unstarted(admin, self._new)
            # First: whatever is finished by now is on the topics that are read below.
            begins = places_of(admin, self._old, LISTINGS) | places_of(admin, self._old, TAKEDOWNS)
            matched = {place.partition: at for place, at in places_of(admin, self._old, FINGERPRINTS).items()}
            await self._copy(admin, TAKEDOWN_KIND, lambda _: True)
            await self._copy(admin, LISTING_KIND, lambda one: one.offset < matched.get(one.partition, 0))
            # What the other generation has not matched yet comes after this, and is matched by both.
            begins |= ends_of(admin, self._new, FINGERPRINTS)
            await self._copy(admin, LISTING_KIND, lambda one: one.offset >= matched.get(one.partition, 0), "")
            set_places(admin, workers_group(self._new), begins)
        return self.done

    async def _copy(
        self,
        admin: KafkaAdminClient,
        kind: Kind,
        wanted: Callable[[Record], bool],
        resumes: str = "-refingerprint",
    ) -> None:
        """Copy the wanted records; with `resumes`, on from where an earlier run that was ended got."""
        done: dict[int, int] = kept_place(admin, self._old, kind.held, resumes) if resumes else {}
        since = None if kind is TAKEDOWN_KIND else self._since
        with RecordReader(self._old, kind.held) as reader:
            records = reader.existing(self._progress, since=since)
            while batch := await asyncio.to_thread(lambda: list(islice(records, BATCH))):
                chosen = [one for one in batch if one.offset >= done.get(one.partition, 0) and wanted(one)]
                await self._outbox.deliver(await self._renew(kind, chosen))
                done |= {one.partition: one.offset + 1 for one in batch if wanted(one)}
                if len(self._asked) >= ASKED_TOGETHER:
                    await self._ask(kind)
                if resumes and not self._asked:
                    keep_place(admin, self._old, kind.held, resumes, done)
        await self._ask(kind)
        if resumes:
            keep_place(admin, self._old, kind.held, resumes, done)

    async def _renew(self, kind: Kind, records: Sequence[Record]) -> list[Outgoing]:
        readable = list(self._readable(kind, records))
        wanted = [one.prints.photos_to_read() for _, one in readable if one is not None]
        outcomes = await self._photos.read_all([list(images.values()) for images in wanted])
        found = iter(
            [dict(zip(images, read, strict=True)) for images, read in zip(wanted, outcomes, strict=True)]
        )
        # In their order: what was withdrawn after it was made stays withdrawn.
        return [
            self._withdrawn(kind, record) if one is None else self._renewed(kind, record, one, next(found))
            for record, one in readable
        ]

    def _readable(self, kind: Kind, records: Sequence[Record]) -> Iterator[tuple[Record, Held | None]]:
        """Each with what it holds, None for a withdrawal."""
        for record in records:
            if record.value is None:
                yield record, None
                continue
            try:
                yield record, kind.codec.decode(record.value).record
            except RecordError:
                # The worker has set it aside and said so.
                self.done.unreadable += 1

    def _withdrawn(self, kind: Kind, record: Record) -> Outgoing:
        self._asked.pop(record.key or b"", None)
        self.done.withdrawn += 1
        return Outgoing(kind.held, record.key, None)

    def _renewed(self, kind: Kind, record: Record, one: Held, read: Mapping[int, PhotoOutcome]) -> Outgoing:
        key = record.key or b""
        self._asked.pop(key, None)
        made = one.renewed(read)
        if one.prints.lacks(read):
            self._asked[key] = msgspec.structs.replace(one, prints=one.prints.lighter())
        elif read:
            self.done.photos += len(made.prints.photos)
        self.done.copied[kind.held.name] = self.done.copied.get(kind.held.name, 0) + 1
        return Outgoing(kind.held, record.key, msgspec.json.encode(made), record.headers)

    async def _ask(self, kind: Kind) -> None:
        """What lacks something is made of the listings themselves, where their topic still has them."""
        asked, self._asked = self._asked, {}
        if not asked:
            return
        found: dict[bytes, Source] = {}
        with RecordReader(self._old, kind.source) as reader:
            for record in await asyncio.to_thread(
                lambda: [one for one in reader.existing(keys=asked) if one.key in asked]
            ):
                key = record.key or b""
                if (source := _source_of(kind, record, asked[key])) is not None:
                    found[key] = source
        for keys in _in_batches(sorted(found), BATCH):
            await self._outbox.deliver(
                await self._from_source(kind, keys, [(found[key], asked[key]) for key in keys])
            )
        for key, one in asked.items():
            if key not in found:
                self._count_lost(one.prints, None)

    async def _from_source(
        self, kind: Kind, keys: Sequence[bytes], pairs: Sequence[tuple[Source, Held]]
    ) -> list[Outgoing]:
        listings = [each.listing if isinstance(each, Takedown) else each for each, _ in pairs]
        outcomes = await self._photos.read_all(
            [with_digests(each.images, one.prints) for each, (_, one) in zip(listings, pairs, strict=True)]
        )
        out = []
        for key, read, (source, one) in zip(keys, outcomes, pairs, strict=True):
            made: Any = (
                fingerprint_takedown(source, read)
                if isinstance(source, Takedown)
                else fingerprint_listing(source, read)
            )
            prints = one.prints.completed(made.prints)
            self.done.photos += len(prints.photos)
            self._count_lost(one.prints, prints)
            value = msgspec.json.encode(msgspec.structs.replace(made, prints=prints))
            out.append(Outgoing(kind.held, key, value))
        return out

    def _count_lost(self, held: HeldPrints, made: Any) -> None:
        had = {photo.image for photo in held.photos}
        have = set() if made is None else {photo.image for photo in made.photos}
        self.done.photos_lost += len(had - have)
        has_description = made is not None and made.description is not None
        self.done.descriptions_lost += not is_null(held.description) and not has_description


def survey(old: Settings, days: float, progress: Progress = no_progress) -> Survey:
    """Read what a run would read.

    Raises:
        ReadError: a topic cannot be read.
    """
    found = Survey()
    since = datetime.now(UTC) - timedelta(days=days)
    for kind in (TAKEDOWN_KIND, LISTING_KIND):
        versions = found.versions.setdefault(kind.held.name, {})
        with RecordReader(old, kind.held) as reader:
            for record in reader.existing(progress, since=since if kind is LISTING_KIND else None):
                try:
                    prints: HeldPrints = kind.codec.decode(record.value or b"").record.prints
                except RecordError:
                    continue
                version = unlike(prints.algorithms) or "this program's version"
                versions[version] = versions.get(version, 0) + 1
                if prints.algorithms.image != ALGORITHMS.image:
                    found.photos += len(prints.photos)
                    found.without_digest += sum(photo.sha256 is None for photo in prints.photos)
    return found


def _source_of(kind: Kind, record: Record, held: Held) -> Source | None:
    """What this fingerprint was made from, if the record is that."""
    if record.value is None:
        return None
    try:
        source: Source = kind.source_codec.decode(record.value).record
    except RecordError:
        return None
    if (
        isinstance(source, ListingEvent)
        and isinstance(held, HeldListing)
        and source.event_id != held.event_id
    ):
        return None  # another version of the listing
    return source


def _in_batches(keys: Sequence[bytes], most: int) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + most] for start in range(0, len(keys), most))
