"""Alerts, verdicts, seller links and dead letters for tests."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.events import Alert, AlertListing, AlertTakedown, Algorithms, DeadLetter
from connectors.evidence import FloodEvidence, PhotoEvidence, PriceEvidence, SellerEvidence, TitleEvidence
from connectors.policy_differences import PolicyDifference, PolicyOutcome
from connectors.seller_links import LinkedSeller, SellerLink
from connectors.verdicts import Judgement, Verdict

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def alert(number: int, **changes: Any) -> Alert:
    """An alert with every kind of evidence."""
    fields: dict[str, Any] = {
        "alert_id": f"alert-{number}",
        "kind": "relist",
        "probability": 0.973,
        "caught_by": "arrival",
        "listing": AlertListing(
            marketplace="pasar-uji", listing_id=f"l{number}", title="J4ket v4rsity", seller_id="s2"
        ),
        "takedown": AlertTakedown(
            takedown_id="t1",
            marketplace="toko-uji",
            listing_id="l1",
            title="Jaket varsity",
            authority="kementerian",
            reason="counterfeit",
        ),
        "other_takedowns": ("t2",),
        "evidence": (
            PhotoEvidence(
                listing_image=0,
                takedown_image=2,
                relation="same photo",
                edits=("mirrored", "cropped"),
                distance=4,
                inliers=34,
                transform=((-1.25, 0.0, 1.125), (0.0, 1.25, -0.125), (0.0, 0.0, 1.0)),
                weight=3.1,
            ),
            TitleEvidence(
                similarity=0.93, listing_text="jaket varsity", takedown_text="jaket varsity", weight=1.2
            ),
            PriceEvidence(ratio=0.8, weight=0.1),
            SellerEvidence(seller_id="s2", weight=0.5),
        ),
        "listing_observed_at": NOON,
        "matched_at": NOON,
        "algorithms": Algorithms(image="phash-1", text="words-1", policy="2026-11"),
    }
    return Alert(**(fields | changes))


def seller_link(number: int, **changes: Any) -> SellerLink:
    """Two accounts on two marketplaces."""
    fields: dict[str, Any] = {
        "sellers": (
            LinkedSeller(marketplace="pasar-uji", seller_id=f"s{number}", listing_id=f"l{number}", image=1),
            LinkedSeller(marketplace="toko-uji", seller_id="s0", listing_id="l1", image=0),
        ),
        "reason": "same backdrop",
        "strength": 23.0,
        "inliers": 23,
        "transform": ((1.0, 0.0, 0.1), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        "takedown_id": "t1",
        "seen_at": NOON,
    }
    return SellerLink(**(fields | changes))


def verdict(number: int, said: Judgement = "not a relist", **changes: Any) -> Verdict:
    """A verdict on alert `number`."""
    fields: dict[str, Any] = {
        "alert_id": f"alert-{number}",
        "verdict": said,
        "by": "analyst-1",
        "reason": "another garment",
        "decided_at": NOON,
        "alert": alert(number),
    }
    return Verdict(**(fields | changes))


def flood(number: int, takedown_id: str = "t1", **changes: Any) -> Alert:
    """The alert of a flood that alert `number` tipped."""
    taken = msgspec.structs.replace(alert(number).takedown, takedown_id=takedown_id)
    fields: dict[str, Any] = {
        "kind": "flood",
        "takedown": taken,
        "cluster": (takedown_id,),
        "evidence": (FloodEvidence(listings=201, minutes=60.0),),
    }
    return alert(number, **(fields | changes))


def policy_difference(number: int, **changes: Any) -> PolicyDifference:
    """Listing `number` alerts under the live policy only."""
    outcome = PolicyOutcome(
        policy="2026-11", takedown_id="t1", probability=0.9, alerts=True, weights={"title": 11.4}
    )
    fields: dict[str, Any] = {
        "kind": "only_live",
        "listing": alert(number).listing,
        "live": outcome,
        "shadow": PolicyOutcome(
            policy="quiet", takedown_id="t1", probability=0.2, alerts=False, weights={"title": 7.8}
        ),
        "threshold": 0.5,
        "crossing": ("t1",),
        "observed_at": NOON,
    }
    return PolicyDifference(**(fields | changes))


def dead_letter(**changes: Any) -> DeadLetter:
    """A listing that was no JSON."""
    fields: dict[str, Any] = {
        "topic": "listings",
        "partition": 1,
        "offset": 5,
        "key": b"pasar-uji:l1",
        "value": b'{"torn \x1b[2J\xff',
        "headers": (("ce_id", b"e1"),),
        "error": "malformed-json",
        "detail": "ListingEvent: malformed \x1b]0;owned\x07",
        "stage": "fingerprint-listings",
        "failed_at": NOON,
    }
    return DeadLetter(**(fields | changes))
