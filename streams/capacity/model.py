"""What a load needs, at one edge of the measurements' errors. Pure: numbers in, numbers out.

Every figure is for the busiest hour where it is a rate, and for the state after all retention times where it is a size.
"""

import math
from dataclasses import dataclass

from msgspec.structs import replace

from streams.capacity.costs import Prices
from streams.capacity.load import DAY, GB, Chosen, Load, Machine
from streams.settings import Lookback, Topics, Worker

SETTLE_SECONDS = Lookback().settle_seconds
"""Within which every worker must know a takedown, or a look back misses listings (docs/delivery.md)."""
SHARDS = (*range(1, 17), 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128)
"""That are tried."""
GROWTH = 2
"""Partitions for so many times the workers: a key stays in its partition only as long as their number stays."""
LEAST_PARTITIONS = Topics().partitions
FETCH_BYTES = 1024 * 1024
"""Of each partition that wait in the client (streams.worker.worker.FETCH_BYTES, which imports all of Faust)."""
BUFFER_BYTES = float(Worker().buffer_bytes)
MOST_PARTITIONS_A_BROKER = 4_000
"""Replicas that a broker holds with ease, as Kafka's own operators count (KIP-578 speaks of this order)."""
TOPICS_WITH_PARTITIONS = 14
"""Of `streams.topics`, those that have `topics.partitions` of them."""
PASS_TAKEDOWNS = 1000.0
"""Looked for together at most, in the model: dearer passes take more, but each takedown's share falls."""
SPARSE = 2.0
"""A listing that came again stays on the lookback's disk until half of its segment did
(streams.lookback.listing_store)."""
COUNTED_BYTES = 350.0
"""Of a takedown that another shard holds, for how rare its words are; an estimate, not measured."""
BLOCK = 4096
"""Bytes of a file system's block, of which half is lost a file."""
MEASURED_MOVES = 4
"""Of a listing's two records: each written once and read once."""
LEAST_PROCESS = 60e6
"""Bytes of a Python process with all that a worker imports."""
SNAPSHOTS = 2.0
"""The one that counts and the one that is being written."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Of one listing, on one replica of Kafka."""

    listings: float
    fingerprints: float
    alerts: float

    @property
    def total(self) -> float:
        """On all topics."""
        return self.listings + self.fingerprints + self.alerts


@dataclass(frozen=True, slots=True)
class Kafka:
    """The brokers together; bytes a second at the peak."""

    bytes: Bytes
    takedown_bytes: float
    """Of all takedowns, on one replica."""
    disk: float
    incoming: float
    outgoing: float
    cores: float


@dataclass(frozen=True, slots=True)
class Work:
    """Cores, wholly used, at the peak."""

    fingerprint: float
    """In the main processes: decoding, texts, and Kafka."""
    photos: float
    """In the photo processes."""
    match: float
    """Of all shards together."""

    @property
    def main(self) -> float:
        """In the main processes."""
        return self.fingerprint + self.match

    @property
    def total(self) -> float:
        """Of all workers."""
        return self.main + self.photos


@dataclass(frozen=True, slots=True)
class Held:
    """What one process that holds takedowns takes, in bytes and seconds of processor time."""

    memory: float
    mapped: float
    """Files that are mapped, for which the system wants memory too."""
    from_snapshot: float
    from_topic: float
    held_back: float
    """Seconds for which changes wait while a snapshot is written."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """All look backs together, but `memory`, of one process; `pass_seconds` of one core for all of them."""

    cores: float
    disk: float
    memory: float
    pass_seconds: float


def kafka_bytes(load: Load, price: Prices) -> Bytes:
    """Of a listing, on one replica."""
    text = price.line("linked_bytes", 0.0)
    links = load.photos * (1 - load.inline) * price.each("linked_bytes")
    inline = load.photos * load.inline * load.photo_bytes * price.each("listing_bytes")
    return Bytes(
        text + links + inline,
        price.line("fingerprint_bytes", load.photos),
        load.alerts * price.one("alert_bytes"),
    )


def kafka_needs(load: Load, chosen: Chosen, price: Prices) -> Kafka:
    """Of all brokers together."""
    each = kafka_bytes(load, price)
    days = (
        each.listings * load.listings_days
        + each.fingerprints * load.fingerprints_days
        + each.alerts * load.alerts_days
    )
    a_takedown = price.line("linked_bytes", load.takedown_photos) + price.line(
        "takedown_bytes", load.takedown_photos
    )
    takedown_bytes = load.takedowns * a_takedown
    takedowns_a_second = load.takedowns_per_day * load.peak / DAY * a_takedown
    produced = load.peak_rate * each.total + takedowns_a_second
    # listings: the workers and `takedowns resolve`. fingerprints: every shard, the look back, `takedowns resolve`.
    # takedown-fingerprints: every worker and look back, whole, and the console.
    readers = chosen.workers + chosen.lookback_shards + 1
    consumed = (
        load.peak_rate * (2 * each.listings + (chosen.shards + 2) * each.fingerprints + each.alerts)
        + takedowns_a_second * readers
    )
    copies = load.replication - 1
    incoming, outgoing = produced * load.replication, consumed + produced * copies
    # Measured with one replica and one reader of each topic: four records moved a listing, and each byte twice.
    moves = 2 * load.replication + (chosen.shards + 4) + 2 * copies
    work = load.peak_rate * price.line("broker_work", 0.0) * moves / MEASURED_MOVES
    work += (incoming + outgoing) * price.each("broker_work") / 2
    disk = (load.listings_per_day * days + takedown_bytes) * load.replication
    return Kafka(each, takedown_bytes, disk, incoming, outgoing, work)


def work_needs(load: Load, chosen: Chosen, price: Prices) -> Work:
    """Cores of the workers at the peak."""
    match = match_seconds(load, chosen.shards, price)
    measured = price.line("match_work", load.photos)
    inline = price.line("worker_work", load.photos)
    linked = price.line("linked_work", load.photos)
    whole = load.inline * inline + (1 - load.inline) * linked
    # Beside its look-ups a listing costs what it did in the measured flow.
    fingerprint = max(whole - measured, 0.0)
    return Work(
        load.peak_rate * fingerprint,
        load.peak_rate * load.photos * price.each("photo_work"),
        load.peak_rate * match * chosen.shards,
    )


def match_seconds(load: Load, shards: int, price: Prices) -> float:
    """Of one listing in one shard: reading it as in the measured flow, and look-ups in what the shard holds."""
    then = price.look_up("title_search", price.flow_bank) + load.photos * price.look_up(
        "photo_search", price.flow_photos
    )
    rest = max(price.line("match_work", load.photos) - then, 0.0)
    titles, photos = load.takedowns / shards, load.takedowns * load.takedown_photos / shards
    searches = price.look_up("title_search", titles) if titles else 0.0
    if photos:
        searches += load.photos * price.look_up("photo_search", photos)
    return rest + searches


def held_by(load: Load, takedowns: float, price: Prices) -> Held:
    """What so many takedowns take of a process that holds them."""

    def of(what: str) -> float:
        photo = max(price.each(f"photo_{what}") - price.each(f"text_{what}"), 0.0)
        return takedowns * (price.each(f"text_{what}") + load.takedown_photos * photo)

    return Held(
        memory=of("memory"),
        mapped=of("snapshot"),
        from_snapshot=of("load"),
        from_topic=of("read"),
        held_back=takedowns * load.takedown_photos * price.each("photo_held_back"),
    )


def own_memory(price: Prices) -> float:
    """Bytes of a worker's main process without takedowns: of the measured one, less what it held."""
    flow = Load(listings_per_day=1.0, takedown_photos=price.flow_photos / max(price.flow_bank, 1))
    return max(price.one("worker_base") - held_by(flow, price.flow_bank, price).memory, LEAST_PROCESS)


def worker_memory(load: Load, chosen: Chosen, price: Prices) -> float:
    """Bytes of one worker with one photo process: its takedowns, what it counts of other shards', buffers, itself."""
    waiting = 2 * BUFFER_BYTES + 2 * LEAST_PARTITIONS * FETCH_BYTES
    processes = own_memory(price) + price.one("photo_process_base")
    others = load.takedowns * (1 - 1 / chosen.shards) * COUNTED_BYTES
    return held_by(load, load.takedowns / chosen.shards, price).memory + others + waiting + processes


def look_back(load: Load, chosen: Chosen, price: Prices) -> LookBack:
    """All shards of it together, `memory` of one: it holds all takedowns, whichever shard of the workers does."""
    kept = load.listings_per_day * (1 - load.updates) * load.lookback_days

    def of(what: str) -> float:
        photo = max(price.each(f"photo_{what}") - price.each(f"text_{what}"), 0.0)
        return price.each(f"text_{what}") + load.photos * photo

    def pass_of(kind: str) -> float:
        return price.line(f"{kind}_pass_by_takedowns", min(load.takedowns_per_day, PASS_TAKEDOWNS))

    a_listing = pass_of("text") + load.photos * max(pass_of("photo") - pass_of("text"), 0.0)
    own = own_memory(price) + kept / chosen.lookback_shards * of("stored_memory")
    return LookBack(
        cores=load.peak_rate * of("store_work"),
        disk=kept * of("stored") * (SPARSE if load.updates else 1.0),
        memory=own + held_by(load, load.takedowns, price).memory,
        pass_seconds=kept * a_listing if load.takedowns_per_day else 0.0,
    )


def photo_store_bytes(load: Load) -> float:
    """Of all photos that are kept, each in whole blocks of a file system."""
    new = load.listings_per_day * load.photos * (1 - load.seen_photos)
    return new * load.photo_days * (load.photo_bytes + BLOCK / 2)


def console_bytes(load: Load, price: Prices) -> float:
    """Of the console's database."""
    alerts = load.listings_per_day * load.alerts * load.alerts_days
    return alerts * price.each("console_alerts") + load.takedowns * price.each("console_takedowns")


def choose(load: Load, machine: Machine, price: Prices, shards: int | None = None) -> Chosen:
    """How it is set up: the shards with which the workers need the fewest machines, and as many workers, partitions,
    look backs and brokers as the load then takes."""
    counts = SHARDS if shards is None else (shards,)
    tried = [_workers(load, machine, price, count) for count in counts]
    chosen = min(
        tried,
        key=lambda one: (_misfit(load, one, machine, price), worker_machines(load, one, machine, price)),
    )
    looking = look_back(load, chosen, price)
    passes = looking.pass_seconds / (load.lookback_minutes * 60)
    lookback_shards = max(1, math.ceil((passes + looking.cores) / machine.utilisation))
    partitions = partitions_for(max(chosen.workers, lookback_shards))
    chosen = replace(chosen, lookback_shards=lookback_shards, partitions=partitions)
    kafka = kafka_needs(load, chosen, price)
    usable = machine.utilisation
    brokers = max(
        load.replication,
        math.ceil(kafka.disk / (machine.disk_gb * GB * usable)),
        math.ceil(max(kafka.incoming, kafka.outgoing) / (machine.network_gbit * GB / 8 * usable)),
        math.ceil(kafka.cores / (machine.cores * usable)),
        math.ceil(partitions * load.replication * TOPICS_WITH_PARTITIONS / MOST_PARTITIONS_A_BROKER),
    )
    return replace(chosen, brokers=brokers, photo_store_bytes=photo_store_bytes(load) / usable)


def _workers(load: Load, machine: Machine, price: Prices, shards: int) -> Chosen:
    work = work_needs(load, Chosen(shards=shards), price)
    return Chosen(shards=shards, workers=shards * max(1, math.ceil(work.main / shards / machine.utilisation)))


def _misfit(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> float:
    """By how much a worker is too large for a machine, or for a snapshot to be written in time; 0 where it fits."""
    room = machine.ram_gb * GB * machine.utilisation
    held_back = held_by(load, load.takedowns / chosen.shards, price).held_back
    return max(0.0, worker_memory(load, chosen, price) / room - 1, held_back / SETTLE_SECONDS - 1)


def worker_machines(load: Load, chosen: Chosen, machine: Machine, price: Prices) -> int:
    """For the workers: by cores or by RAM, whichever is more."""
    cores = work_needs(load, chosen, price).total / (machine.cores * machine.utilisation)
    ram = chosen.workers * worker_memory(load, chosen, price) / (machine.ram_gb * GB * machine.utilisation)
    return max(1, math.ceil(cores), math.ceil(ram))


def partitions_for(workers: int) -> int:
    """A power of two, twice the workers at least, so that they can be shared evenly as workers are added."""
    return max(LEAST_PARTITIONS, 1 << (GROWTH * workers - 1).bit_length())
