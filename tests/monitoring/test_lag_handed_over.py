"""A partition's lag is told by the worker that has it, and by no other: a sum over workers counts it once."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import NamedTuple

from streams.kafka_clients.outbox import Outbox
from streams.metrics.metrics import Metrics
from streams.rights.watch import RightsWatch
from streams.settings import Settings
from streams.worker.parts import Parts
from streams.worker.worker import Watch


class Place(NamedTuple):
    topic: str
    partition: int


@dataclass
class Consumer:
    """Of Faust's consumer what lag is reckoned from."""

    places: set[Place]
    ends: dict[Place, int] = field(default_factory=dict)
    _committed_offset: dict[Place, int] = field(default_factory=dict)

    def assignment(self) -> set[Place]:
        return self.places

    def highwater(self, place: Place) -> int | None:
        return self.ends.get(place)


def test_what_another_worker_took_over_is_told_no_more() -> None:
    first, second = Place("listings", 0), Place("listings", 1)
    consumer = Consumer({first, second}, {first: 100, second: 50}, {first: 90, second: 50})
    metrics = Metrics()
    parts = Parts("worker", Outbox(Settings(), metrics), [], [])
    watch = Watch(SimpleNamespace(consumer=consumer), parts, {}, metrics, RightsWatch(Settings(), "worker"))

    def told(place: Place) -> float | None:
        labels = {"topic": place.topic, "partition": str(place.partition)}
        return metrics.registry.get_sample_value("relistwatch_lag", labels)

    assert watch._refresh_lag() == 10
    assert (told(first), told(second)) == (10, 0)
    consumer.places = {second}
    assert watch._refresh_lag() == 0
    assert (told(first), told(second)) == (None, 0)
