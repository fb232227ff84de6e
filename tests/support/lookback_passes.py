"""A store of recent listings and passes over it, without Kafka; and the slow truth that they are held against."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from connectors.events import Alert
from streams.engine.pipeline import match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.topic_identity import TopicIdentity
from streams.lookback.listing_store import ListingStore
from streams.lookback.plan import Wanted
from streams.lookback.search import Pass
from streams.records import ListingFingerprint

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RULES = Rules()
IDENTITY = TopicIdentity("cluster", "fingerprints", "id")


def store_of(folder: Path, listings: Iterable[ListingFingerprint], days: float = 30.0) -> ListingStore:
    """A store with these, which came just now."""
    store = ListingStore(str(folder), "fingerprints", (1, 1), days)
    store.open_at(IDENTITY, {0: 10**9})
    for one in listings:
        store.append(one, NOW.timestamp())
    return store


def wanted(*ids: str, from_seq: int | None = None) -> list[Wanted]:
    """These takedowns, which arrived just now."""
    return [Wanted(one, 0, n, NOW.timestamp(), 0.0, from_seq) for n, one in enumerate(ids)]


def looked_back(
    store: ListingStore, bank: TakedownBank, takedowns: list[Wanted], rules: Rules = RULES
) -> Pass:
    """The pass, done."""
    done = Pass(store, bank, rules, takedowns, NOW)
    for _ in done.steps():
        pass
    return done


def slow_truth(
    listings: Iterable[ListingFingerprint],
    bank: TakedownBank,
    ids: Iterable[str],
    rules: Rules = RULES,
) -> dict[str, Alert]:
    """What matching every listing as it arrives would say of these takedowns, by listing."""
    found = {}
    asked = set(ids)
    for listing in listings:
        alert = match_listing(listing, bank, rules, matched_at=NOW, caught_by="lookback").alert
        if alert and asked & {alert.takedown.takedown_id, *alert.cluster, *alert.other_takedowns}:
            found[listing.listing.key] = alert
    return found


def by_listing(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """Alerts by their listings' keys; none twice."""
    found = list(alerts)
    made = {alert.listing.key: alert for alert in found}
    assert len(made) == len(found), [
        key for key, group in itertools.groupby(sorted(made)) if len(list(group)) > 1
    ]
    return made
