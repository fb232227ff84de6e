"""What a plan rests on that was not measured, and what does not fit: said beside the figures. Pure."""

from collections.abc import Iterator

from streams.capacity.costs import CURVES, Costs
from streams.capacity.load import DAY, GB, Chosen, Load, Machine
from streams.capacity.model import look_back, worker_memory

MEASURED_PHOTOS = 3
"""A listing; more are extrapolated."""
WORKERS_SEEN = 4
"""In one group, as tests and chaos runs have them."""
ALERTS_SEEN = 100_000
"""In the console's database (docs/benchmarks.md, the console)."""


def caveats(load: Load, chosen: Chosen, machine: Machine, costs: Costs) -> list[str]:
    """A line each."""
    return [
        *_look_ups(load, chosen, costs),
        *_beyond(load, chosen, costs),
        *_misfits(load, chosen, machine, costs),
    ]


def _look_ups(load: Load, chosen: Chosen, costs: Costs) -> Iterator[str]:
    held = {
        "title_search": load.takedowns / chosen.shards,
        "photo_search": load.takedowns * load.takedown_photos / chosen.shards,
    }
    for name, many in held.items():
        curve = costs.curves[name]
        if many > curve.high:
            yield f"extrapolated: {many:,.0f} {CURVES[name]} by a shard, measured to {curve.high:,.0f}"
        elif 0 < many < curve.points[0].x:
            yield f"extrapolated: {many:,.0f} {CURVES[name]} by a shard, measured from {curve.points[0].x:,.0f}"


def _beyond(load: Load, chosen: Chosen, costs: Costs) -> Iterator[str]:
    if load.photos > MEASURED_PHOTOS:
        yield f"extrapolated: {load.photos:g} photos a listing, measured to {MEASURED_PHOTOS}"
    bank, held = costs.lines["photo_memory"].high, load.takedowns / chosen.shards
    if held > bank:
        yield f"extrapolated: memory and start of {held:,.0f} takedowns a shard, measured to {bank:,.0f}"
    kept = load.listings_per_day * (1 - load.updates) * load.lookback_days / chosen.lookback_shards
    if kept > (stored := costs.lines["text_stored"].high):
        yield f"extrapolated: {kept:,.0f} listings stored by a shard of the look back, measured to {stored:,.0f}"
    if (group := chosen.workers // chosen.shards) > WORKERS_SEEN:
        yield f"extrapolated: {group} workers in a group, run with up to {WORKERS_SEEN}"
    if (alerts := load.listings_per_day * load.alerts * load.alerts_days) > ALERTS_SEEN:
        yield f"extrapolated: {alerts:,.0f} alerts in the console's database, measured with {ALERTS_SEEN:,}"
    if load.replication > 1:
        yield "not measured: what replicas cost the brokers; taken as a reader and a writer each"
    if chosen.shards > 1:
        yield "not measured: what shards tell each other, and what a shard keeps of others' takedowns"


def _misfits(load: Load, chosen: Chosen, machine: Machine, costs: Costs) -> Iterator[str]:
    room, price = machine.ram_gb * GB * machine.utilisation, costs.at("mid")
    if (needed := worker_memory(load, chosen, price)) > room:
        yield f"a worker's {needed / GB:,.0f} GB do not fit into a machine's {room / GB:,.0f}: more shards or RAM"
    if (needed := look_back(load, chosen, price).memory) > room:
        yield f"a look back's {needed / GB:,.0f} GB do not fit into a machine's {room / GB:,.0f}: it has all takedowns"
    if load.listings_per_day < DAY:
        yield "under one listing a second: what the processes take by themselves is more than the load"
