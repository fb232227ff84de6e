"""What a worker says of itself in its heartbeats."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec.structs import replace

from streams.bank.takedown_index import TakedownIndex
from streams.health.heartbeat import Heartbeat, PartState
from streams.health.heartbeat_figures import with_figures
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.topics import names_on_broker


class Watched(Protocol):
    """What knows whether the worker is ready and gets on; each answers with what is wrong, or None."""

    def ready(self) -> str | None:
        """Whether events are taken."""

    def live(self) -> str | None:
        """Whether it gets on."""

    def partitions(self) -> list[tuple[str, int]]:
        """What is assigned to it: topics' names on the broker, and partitions."""


class WorkerHeartbeat:
    """Fills a worker's heartbeats in. Called from their thread: it only looks."""

    def __init__(
        self, app: Any, watch: Watched, index: TakedownIndex | None, metrics: Metrics, settings: Settings
    ) -> None:
        self._app, self._watch, self._index, self._metrics = app, watch, index, metrics
        self._names = names_on_broker(settings.topics)

    def __call__(self, heartbeat: Heartbeat) -> Heartbeat:
        """This heartbeat with how the worker is now."""
        state, detail = self._state()
        said = replace(
            heartbeat, state=state, detail=detail, partitions=by_topic(self._watch.partitions(), self._names)
        )
        return with_figures(said, self._metrics, self._index)

    def failure(self) -> str | None:
        """Why the worker ended by itself, if it did."""
        reason = self._app.crash_reason
        return None if reason is None else repr(reason)

    def _state(self) -> tuple[PartState, str | None]:
        if (failure := self.failure()) is not None:
            return "failing", failure[:300]
        if self._app.should_stop:
            return "stopping", None
        if (still := self._watch.live()) is not None:
            return "failing", still
        if (waits := self._watch.ready()) is not None:
            return "starting", waits
        return "ready", None


def by_topic(partitions: list[tuple[str, int]], names: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """Partitions by their topic's name, both sorted. `names`: what the broker's names are here."""
    found: dict[str, list[int]] = {}
    for topic, partition in sorted(partitions):
        found.setdefault(names.get(topic, topic), []).append(partition)
    return {topic: tuple(numbers) for topic, numbers in found.items()}
