"""What belongs to a selection, from the topics: alerts, verdicts, takedowns, seller links, snapshots, digests.

alerts, held-alerts, verdicts ─▶ which takedowns, listings, accounts ─▶ takedowns, seller-links, listings
                                                                     └▶ takedown-fingerprints, fingerprints ─▶ photos
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import Alert, Listing, ListingEvent, Takedown
from connectors.seller_links import SellerLink
from connectors.verdicts import Verdict
from streams.engine.pipeline import photo_digests
from streams.evidence_packs.manifest import Selection
from streams.evidence_packs.spool import Piece, Spool
from streams.kafka_clients.record_reader import Progress, Record, RecordReader, no_progress
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Settings
from streams.topics import (
    ALERTS,
    FINGERPRINTS,
    HELD_ALERTS,
    LISTINGS,
    SELLER_LINKS,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWNS,
    VERDICTS,
    TopicSpec,
)

S = TypeVar("S", bound=Struct)

MOST_RECORDS = 200_000
"""Of a pack: what a person asks about has some thousands. Each takes some kilobytes of memory."""


class TooMuchError(ValueError):
    """The selection is larger than a pack may be."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[S]):
    """A record with its place. `raw`: its bytes, put aside; None for a tombstone. `record`: without inline photos,
    which have their digest instead; None for a tombstone."""

    topic: TopicSpec
    broker_topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since 1970, as Kafka has it."""
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    raw: Piece | None
    record: S | None

    @property
    def place(self) -> tuple[str, int, int]:
        """Sorts records, and names them."""
        return (self.topic.name, self.partition, self.offset)


@dataclass(frozen=True, slots=True, order=True)
class PhotoUse:
    """Whose photo it is: `what` is `listing` or `takedown`, `of` a listing's key or a takedown's id."""

    what: str
    of: str
    image: int


@dataclass(slots=True)
class Gathered:
    """All of it, each list in the order of places. `photos`: digests with their uses; `inline`: those whose bytes
    came in a record."""

    alerts: list[Kept[Alert]] = field(default_factory=list)
    verdicts: list[Kept[Verdict]] = field(default_factory=list)
    takedowns: list[Kept[Takedown]] = field(default_factory=list)
    seller_links: list[Kept[SellerLink]] = field(default_factory=list)
    listings: list[Kept[ListingEvent]] = field(default_factory=list)
    fingerprints: list[Kept[Any]] = field(default_factory=list)
    photos: dict[str, set[PhotoUse]] = field(default_factory=dict)
    inline: dict[str, Piece] = field(default_factory=dict)
    wanted_listings: set[str] = field(default_factory=set)
    wanted_takedowns: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return sum(map(len, self.by_kind().values()))

    def by_kind(self) -> dict[str, list[Kept[Any]]]:
        """The lists by their names."""
        names = ("alerts", "verdicts", "takedowns", "seller_links", "listings", "fingerprints")
        return {name: getattr(self, name) for name in names}

    def add_photo(self, sha256: str | None, use: PhotoUse) -> None:
        """Note a digest, where there is one."""
        if sha256 is not None:
            self.photos.setdefault(sha256, set()).add(use)


def gather(
    settings: Settings, selection: Selection, spool: Spool, progress: Progress = no_progress
) -> Gathered:
    """Read the topics, each at most once, and keep what belongs to the selection.

    Raises:
        ReadError: a topic cannot be read.
        TooMuchError: more than `MOST_RECORDS` belong to it.
        OSError: the disk for what is put aside is full.
    """
    return _Gathering(settings, selection, spool, progress).run()


class _Gathering:
    def __init__(self, settings: Settings, selection: Selection, spool: Spool, progress: Progress) -> None:
        self._settings, self._selection, self._spool, self._progress = settings, selection, spool, progress
        self._found = Gathered(wanted_takedowns=set(selection.takedowns))
        self._takedown_ids = frozenset(selection.takedowns)
        self._sellers = frozenset(selection.sellers)

    def run(self) -> Gathered:
        found, chosen = self._found, set[str]()
        for topic in (ALERTS, HELD_ALERTS):
            for kept in self._read(topic, Alert, self._is_chosen):
                found.alerts.append(kept)
                if kept.record is not None:
                    chosen.add(kept.record.alert_id)
                    self._note_alert(kept.record)

        def judges(record: Record, verdict: Verdict | None) -> bool:
            # An alert is gone after 90 days; its verdict still has it.
            of_it = verdict is not None and self._is_chosen(record, verdict.alert)
            return of_it or _key(record) in chosen

        for kept_verdict in self._read(VERDICTS, Verdict, judges):
            found.verdicts.append(kept_verdict)
            if kept_verdict.record is not None:
                self._note_alert(kept_verdict.record.alert)
        self._takedowns()
        self._seller_links()
        self._listings()
        self._fingerprints()
        for records in found.by_kind().values():
            records.sort(key=lambda kept: kept.place)
        return found

    def _is_chosen(self, _: Record, alert: Alert | None) -> bool:
        if alert is None:
            return False
        chosen = self._selection
        if (chosen.since is not None and alert.matched_at < chosen.since) or (
            chosen.until is not None and alert.matched_at >= chosen.until
        ):
            return False
        if not self._takedown_ids and not self._sellers:
            return True
        takedowns = {alert.takedown.takedown_id, *alert.cluster, *alert.other_takedowns}
        return bool(
            takedowns & self._takedown_ids or {alert.listing.account, alert.takedown.account} & self._sellers
        )

    def _note_alert(self, alert: Alert) -> None:
        found = self._found
        found.wanted_listings.add(alert.listing.key)
        found.wanted_takedowns.update((alert.takedown.takedown_id, *alert.cluster))
        for photo in alert.listing_photos:
            found.add_photo(photo.sha256, PhotoUse("listing", alert.listing.key, photo.image))

    def _takedowns(self) -> None:
        found = self._found

        def belongs(record: Record, takedown: Takedown | None) -> bool:
            return _key(record) in found.wanted_takedowns or (
                takedown is not None and _account(takedown.listing) in self._sellers
            )

        for kept in self._read(TAKEDOWNS, Takedown, belongs):
            found.takedowns.append(kept)
            if (takedown := kept.record) is not None:
                found.wanted_takedowns.add(takedown.takedown_id)
                found.wanted_listings.add(takedown.listing.key)
                for number, image in enumerate(takedown.listing.images):
                    found.add_photo(image.sha256, PhotoUse("takedown", takedown.takedown_id, number))

    def _seller_links(self) -> None:
        accounts = set(self._sellers)
        for kept in self._found.takedowns:
            if kept.record is not None:
                accounts.add(_account(kept.record.listing))
        for alert in self._alerts():
            accounts.update((alert.listing.account, alert.takedown.account))

        def belongs(_: Record, link: SellerLink | None) -> bool:
            if link is None:
                return False
            keys = {seller.key for seller in link.sellers}
            return bool(
                link.takedown_id in self._found.wanted_takedowns or keys & self._sellers or keys <= accounts
            )

        self._found.seller_links += self._read(SELLER_LINKS, SellerLink, belongs)

    def _listings(self) -> None:
        found = self._found

        def belongs(record: Record, event: ListingEvent | None) -> bool:
            if _key(record) in found.wanted_listings:
                return True
            return (
                event is not None
                and _account(event) in self._sellers
                and _within(event.observed_at, self._selection)
            )

        # A listing is large and there are millions: only a seller's need be looked into.
        for kept in self._read(LISTINGS, ListingEvent, belongs, by_key=not self._sellers):
            found.listings.append(kept)
            if (event := kept.record) is not None:
                found.wanted_listings.add(event.key)
                for number, image in enumerate(event.images):
                    found.add_photo(image.sha256, PhotoUse("listing", event.key, number))

    def _fingerprints(self) -> None:
        found = self._found
        with_photos = {use.of for uses in found.photos.values() for use in uses if use.what == "listing"}
        unknown = {key.encode() for key in found.wanted_listings - with_photos}
        wanted = {takedown.encode() for takedown in found.wanted_takedowns}

        def of_takedown(record: Record, _: Any) -> bool:
            return record.key in wanted

        def of_listing(record: Record, _: Any) -> bool:
            return record.key in unknown

        for kept in self._read(TAKEDOWN_FINGERPRINTS, TakedownFingerprint, of_takedown, by_key=True):
            found.fingerprints.append(kept)
            if kept.record is not None:
                for photo in photo_digests(kept.record.prints):
                    use = PhotoUse("takedown", kept.record.takedown.takedown_id, photo.image)
                    found.add_photo(photo.sha256, use)
        # The largest topic of all: read only where the alerts and snapshots name no photos.
        if unknown:
            for kept_listing in self._read(FINGERPRINTS, ListingFingerprint, of_listing, by_key=True):
                found.fingerprints.append(kept_listing)
                if (print_ := kept_listing.record) is not None:
                    for photo in photo_digests(print_.prints):
                        found.add_photo(photo.sha256, PhotoUse("listing", print_.listing.key, photo.image))

    def _alerts(self) -> Iterator[Alert]:
        yield from (kept.record for kept in self._found.alerts if kept.record is not None)
        yield from (kept.record.alert for kept in self._found.verdicts if kept.record is not None)

    def _read(
        self,
        topic: TopicSpec,
        record_type: type[S],
        belongs: Callable[[Record, S | None], bool],
        *,
        by_key: bool = False,
    ) -> Iterator[Kept[S]]:
        """The topic's records that belong. `by_key`: decided by the key, so that no other is decoded."""
        codec = Codec(record_type, ours=True)
        with RecordReader(self._settings, topic) as reader:
            for message in reader.existing(self._progress):
                if by_key and not belongs(message, None):
                    continue
                record: S | None = None
                if message.value is not None:
                    try:
                        record = codec.decode(message.value).record
                    except RecordError:
                        # On `dead-letters`, with its reason; it is evidence of nothing here.
                        continue
                if not by_key and not belongs(message, record):
                    continue
                yield self._kept(topic, message, record)

    def _kept(self, topic: TopicSpec, message: Record, record: S | None) -> Kept[S]:
        if len(self._found) >= MOST_RECORDS:
            raise TooMuchError(
                f"more than {MOST_RECORDS:,} records belong to it: choose less, by --from and --to"
            )
        return Kept(
            topic=topic,
            broker_topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            timestamp=message.timestamp,
            key=message.key,
            headers=tuple((name, bytes(value or b"")) for name, value in message.headers),
            raw=None if message.value is None else self._spool.put(message.value),
            record=self._light(record),
        )

    def _light(self, record: Any) -> Any:
        """The record without inline photos, which are put aside once."""
        if isinstance(record, Takedown):
            return msgspec.structs.replace(record, listing=self._without_photos(record.listing))
        if isinstance(record, Listing):
            return self._without_photos(record)
        return record

    def _without_photos(self, listing: Any) -> Any:
        images = []
        for image in listing.images:
            if image.data is None:
                images.append(image)
                continue
            sha256 = hashlib.sha256(image.data).hexdigest()
            if sha256 not in self._found.inline:
                self._found.inline[sha256] = self._spool.put(image.data)
            images.append(msgspec.structs.replace(image, data=b"", sha256=sha256))
        return msgspec.structs.replace(listing, images=tuple(images))


def _key(record: Record) -> str:
    return (record.key or b"").decode("utf-8", "replace")


def _account(listing: Listing) -> str:
    """As `AlertListing.account`."""
    return f"{listing.marketplace}:{listing.seller_id or '/' + listing.listing_id}"


def _within(moment: datetime, selection: Selection) -> bool:
    return (selection.since is None or moment >= selection.since) and (
        selection.until is None or moment < selection.until
    )
