"""Every match worker's copy of the verdicts: what analysts say is in force within a second, on all workers."""

from typing import Any

from connectors.codec import Codec, RecordError
from connectors.verdicts import Verdict
from streams.engine.allow_list import AllowList
from streams.kafka_clients.followed_topic import FollowedTopic
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import VERDICTS
from streams.verdicts.flood_guard import FloodGuard

_codec = Codec(Verdict)


def verdict_of(key: str, value: bytes | None) -> Verdict | None:
    """The verdict in a record of the topic; None takes back the one under this key.

    Raises:
        RecordError: it is no verdict, or not under its own key, by which the topic keeps the newest.
    """
    if value is None:
        return None
    verdict = _codec.decode(value).record
    if verdict.alert_id != key:
        raise RecordError("wrong-key", f"Verdict: alert_id is {verdict.alert_id!r}, but the key is {key!r}")
    return verdict


class VerdictFeed(FollowedTopic):
    """Keeps an `AllowList` and a `FloodGuard` in step with `verdicts`."""

    topic = VERDICTS
    reader = "verdict-feed"

    def __init__(
        self, settings: Settings, allowed: AllowList, guard: FloodGuard, metrics: Metrics, **kwargs: Any
    ) -> None:
        super().__init__(settings, metrics, **kwargs)
        self._allowed, self._guard = allowed, guard

    def take_in(self, key: str, value: bytes | None) -> None:
        """Put the verdict in force instead of an earlier one, or take that back.

        Raises:
            ValueError: the record is no verdict. The earlier one is taken back all the same: compaction drops
                it, and a worker that starts later would never see it.
        """
        verdict = None
        try:
            verdict = verdict_of(key, value)
        finally:
            self._allowed.put(key, verdict)
            self._guard.judge(key, verdict)
            self.metrics.verdicts_read.inc()
