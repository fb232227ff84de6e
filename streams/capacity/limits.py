"""What breaks first as a load grows: each limit, how much of it a load uses, and how much load that is. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.capacity.costs import Prices
from streams.capacity.load import GB, Chosen, Load, Machine
from streams.capacity.model import (
    SETTLE_SECONDS,
    held_by,
    kafka_needs,
    look_back,
    photo_store_bytes,
    work_needs,
    worker_memory,
)

START_MINUTES = 60.0
"""A worker that reads all takedowns from the topic for longer is taken for one that does not start."""
FURTHEST = 1e6


@dataclass(frozen=True, slots=True)
class Limit:
    """`used`: of a load, 1 where it breaks; grows with the load. `then`: what to do."""

    name: str
    what: str
    then: str
    used: Callable[[Load, Chosen, Machine, Prices], float]


@dataclass(frozen=True, slots=True)
class Break:
    """Where a limit breaks: `times` the load."""

    limit: Limit
    times: float


def _one_core(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    work = work_needs(load, chosen, price)
    return work.main / chosen.workers / machine.utilisation


def _photo_cores(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    work = work_needs(load, chosen, price)
    return work.total / (chosen.workers * machine.cores * machine.utilisation)


def _partitions(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    work = work_needs(load, chosen, price)
    return math.ceil(work.main / machine.utilisation) / chosen.partitions


def _bank(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    return worker_memory(load, chosen, price) / (machine.ram_gb * GB * machine.utilisation)


def _look_back_memory(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    return look_back(load, chosen, price).memory / (machine.ram_gb * GB * machine.utilisation)


def _look_back_pass(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:  # noqa: ARG001
    needed = look_back(load, chosen, price)
    seconds = needed.pass_seconds / chosen.lookback_shards
    return seconds / (load.lookback_minutes * 60) + needed.cores / chosen.lookback_shards


def _held_back(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:  # noqa: ARG001
    return held_by(load, load.takedowns / chosen.shards, price).held_back / SETTLE_SECONDS


def _start(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:  # noqa: ARG001
    return held_by(load, load.takedowns, price).from_topic / (START_MINUTES * 60)


def _disk(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    return kafka_needs(load, chosen, price).disk / (
        chosen.brokers * machine.disk_gb * GB * machine.utilisation
    )


def _network(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    kafka = kafka_needs(load, chosen, price)
    room = chosen.brokers * machine.network_gbit * GB / 8 * machine.utilisation
    return max(kafka.incoming, kafka.outgoing) / room


def _broker_cores(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    return kafka_needs(load, chosen, price).cores / (chosen.brokers * machine.cores * machine.utilisation)


def _photo_store(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:  # noqa: ARG001
    return photo_store_bytes(load) / chosen.photo_store_bytes


LIMITS: Sequence[Limit] = (
    Limit("photo store", "photo_store.max_bytes is full and takes no more",
          "raise it, keep for fewer days, or keep photos in a bucket", _photo_store),
    Limit("main process", "the workers' main processes, one core each, are full", "start more workers", _one_core),
    Limit("worker cores", "the workers' machines, one a worker, have no core left", "start more workers",
          _photo_cores),
    Limit("partitions", "more workers than partitions: those beyond have nothing to do",
          "more partitions, best from the start: a key moves when their number changes", _partitions),
    Limit("takedowns in RAM", "a worker's takedowns do not fit into its machine", "more shards, or more RAM", _bank),
    Limit("look back in RAM", "a look back, which holds all takedowns, does not fit into its machine",
          "a machine with more RAM: a look back has shards of the listings, not of the takedowns",
          _look_back_memory),
    Limit("look back too slow", "a pass over the recent listings takes longer than was asked for",
          "more shards of the look back, or fewer days", _look_back_pass),
    Limit("snapshot", "while a snapshot is written a takedown waits for longer than lookback.settle_seconds, on which"
          " looking back rests", "more shards, or a longer lookback.settle_seconds", _held_back),
    Limit("start", "a worker without a snapshot reads takedowns for more than an hour",
          "keep worker.data_dir on a disk that stays", _start),
    Limit("Kafka's disk", "the brokers' disks are full", "more brokers, or fewer days of fingerprints", _disk),
    Limit("Kafka's network", "the brokers' network is full", "more brokers", _network),
    Limit("Kafka's cores", "the brokers' cores are full", "more brokers", _broker_cores),
)  # fmt: skip


def breaks(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> list[Break]:
    """Every limit that is met within a million times the load, the first first."""
    found = [Break(limit, _times(limit, load, chosen, machine, price)) for limit in LIMITS]
    return sorted((one for one in found if one.times < FURTHEST), key=lambda one: (one.times, one.limit.name))


def _times(limit: Limit, load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    """So many times the load uses the limit up, within a thousandth."""

    def over(times: float) -> bool:
        return limit.used(load.grown(times), chosen, machine, price) > 1

    low, high = 1 / FURTHEST, FURTHEST
    if over(low):
        return low
    if not over(high):
        return math.inf
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if over(middle) else (middle, high)
    return high
