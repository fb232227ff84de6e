"""Listings that requests mean, found among what was seen: places from the index, records from Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import EventType, ListingEvent
from connectors.links import LinkTarget, recognise
from connectors.takedown_status import TakedownStatus
from streams.epoch import moment
from streams.kafka_clients.record_reader import Record
from streams.records import ListingFingerprint
from streams.resolving.offset_reader import OffsetReader, Wanted
from streams.resolving.request_book import target_key
from streams.resolving.request_links import short_link_of
from streams.resolving.resolution import Outcome, Resolved, Unresolved, seen
from streams.resolving.seen_listings import SeenListing, SeenListings, slug_key
from streams.settings import Resolve
from streams.topics import FINGERPRINTS, LISTINGS

LOOK_SECONDS = 5.0
"""Between two looks for a fingerprint that is being made; it is also noticed when it comes."""
ASK_NEXT = Unresolved(reason="not-seen", detail="its marketplace is asked next", soon=0.0)
R = TypeVar("R", bound=Struct)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for one request. No outcome: it is left as it is, and tried again at once.

    `gone_at`, `up_at`: when the listing was seen to be removed, and to be there, if that is the last that was seen.
    """

    outcome: Outcome | None
    gone_at: datetime | None = None
    up_at: datetime | None = None

    @property
    def was_not_seen(self) -> bool:
        """Whether its marketplace may know more."""
        return isinstance(self.outcome, Unresolved) and self.outcome.reason == "not-seen"


def answered(look: Look, outcome: Outcome) -> Look:
    """The look with what a marketplace answered."""
    if isinstance(outcome, Resolved):
        listing = outcome.listing
        if listing.type is EventType.REMOVED:
            return Look(outcome, gone_at=listing.observed_at)
        return Look(outcome, up_at=listing.observed_at)
    return replace(look, outcome=outcome)


class ListingFinder:
    """Looks listings up. Nothing here waits for a marketplace."""

    def __init__(self, settings: Resolve, index: SeenListings, reader: OffsetReader) -> None:
        self._settings, self._index, self._reader = settings, index, reader
        self._events = Codec(ListingEvent, ours=True)
        self._prints = Codec(ListingFingerprint, ours=True)

    def in_reading_order(self, statuses: Sequence[TakedownStatus]) -> list[TakedownStatus]:
        """By where their listings stand on Kafka, so that neighbours are read together; those for one listing stay
        in their order."""
        keys = [_key(status) or "" for status in statuses]
        order = sorted(
            range(len(keys)), key=lambda number: (_place(self._index.find([keys[number]])[0]), number)
        )
        return [statuses[number] for number in order]

    def find(self, statuses: Sequence[TakedownStatus], now: datetime) -> list[Look]:
        """A look for each.

        Raises:
            UnreachableError: the broker has stopped answering.
        """
        keys = [_key(status) for status in statuses]
        places = [None if key is None else self._index.find([key])[0] for key in keys]
        wanted: set[Wanted] = set()
        for place in places:
            if place is not None:
                wanted.update(_wanted(place))
        records = self._reader.read(wanted)
        return [
            _nowhere(status) if key is None else self._look(key, place, records, now)
            for status, key, place in zip(statuses, keys, places, strict=True)
        ]

    def _look(
        self, key: str, place: SeenListing | None, records: dict[Wanted, Record], now: datetime
    ) -> Look:
        if place is None:
            return Look(Unresolved(reason="not-seen"))
        event_record = records.get((LISTINGS.name, place.listing)) if place.listing else None
        print_record = records.get((FINGERPRINTS.name, place.fingerprint)) if place.fingerprint else None
        event = _decoded(self._events, event_record)
        fingerprint = _decoded(self._prints, print_record)
        if event is not None and not _is(key, event.key, event.url):
            event = None
        if fingerprint is not None and not _is(key, fingerprint.listing.key, fingerprint.listing.url):
            fingerprint = None
        if event is not None and event_record is not None:
            left = self._until_printed(event, fingerprint, event_record, now)
            if left > 0:
                return Look(Unresolved(reason="being-fingerprinted", soon=min(left, LOOK_SECONDS)))
        found = seen(event, fingerprint)
        if found is None:
            detail = "it was seen, and its records are no longer kept"
            return Look(Unresolved(reason="not-seen", detail=detail))
        if place.gone_ms is not None:
            return Look(found, gone_at=moment(place.gone_ms))
        return Look(found, up_at=found.listing.observed_at)

    def _until_printed(
        self, event: ListingEvent, fingerprint: ListingFingerprint | None, record: Record, now: datetime
    ) -> float:
        """Seconds that its fingerprint may still take; 0 where it is there, or will not come."""
        if event.type is EventType.REMOVED:
            return 0.0
        if fingerprint is not None and (
            fingerprint.event_id == event.event_id or fingerprint.observed_at > event.observed_at
        ):
            return 0.0
        age = max(0.0, now.timestamp() - record.timestamp / 1000)
        return max(0.0, self._settings.print_wait_seconds - age)


def _nowhere(status: TakedownStatus) -> Look:
    """Of a request without a listing."""
    if short_link_of(status.request) is not None:
        return Look(Unresolved(reason="short-link", detail=status.request.unresolved))
    return Look(Unresolved(reason="no-listing", detail="the link leads to no listing"))


def _key(status: TakedownStatus) -> str | None:
    request = status.request
    return target_key(request.marketplace, request.listing_id, request.slug)


def _wanted(place: SeenListing) -> list[Wanted]:
    found: list[Wanted] = []
    if place.listing is not None:
        found.append((LISTINGS.name, place.listing))
    if place.fingerprint is not None:
        found.append((FINGERPRINTS.name, place.fingerprint))
    return found


def _place(seen_listing: SeenListing | None) -> tuple[int, int]:
    if seen_listing is None:
        return (-1, -1)
    return seen_listing.fingerprint or seen_listing.listing or (-1, -1)


def _decoded(codec: Codec[R], record: Record | None) -> R | None:
    if record is None or record.value is None:
        return None
    try:
        return codec.decode(record.value).record
    except RecordError:
        return None


def _is(key: str, listing_key: str, url: str | None) -> bool:
    """Whether a listing is the one meant: two keys may share a place in the index."""
    if key == listing_key:
        return True
    target = recognise(url) if url else None
    if not isinstance(target, LinkTarget) or target.slug is None:
        return False
    return slug_key(target.marketplace, target.slug) == key
