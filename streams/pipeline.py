"""The engine: from a listing and its photos' fingerprints to an alert. Pure; `scan` and the agents call it.

ListingEvent + photos ──fingerprint_listing──▶ ListingFingerprint ──match_listing──▶ Match (alert, scores)
Takedown     + photos ──fingerprint_takedown─▶ TakedownFingerprint ──▶ TakedownBank
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from connectors.events import (
    Alert,
    AlertListing,
    AlertTakedown,
    Algorithms,
    Evidence,
    Listing,
    ListingEvent,
    Price,
    PriceEvidence,
    SellerEvidence,
    SellerLink,
    Takedown,
    TitleEvidence,
)
from fingerprints.decision import POLICY, Decision, Likeness, decide
from fingerprints.photo_print import ALGORITHM as PHOTO_ALGORITHM
from fingerprints.photo_print import PhotoPrint
from fingerprints.title_print import TITLE
from streams.photo_evidence import photo_evidence, seller_links
from streams.records import (
    ImageFailure,
    ImageFingerprint,
    ListingFingerprint,
    PrintAlgorithms,
    Prints,
    TakedownFingerprint,
    alert_id,
    listing_version,
    was_seen_after,
)
from streams.takedown_bank import Resemblance, Resembling, TakedownBank

ALGORITHMS = PrintAlgorithms(image=PHOTO_ALGORITHM, text=TITLE.algorithm)

PhotoOutcome = PhotoPrint | ImageFailure | None
"""What became of one photo: its fingerprint, why there is none, or None for a photo without features."""


@dataclass(frozen=True, slots=True)
class Score:
    """How probable it is that the listing is this takedown come back, with what speaks for it."""

    takedown: TakedownFingerprint
    decision: Decision
    resemblance: Resemblance
    likeness: Likeness

    @property
    def probability(self) -> float:
        """0 to 1."""
        return self.decision.probability


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome for one listing: its best takedowns, best first, the alert if one is due, and the sellers
    that its backdrops link it to. `tiers`: how many of its photos each tier of the photo search settled."""

    scores: tuple[Score, ...]
    alert: Alert | None
    seller_links: tuple[SellerLink, ...] = ()
    tiers: Mapping[str, int] = field(default_factory=dict)


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


TITLE_SHOWN = 500
"""Characters of a title that alerts and fingerprints carry on; marketplaces allow 255 at most."""


def _prints(listing: Listing, photos: Sequence[PhotoOutcome]) -> Prints:
    return Prints(
        algorithms=ALGORITHMS,
        title=TITLE.fingerprint(listing.title),
        photos=tuple(ImageFingerprint(n, p) for n, p in enumerate(photos) if isinstance(p, PhotoPrint)),
        failures=tuple(p for p in photos if isinstance(p, ImageFailure)),
        price=listing.price,
    )


def score_listing(
    listing: ListingFingerprint, bank: TakedownBank, resembling: Resembling
) -> tuple[Score, ...]:
    """The takedowns that the listing resembles, most probable first; never its own takedown."""
    scores = [
        _score(listing, bank.takedowns[takedown_id], resemblance)
        for takedown_id, resemblance in resembling.takedowns.items()
        if bank.takedowns[takedown_id].takedown.key != listing.listing.key
    ]
    return tuple(sorted(scores, key=lambda s: (-s.probability, s.takedown.takedown.takedown_id)))


def _score(listing: ListingFingerprint, takedown: TakedownFingerprint, met: Resemblance) -> Score:
    photo = met.photo.match if met.photo else None
    likeness = Likeness(
        photo_distance=photo.distance if photo else None,
        photo_log_odds=photo.log_odds if photo and photo.alignment else None,
        same_backdrop=photo is not None and photo.same_backdrop,
        title_weight=met.title.weight if met.title else None,
        price_ratio=price_ratio(listing.prints.price, takedown.prints.price),
        same_seller=(
            listing.listing.marketplace == takedown.takedown.marketplace
            and listing.listing.seller_id is not None
            and listing.listing.seller_id == takedown.takedown.seller_id
        ),
    )
    return Score(takedown, decide(likeness), met, likeness)


def price_ratio(left: Price | None, right: Price | None) -> float | None:
    """The smaller price over the larger, 0 to 1; None where one is missing, zero or in another currency."""
    if left is None or right is None or left.currency != right.currency:
        return None
    low, high = sorted((Decimal(left.amount), Decimal(right.amount)))
    return float(low / high) if low > 0 else None


def match_listing(
    listing: ListingFingerprint,
    bank: TakedownBank,
    *,
    threshold: float,
    candidates: int,
    matched_at: datetime,
    caught_by: Literal["arrival", "lookback"] = "arrival",
) -> Match:
    """The alert for this listing version, if it is a taken-down listing come back or still up."""
    still_up = [
        takedown
        for takedown in bank.taken_down_as(listing.listing.key)
        if was_seen_after(listing.observed_at, takedown.taken_down_at)
    ]
    resembling = bank.resembling(listing.prints, candidates)
    scores = score_listing(listing, bank, resembling)
    links = seller_links(listing, bank, resembling)
    over = [score for score in scores if score.probability >= threshold]
    if still_up:
        best, kind, probability = still_up[0], "still_up", 1.0
        others = [takedown.takedown.takedown_id for takedown in still_up[1:]]
        evidence: tuple[Evidence, ...] = ()
    elif over:
        best, kind, probability = over[0].takedown, "relist", over[0].probability
        others = [score.takedown.takedown.takedown_id for score in over[1:]]
        evidence = evidence_of(listing, bank, over[0])
    else:
        return Match(scores, None, links, resembling.tiers)
    return Match(
        scores,
        Alert(
            alert_id=alert_id(kind, listing.listing.key, listing.version, best.takedown.takedown_id),
            kind="still_up" if still_up else "relist",
            probability=round(probability, 6),
            caught_by=caught_by,
            listing=listing.listing,
            takedown=best.takedown,
            other_takedowns=tuple(others),
            evidence=evidence,
            listing_observed_at=listing.observed_at,
            matched_at=matched_at,
            algorithms=Algorithms(image=ALGORITHMS.image, text=ALGORITHMS.text, policy=POLICY),
        ),
        links,
        resembling.tiers,
    )


def evidence_of(listing: ListingFingerprint, bank: TakedownBank, score: Score) -> tuple[Evidence, ...]:
    """What speaks for the score, heaviest first."""
    return tuple(sorted(_evidence(listing, bank, score), key=lambda part: -part.weight))


def _evidence(listing: ListingFingerprint, bank: TakedownBank, score: Score) -> Iterable[Evidence]:
    takedown, met, decision = score.takedown, score.resemblance, score.decision
    if met.photo is not None and decision.photo > 0:
        yield photo_evidence(bank, bank.explained(met.photo), decision.photo)
    if met.title is not None and listing.prints.title and takedown.prints.title and decision.title > 0:
        yield TitleEvidence(
            similarity=round(met.title.similarity, 4),
            listing_text=listing.prints.title.text,
            takedown_text=takedown.prints.title.text,
            weight=round(decision.title, 3),
        )
    if score.likeness.price_ratio is not None and decision.price != 0:
        yield PriceEvidence(ratio=round(score.likeness.price_ratio, 4), weight=decision.price)
    if decision.seller and listing.listing.seller_id is not None:
        yield SellerEvidence(seller_id=listing.listing.seller_id, weight=decision.seller)
