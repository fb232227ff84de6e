"""The engine: from a listing and its photos' fingerprints to an alert. Pure; `scan` and the agents call it.

ListingEvent + photos ──fingerprint_listing──▶ ListingFingerprint ──match_listing──▶ Match (alert, scores)
Takedown     + photos ──fingerprint_takedown─▶ TakedownFingerprint ──▶ TakedownBank
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.events import (
    Alert,
    AlertListing,
    AlertTakedown,
    Algorithms,
    Listing,
    ListingEvent,
    PhotoDigest,
    Takedown,
)
from connectors.evidence import Evidence
from connectors.seller_links import SellerLink
from fingerprints.contact import find_contacts
from fingerprints.description_print import DESCRIPTION
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_print import TITLE
from streams.engine.clusters import cluster_of_best
from streams.engine.evidence import evidence_of
from streams.engine.known_takedowns import KnownTakedowns
from streams.engine.print_algorithms import ALGORITHMS
from streams.engine.resemblance import Resembling
from streams.engine.rules import Rules
from streams.engine.scoring import Score, score_listing
from streams.engine.seller_linking import seller_links
from streams.engine.takedown_bank import TakedownBank
from streams.records import (
    ImageFailure,
    ImageFingerprint,
    ListingFingerprint,
    Prints,
    TakedownFingerprint,
    alert_id,
    listing_version,
    was_seen_after,
)

PhotoOutcome = ImageFingerprint | PhotoPrint | ImageFailure | None
"""What became of one photo: its fingerprint, which may know its place and digest; why there is none; or None for a
photo without features."""


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome for one listing: its best takedowns, best first, the alert if one is due, and the sellers
    that its photos and contacts link it to. `tiers`: how many of its photos each tier of the photo search
    settled. `allowed`: how many of its photos and titles count for nothing because honest sellers use them."""

    scores: tuple[Score, ...]
    alert: Alert | None
    seller_links: tuple[SellerLink, ...] = ()
    tiers: Mapping[str, int] = field(default_factory=dict)
    allowed: int = 0


def fingerprint_listing(event: ListingEvent, photos: Sequence[PhotoOutcome]) -> ListingFingerprint:
    """The listing's fingerprint; `photos` has one outcome for each of the event's images, in order."""
    return ListingFingerprint(
        listing=AlertListing(
            marketplace=event.marketplace,
            listing_id=event.listing_id,
            seller_id=event.seller_id,
            url=event.url,
            title=event.title[:TITLE_SHOWN],
        ),
        event_id=event.event_id,
        type=event.type,
        version=listing_version(event),
        observed_at=event.observed_at,
        prints=_prints(event, photos),
    )


def fingerprint_takedown(takedown: Takedown, photos: Sequence[PhotoOutcome]) -> TakedownFingerprint:
    """The takedown's fingerprint; `photos` has one outcome for each of the listing's images, in order."""
    listing = takedown.listing
    return TakedownFingerprint(
        takedown=AlertTakedown(
            takedown_id=takedown.takedown_id,
            marketplace=listing.marketplace,
            listing_id=listing.listing_id,
            seller_id=listing.seller_id,
            url=listing.url,
            title=listing.title[:TITLE_SHOWN],
            reason=takedown.reason,
            authority=takedown.authority,
        ),
        taken_down_at=takedown.taken_down_at,
        prints=_prints(listing, photos),
    )


def photo_digests(prints: Prints) -> tuple[PhotoDigest, ...]:
    """The photos that there were bytes of, whether or not they gave a fingerprint, in order."""
    parts: list[ImageFingerprint | ImageFailure] = [*prints.photos, *prints.failures]
    parts.sort(key=lambda part: part.image)
    return tuple(PhotoDigest(part.image, part.sha256) for part in parts if part.sha256 is not None)


TITLE_SHOWN = 500
"""Characters of a title that alerts and fingerprints carry on; marketplaces allow 255 at most."""
CATEGORY_KEPT = 200
"""Characters of a category."""


def _prints(listing: Listing, photos: Sequence[PhotoOutcome]) -> Prints:
    return Prints(
        algorithms=ALGORITHMS,
        title=TITLE.fingerprint(listing.title),
        description=DESCRIPTION.fingerprint(listing.description) if listing.description else None,
        contacts=find_contacts("\n".join(filter(None, (listing.title, listing.description)))),
        photos=tuple(
            ImageFingerprint(n, p) if isinstance(p, PhotoPrint) else p
            for n, p in enumerate(photos)
            if isinstance(p, PhotoPrint | ImageFingerprint)
        ),
        failures=tuple(p for p in photos if isinstance(p, ImageFailure)),
        price=listing.price,
        category=listing.category[:CATEGORY_KEPT] if listing.category else None,
        condition=listing.condition,
    )


def match_listing(
    listing: ListingFingerprint,
    bank: TakedownBank,
    rules: Rules,
    *,
    matched_at: datetime,
    caught_by: Literal["arrival", "lookback"] = "arrival",
    still_up_since: Callable[[str], datetime | None] = lambda _: None,
) -> Match:
    """The alert for this listing version, if it is a taken-down listing come back or still up.

    `still_up_since`: for a takedown by its id that names no time, since when the listing had to be down; None is
    always.
    """
    resembling = bank.resembling(listing.prints, rules)
    scores, alert = decide_listing(
        listing, bank, resembling, rules,
        matched_at=matched_at, caught_by=caught_by, still_up_since=still_up_since,
    )  # fmt: skip
    links = seller_links(listing, bank, resembling)
    return Match(scores, alert, links, resembling.tiers, resembling.allowed)


def decide_listing(
    listing: ListingFingerprint,
    known: KnownTakedowns,
    resembling: Resembling,
    rules: Rules,
    *,
    matched_at: datetime,
    caught_by: Literal["arrival", "lookback"] = "arrival",
    still_up_since: Callable[[str], datetime | None] = lambda _: None,
) -> tuple[tuple[Score, ...], Alert | None]:
    """The second half of matching: the scores of what resembles the listing, and the alert if one is due."""
    scores = score_listing(listing, known, resembling, rules)
    finding = _still_up(listing, known, still_up_since) or _relist(listing, known, scores, rules)
    return scores, _alert(listing, finding, rules, matched_at, caught_by) if finding else None


@dataclass(frozen=True, slots=True)
class _Finding:
    """What an alert says of the takedown."""

    kind: Literal["relist", "still_up"]
    probability: float
    takedown: AlertTakedown
    cluster: tuple[str, ...]
    others: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


def _still_up(
    listing: ListingFingerprint, bank: KnownTakedowns, since: Callable[[str], datetime | None]
) -> _Finding | None:
    down = [
        one.takedown
        for one in bank.taken_down_as(listing.listing.key)
        if was_seen_after(listing.observed_at, one.taken_down_at or since(one.takedown.takedown_id))
    ]
    if not down:
        return None
    ids = tuple(takedown.takedown_id for takedown in down)
    return _Finding("still_up", 1.0, down[0], ids, ids[1:])


def _relist(
    listing: ListingFingerprint, bank: KnownTakedowns, scores: Sequence[Score], rules: Rules
) -> _Finding | None:
    over = [score for score in scores if score.probability >= rules.threshold]
    if not over:
        return None
    cluster = cluster_of_best(over, bank, rules)
    # The cluster's own first, then the rest, each by probability.
    others = sorted((score.takedown_id for score in over[1:]), key=lambda one: one not in cluster)
    evidence = evidence_of(listing, bank, over[0])
    return _Finding(
        "relist", over[0].probability, over[0].takedown.takedown, cluster, tuple(others), evidence
    )


def _alert(
    listing: ListingFingerprint,
    finding: _Finding,
    rules: Rules,
    matched_at: datetime,
    caught_by: Literal["arrival", "lookback"],
) -> Alert:
    return Alert(
        alert_id=alert_id(finding.kind, listing.listing.key, listing.version, finding.cluster[0]),
        kind=finding.kind,
        probability=round(finding.probability, 6),
        caught_by=caught_by,
        listing=listing.listing,
        takedown=finding.takedown,
        other_takedowns=finding.others,
        cluster=finding.cluster,
        listing_photos=photo_digests(listing.prints),
        evidence=finding.evidence,
        listing_observed_at=listing.observed_at,
        matched_at=matched_at,
        algorithms=Algorithms(image=ALGORITHMS.image, text=ALGORITHMS.text, policy=rules.policy.version),
    )
