"""The ids of alerts that are on their topics already: what live matching said need not be said again.

Only ever a courtesy to consumers. An alert that is not known here is sent, and may be a duplicate with the same id.
"""

from typing import Any

from streams.kafka_clients.followed_topic import FollowedTopic
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import ALERTS, HELD_ALERTS

MOST = 1_000_000
"""Ids remembered, the newest: some 100 MB."""


class AlertIds:
    """At most so many ids, the newest."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._ids: dict[bytes, None] = {}

    def add(self, alert_id: str) -> None:
        """Remember it."""
        self._ids[_short(alert_id)] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]

    def __contains__(self, alert_id: str) -> bool:
        return _short(alert_id) in self._ids

    def __len__(self) -> int:
        return len(self._ids)


def _short(alert_id: str) -> bytes:
    try:
        return bytes.fromhex(alert_id)
    except ValueError:
        return alert_id.encode()


class SentAlerts(FollowedTopic):
    """Follows `alerts`, by its keys."""

    topic = ALERTS
    reader = "sent-alerts"

    def __init__(self, settings: Settings, ids: AlertIds, metrics: Metrics, **kwargs: Any) -> None:
        super().__init__(settings, metrics, **kwargs)
        self._ids = ids

    def take_in(self, key: str, value: bytes | None) -> None:  # noqa: ARG002  the key says it all
        """Remember the alert's id."""
        self._ids.add(key)


class HeldSentAlerts(SentAlerts):
    """Follows `held-alerts`: what an analyst is to decide about."""

    topic = HELD_ALERTS
    reader = "held-sent-alerts"
