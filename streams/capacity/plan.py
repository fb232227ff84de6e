"""The whole answer: what a load needs, with what each figure may be, what is guessed, and what breaks first. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streams.capacity.caveats import caveats
from streams.capacity.costs import Costs, Prices
from streams.capacity.fits import Span
from streams.capacity.limits import Break, breaks
from streams.capacity.load import GB, Chosen, Load, Machine, checked
from streams.capacity.model import (
    SNAPSHOTS,
    Bytes,
    choose,
    console_bytes,
    held_by,
    kafka_bytes,
    kafka_needs,
    look_back,
    match_seconds,
    photo_store_bytes,
    work_needs,
    worker_machines,
    worker_memory,
)


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the answer. `unit` as it is shown; `group` under which it stands."""

    group: str
    name: str
    unit: str
    value: Span


@dataclass(frozen=True, slots=True)
class Plan:
    """`chosen`: at the middle of all figures. `bare`: what breaks first with the settings' defaults and one of
    everything; `next`: with what is chosen."""

    load: Load
    machine: Machine
    chosen: Chosen
    needs: tuple[Need, ...]
    bare: tuple[Break, ...]
    next: tuple[Break, ...]
    warnings: tuple[str, ...]


def plan(load: Load, machine: Machine, costs: Costs, shards: int | None = None) -> Plan:
    """What this load needs of such machines.

    Raises:
        ValueError: an input is no number that can be; the message names it.
    """
    checked(load, machine)
    if shards is not None and shards < 1:
        raise ValueError("shards must be 1 or more")
    mid = costs.at("mid")
    chosen = choose(load, machine, mid, shards)
    return Plan(
        load,
        machine,
        chosen,
        tuple(needs(load, machine, costs, chosen)),
        tuple(breaks(load, Chosen(), machine, mid)),
        tuple(breaks(load, chosen, machine, mid)),
        tuple(caveats(load, chosen, machine, costs)),
    )


def needs(load: Load, machine: Machine, costs: Costs, chosen: Chosen) -> Iterator[Need]:
    """Every figure with its edges. The shards are the same at each, since what is set up is one thing, whatever it then
    turns out to need."""
    low, high = costs.at("low"), costs.at("high")
    sides = [choose(load, machine, price, chosen.shards) for price in (low, high)]
    for group, name, unit, figure in _figures(load, machine):
        found = figure(low, sides[0]), figure(costs.at("mid"), chosen), figure(high, sides[1])
        # More of something may make another thing smaller, as more look backs the memory of each.
        yield Need(group, name, unit, Span(min(found), found[1], max(found)))


Figure = tuple[str, str, str, Callable[[Prices, Chosen], float]]


def _figures(load: Load, machine: Machine) -> list[Figure]:
    def kafka(part: Callable[[Bytes], float]) -> Callable[[Prices, Chosen], float]:
        return lambda price, _: part(kafka_bytes(load, price))

    new_photos = load.peak_rate * load.photos
    return [
        ("load", "listings at the peak", "/s", lambda *_: load.peak_rate),
        ("load", "photos at the peak", "/s", lambda *_: new_photos),
        ("load", "alerts", "/day", lambda *_: load.listings_per_day * load.alerts),
        ("Kafka, a listing", "on listings", "B", kafka(lambda each: each.listings)),
        ("Kafka, a listing", "on fingerprints", "B", kafka(lambda each: each.fingerprints)),
        ("Kafka, a listing", "on alerts", "B", kafka(lambda each: each.alerts)),
        ("Kafka, a listing", "together, one replica", "B", kafka(lambda each: each.total)),
        ("workers", "cores, fingerprinting in main processes", "cores",
         lambda price, chosen: work_needs(load, chosen, price).fingerprint),
        ("workers", "cores, photo processes", "cores",
         lambda price, chosen: work_needs(load, chosen, price).photos),
        ("workers", "cores, matching", "cores", lambda price, chosen: work_needs(load, chosen, price).match),
        ("workers", "matching, a listing in a shard", "ms",
         lambda price, chosen: match_seconds(load, chosen.shards, price) * 1000),
        ("workers", "shards of the takedowns", "", lambda _, chosen: chosen.shards),
        ("workers", "workers, all shards", "", lambda _, chosen: chosen.workers),
        ("workers", "photo processes, all workers", "",
         lambda price, chosen: max(chosen.workers, work_needs(load, chosen, price).photos / machine.utilisation)),
        ("workers", "RAM, a worker", "GB", lambda price, chosen: worker_memory(load, chosen, price) / GB),
        ("workers", "of it takedowns", "GB",
         lambda price, chosen: held_by(load, load.takedowns / chosen.shards, price).memory / GB),
        ("workers", "mapped files, a worker", "GB",
         lambda price, chosen: held_by(load, load.takedowns / chosen.shards, price).mapped / GB),
        ("workers", "disk for snapshots, a worker", "GB",
         lambda price, chosen: SNAPSHOTS * held_by(load, load.takedowns / chosen.shards, price).mapped / GB),
        ("workers", "start from a snapshot, processor time", "s",
         lambda price, chosen: held_by(load, load.takedowns / chosen.shards, price).from_snapshot),
        ("workers", "start from the topic, processor time", "s",
         lambda price, _: held_by(load, load.takedowns, price).from_topic),
        ("workers", "network in, photos fetched", "MB/s",
         lambda *_: new_photos * (1 - load.inline) * load.photo_bytes / 1e6),
        ("workers", "machines", "", lambda price, chosen: worker_machines(load, chosen, machine, price)),
        ("brokers", "partitions", "", lambda _, chosen: chosen.partitions),
        ("brokers", "brokers", "", lambda _, chosen: chosen.brokers),
        ("brokers", "disk, all replicas", "TB",
         lambda price, chosen: kafka_needs(load, chosen, price).disk / 1e12),
        ("brokers", "of it takedowns, all replicas", "TB",
         lambda price, chosen: kafka_needs(load, chosen, price).takedown_bytes * load.replication / 1e12),
        ("brokers", "network in, all", "MB/s",
         lambda price, chosen: kafka_needs(load, chosen, price).incoming / 1e6),
        ("brokers", "network out, all", "MB/s",
         lambda price, chosen: kafka_needs(load, chosen, price).outgoing / 1e6),
        ("brokers", "cores, all", "cores", lambda price, chosen: kafka_needs(load, chosen, price).cores),
        ("look back", "shards", "", lambda _, chosen: chosen.lookback_shards),
        ("look back", "cores, storing", "cores", lambda price, chosen: look_back(load, chosen, price).cores),
        ("look back", "a pass, all shards, processor time", "h",
         lambda price, chosen: look_back(load, chosen, price).pass_seconds / 3600),
        ("look back", "RAM, a shard", "GB", lambda price, chosen: look_back(load, chosen, price).memory / GB),
        ("look back", "disk, all shards", "TB", lambda price, chosen: look_back(load, chosen, price).disk / 1e12),
        ("beside", "photo store", "TB", lambda *_: photo_store_bytes(load) / 1e12),
        ("beside", "console's database", "GB", lambda price, _: console_bytes(load, price) / GB),
    ]  # fmt: skip
