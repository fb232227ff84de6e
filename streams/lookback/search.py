"""One pass: the recent listings that some takedowns may be, and each of them matched as a new one would be.

Titles are searched as for a listing that arrives, by the rarity of words among all takedowns. Photos are scanned for
those of the takedowns (`fingerprints.photo_scan`). What comes up is matched by `match_listing` against all takedowns,
so that an alert says what it would have said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from connectors.events import Alert
from connectors.seller_links import SellerLink
from fingerprints.photo_rows import PhotoRows
from fingerprints.photo_scan import BLOCK, HeldPhoto, PhotoScan, Sighting
from fingerprints.title_index import TitleHit
from fingerprints.title_print import TitlePrint
from streams.engine.pipeline import match_listing
from streams.engine.resemblance import Resemblance, Resembling, TextMeeting
from streams.engine.rules import Rules
from streams.engine.scoring import score_listing
from streams.engine.takedown_bank import TakedownBank
from streams.lookback.listing_segment import SegmentView
from streams.lookback.listing_store import ListingStore
from streams.lookback.plan import Wanted, from_seq_of
from streams.records import ListingFingerprint

PHOTOS_A_SCAN = 256
"""Photos of takedowns looked for in one scan: more at once cost less for each, and more memory."""
SCANNED_AT_MOST = 8_000
"""Photos of takedowns from which searching for each listing's photos is faster than scanning for these."""
SAMPLE = 2048
"""Photos that say which points are common."""
TITLES_A_STEP = 256
AMONG_AT_MOST = 1_000
"""Takedowns up to which only their titles are compared; of more, a search among all is faster."""
LEAST_LOG_ODDS = -2.0
"""Nats that it is the same photo, below which a listing is not matched on its account: an alert needs more than 0."""
Found = Literal["title", "photo", "own"]


@dataclass(frozen=True, slots=True)
class _Looked:
    """A takedown's photo that is looked for, and which it is."""

    takedown_id: str
    item: int
    photo: HeldPhoto


@dataclass(slots=True)
class Pass:
    """One pass over the listings: what it is for, and what has come of it. `steps` does a little at a time."""

    store: ListingStore
    bank: TakedownBank
    rules: Rules
    wanted: Sequence[Wanted]
    now: datetime
    alerts: list[Alert] = field(default_factory=list)
    links: list[SellerLink] = field(default_factory=list)
    found: Counter[Found] = field(default_factory=Counter)
    allowed: int = 0
    looked_at: int = 0
    of: int = 0
    up_to_seq: int = 0
    _ids: frozenset[str] = frozenset()
    _arrived: dict[str, float] = field(default_factory=dict)
    _matched: set[int] = field(default_factory=set)

    def steps(self) -> Iterator[None]:
        """Do it, some milliseconds of work between two yields."""
        self._arrived = {one.takedown_id: one.arrived_at for one in self.wanted}
        self._ids = frozenset(self._arrived)
        self.up_to_seq = self.store.next_seq
        views = self.store.views(from_seq_of(self.wanted), self.now.timestamp())
        yield
        photos = [
            _Looked(takedown_id, item, photo)
            for takedown_id in sorted(self._ids)
            for item, photo in enumerate(self.bank.photos.held(takedown_id))
        ]
        scans = [photos[at : at + PHOTOS_A_SCAN] for at in range(0, len(photos), PHOTOS_A_SCAN)]
        whole = len(photos) > SCANNED_AT_MOST
        self.of = sum(int(view.wanted.sum()) for view in views) * (1 + (1 if whole else len(scans)))
        held = [one for takedown_id in self._ids if (one := self.bank.takedowns.get(takedown_id)) is not None]
        using = self.bank.titles.owners_of_words(sorted(self._ids))
        keys = self.store.digests([one.takedown.key for one in held])
        yield
        for view in views:
            for place in self.store.places_of(view, keys):
                self._match(view, place, "own")
            yield from self._titles(view, using)
        if whole:
            for view in views:
                yield from self._every_photo(view)
        elif scans and views:  # No view: nothing is stored that this pass would look at.
            sample = _sample(views)
            for scan in scans:
                looker = PhotoScan([one.photo for one in scan])
                yield from looker.leave_out_common(sample)
                for view in views:
                    yield from self._photos(view, looker, scan)

    def _titles(self, view: SegmentView, using: Mapping[int, Sequence[str]]) -> Iterator[None]:
        titles, limit, few = self.bank.titles, self.rules.candidates, len(self._ids) <= AMONG_AT_MOST
        self.looked_at += int((view.wanted & (view.rows["title_bytes"] == 0)).sum())
        for number, (place, text) in enumerate(view.titles() if using else ()):
            if number % TITLES_A_STEP == 0:
                yield
            self.looked_at += 1
            title = TitlePrint(text)
            hits = titles.search_among(title, using) if few else titles.search(title, limit)
            ours = [hit for hit in hits if hit.owner in self._ids]
            if ours and self._may_alert(view, place, ours):
                self._match(view, place, "title")

    def _may_alert(self, view: SegmentView, place: int, hits: Sequence[TitleHit]) -> bool:
        """Whether the listing is one of these takedowns come back by all but its photos: those have their own scan."""
        listing = self._unmatched(view, place)
        if listing is None:
            return False
        found = Resembling()
        for hit in hits:
            found.takedowns[hit.owner] = Resemblance(title=TextMeeting(hit.similarity, hit.weight))
        self.bank.add_rest(found, listing.prints)
        scores = score_listing(listing, self.bank, found, self.rules)
        return any(one.probability >= self.rules.threshold and one.takedown_id in self._ids for one in scores)

    def _photos(self, view: SegmentView, looker: PhotoScan, scan: Sequence["_Looked"]) -> Iterator[None]:
        owners = view.photo_owners()
        self.looked_at += int((view.wanted & (view.rows["photos"] == 0)).sum())
        firsts = view.rows["first_photo"]
        for start in range(0, len(owners), BLOCK):
            theirs = owners[start : start + BLOCK]
            if (theirs < 0).all():
                continue
            self.looked_at += len(np.unique(theirs[theirs >= 0]))
            for sighting in looker.scan(view.photos.part(start, start + BLOCK)):
                place = int(theirs[sighting.row])
                if place >= 0:
                    image = start + sighting.row - int(firsts[place])
                    self._look_at(view, place, image, scan[sighting.wanted], sighting)
            yield

    def _look_at(
        self, view: SegmentView, place: int, image: int, looked: "_Looked", sighting: Sighting
    ) -> None:
        """Match the listing if its photo may be the takedown's, or of the same backdrop."""
        record = self._unmatched(view, place)
        if record is None:
            return
        query = record.prints.photos[image].print
        match = self.bank.photos.look_at(query, looked.takedown_id, looked.item, sighting)
        if match is None:
            return
        if match.distance is not None or match.log_odds > LEAST_LOG_ODDS or match.same_backdrop:
            self._match(view, place, "photo")

    def _every_photo(self, view: SegmentView) -> Iterator[None]:
        for place in np.flatnonzero(view.wanted & (view.rows["photos"] > 0)).tolist():
            self._match(view, place, "photo")
            self.looked_at += 1
            yield

    def _unmatched(self, view: SegmentView, place: int) -> ListingFingerprint | None:
        return None if int(view.rows["seq"][place]) in self._matched else view.record(place)

    def _match(self, view: SegmentView, place: int, found: Found) -> None:
        """Keep the alert and the links of this listing that are about the takedowns of this pass."""
        listing = self._unmatched(view, place)
        if listing is None:
            return
        self._matched.add(int(view.rows["seq"][place]))
        self.found[found] += 1
        match = match_listing(
            listing,
            self.bank,
            self.rules,
            matched_at=self.now,
            caught_by="lookback",
            still_up_since=self._since,
        )
        self.allowed += match.allowed
        self.links += [link for link in match.seller_links if link.takedown_id in self._ids]
        alert = match.alert
        if alert and not self._ids.isdisjoint(
            (alert.takedown.takedown_id, *alert.cluster, *alert.other_takedowns)
        ):
            self.alerts.append(alert)

    def _since(self, takedown_id: str) -> datetime | None:
        """From when on a takedown that names no time was in force: before it came, nobody knew it was to be down."""
        arrived = self._arrived.get(takedown_id)
        return None if arrived is None else datetime.fromtimestamp(arrived, UTC)


def _sample(views: Sequence[SegmentView]) -> PhotoRows:
    """Photos of wanted listings, spread over all."""
    owned = [np.flatnonzero(view.photo_owners() >= 0) for view in views]
    step = max(1, sum(map(len, owned)) // SAMPLE)
    taken = [view.photos.take(rows[::step]) for view, rows in zip(views, owned, strict=True)]
    names = ("hashes", "counts", "signs", "marks")
    return PhotoRows(*(np.concatenate([getattr(one, name) for one in taken]) for name in names))
