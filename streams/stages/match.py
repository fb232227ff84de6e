"""Fingerprints to alerts and seller links: every listing version is held against all takedowns."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, time
from typing import TypeVar

import msgspec

from connectors.codec import Codec, RecordError
from connectors.events import Alert
from connectors.policy_differences import PolicyDifference
from connectors.seller_links import SellerLink
from streams.engine.pipeline import Match, match_listing
from streams.engine.print_algorithms import RUNBOOK, unlike
from streams.engine.rules import Rules
from streams.engine.seller_linking import keep_strongest
from streams.engine.shadow import policy_difference
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.message_headers import (
    RECEIVED_HEADER,
    cloud_event_headers,
    header_items,
    received_ms,
)
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.metrics.metrics import Metrics
from streams.records import ListingFingerprint, seller_link_id
from streams.stages.stage import Message, Stage, breathe
from streams.topics import ALERTS, FINGERPRINTS, HELD_ALERTS, POLICY_DIFFERENCES, SELLER_LINKS, TopicSpec
from streams.verdicts.flood_guard import FloodGuard, flood_alert

SOURCE = "relistwatch/worker"
Read = tuple[Message, ListingFingerprint]
Each = TypeVar("Each")
BREATHE_SECONDS = 0.01
"""Matching between two turns of the event loop; a listing takes less than one by its title, and several by photos
whose backdrop many takedowns share."""


class MatchListings(Stage):
    """`fingerprints` to `alerts`, `held-alerts`, `seller-links` and `policy-differences`."""

    topic = FINGERPRINTS
    name = "match-listings"
    flow = "match"
    gives = ALERTS

    def __init__(
        self,
        outbox: Outbox,
        metrics: Metrics,
        bank: TakedownBank,
        rules: Rules,
        guard: FloodGuard | None = None,
    ) -> None:
        super().__init__(outbox, metrics)
        self._bank = bank
        self._rules = rules
        self._guard = guard
        self._codec = Codec(ListingFingerprint, ours=True)
        tell_photo_index(metrics, bank)

    async def process(self, messages: Sequence[Message]) -> list[Outgoing]:
        """Alerts, dead letters, policies' differences, and for each pair of accounts its strongest link in the
        batch."""
        outgoing: list[Outgoing] = []
        alerts: list[tuple[Message, Alert]] = []
        links: dict[str, SellerLink] = {}
        now = datetime.now(UTC)
        decoded: list[Read] = []
        for message in messages:
            if message.value is None:
                continue
            try:
                read: ListingFingerprint = self.decode(self._codec, message)
            except RecordError as error:
                outgoing.append(self.dead_letter(message, error.kind, str(error)))
                continue
            # Matched by what can be compared, and told: the rest must not be missed in silence.
            decoded.append((message, read))
            if (other := unlike(read.prints.algorithms)) is not None:
                outgoing.append(self.dead_letter(message, "unlike-fingerprint", f"{other}: see {RUNBOOK}"))
        async for message, fingerprint, match in self.match_all(decoded, now):
            if match.alert is not None:
                alerts.append((message, match.alert))
            if (difference := policy_difference(fingerprint, match, self._rules)) is not None:
                outgoing.append(self._difference(difference))
            keep_strongest(links, match.seller_links)
            count_searched(self.metrics, match.tiers, match.allowed)
        self.metrics.seller_links.inc(len(links))
        # Last, when nothing can fail any more: a batch done anew one by one must not find its flood tipped already.
        outgoing += [record for message, alert in alerts for record in self._guarded(message, alert, now)]
        return outgoing + [seller_link_out(link) for link in links.values()]

    async def match_all(
        self, decoded: Sequence[Read], now: datetime
    ) -> AsyncIterator[tuple[Message, ListingFingerprint, Match]]:
        """What each listing of the batch is, in order."""
        async for message, fingerprint in breathing(decoded):
            match = match_listing(fingerprint, self._bank, self._rules, matched_at=now)
            yield message, fingerprint, match

    def _guarded(self, message: Message, alert: Alert, now: datetime) -> list[Outgoing]:
        """The alert on its topic, and the flood's own where this alert is one too many."""
        if self._guard is None or alert.kind != "relist":
            return [self._alert(message, alert)]
        # A clock that runs ahead somewhere must not move the window.
        seen = min(alert.listing_observed_at, now)
        course = self._guard.meet(alert.cluster, alert.listing.key, seen)
        if course == "pass":
            return [self._alert(message, alert)]
        self.metrics.alerts_held.inc()
        held = alert_on(HELD_ALERTS, alert)
        return [self._alert(message, flood_alert(alert, self._guard)), held] if course == "tip" else [held]

    def _difference(self, difference: PolicyDifference) -> Outgoing:
        self.metrics.policy_differences.labels(difference.kind).inc()
        return Outgoing(POLICY_DIFFERENCES, difference.listing.key.encode(), msgspec.json.encode(difference))

    def _alert(self, message: Message, alert: Alert) -> Outgoing:
        self.metrics.alerts.labels(alert.kind).inc()
        record = alert_on(ALERTS, alert)
        received = received_ms(header_items(message.headers))
        if received is None:
            return record
        self.metrics.event_to_alert.observe(max(0.0, time() - received / 1000))
        # How long it took, for whoever reads the alert. A held alert has none: it is released by hand.
        return replace(record, headers=[*record.headers, (RECEIVED_HEADER, str(received).encode())])


async def breathing(each_of: Iterable[Each]) -> AsyncIterator[Each]:
    """Each of these, with turns of the event loop between them where they take long."""
    breathed = monotonic()
    for each in each_of:
        if monotonic() - breathed > BREATHE_SECONDS:
            await breathe()
            breathed = monotonic()
        yield each


def tell_photo_index(metrics: Metrics, bank: TakedownBank) -> None:
    """Let the metrics ask the bank what its photos take."""
    metrics.photo_index_bytes.labels("memory").set_function(lambda: bank.photos.memory_bytes)
    metrics.photo_index_bytes.labels("disk").set_function(lambda: bank.photos.disk_bytes)


def count_searched(metrics: Metrics, tiers: Mapping[str, int], allowed: int) -> None:
    """Count a listing's photos by the tier that settled them, and what the allow-list silenced."""
    for tier, photos in tiers.items():
        metrics.photos_settled.labels(tier).inc(photos)
    if allowed:
        metrics.allowed.inc(allowed)


def alert_on(topic: TopicSpec, alert: Alert, source: str = SOURCE) -> Outgoing:
    """The alert as a record of this topic."""
    headers = cloud_event_headers(alert.alert_id, f"relistwatch.alert.{alert.kind}", source, alert.matched_at)
    value = msgspec.json.encode(alert)
    return Outgoing(topic, alert.alert_id.encode(), value, headers, alert.listing.key.encode())


def seller_link_out(link: SellerLink, source: str = SOURCE) -> Outgoing:
    """The link as a record of its topic."""
    headers = cloud_event_headers(seller_link_id(link), "relistwatch.seller-link", source, link.seen_at)
    return Outgoing(SELLER_LINKS, link.key.encode(), msgspec.json.encode(link), headers)
