"""The model's arithmetic on figures that are known: units by hand, more load never needs less, what breaks first."""

import msgspec
import pytest
from capacity_figures import COSTS, LAWS, known
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.capacity.costs import Costs
from streams.capacity.limits import LIMITS, breaks
from streams.capacity.load import Chosen, Load, Machine
from streams.capacity.model import (
    FETCH_BYTES,
    SETTLE_SECONDS,
    TOPICS_WITH_PARTITIONS,
    choose,
    held_by,
    kafka_bytes,
    kafka_needs,
    look_back,
    partitions_for,
    photo_store_bytes,
    work_needs,
    worker_machines,
    worker_memory,
)
from streams.capacity.plan import Plan, needs, plan
from streams.capacity.series import MeasuredError, Point
from streams.topics import ALL_TOPICS

MID = COSTS.at("mid")
LOAD = Load(listings_per_day=1e6, takedowns=1e6, takedowns_per_day=1000.0)
LOADS = st.builds(
    Load,
    listings_per_day=st.floats(1e3, 1e9),
    photos=st.floats(0, 8),
    takedowns=st.floats(0, 1e8),
    takedowns_per_day=st.floats(0, 1e6),
    takedown_photos=st.floats(0, 8),
    peak=st.floats(1, 10),
    updates=st.floats(0, 1),
    photo_bytes=st.floats(1e3, 1e6),
    inline=st.floats(0, 1),
    seen_photos=st.floats(0, 1),
    alerts=st.floats(0, 1),
    replication=st.integers(1, 5),
)
GROWING = [
    "listings_per_day", "photos", "takedowns", "takedowns_per_day", "takedown_photos", "peak", "photo_bytes", "alerts",
    "listings_days", "fingerprints_days", "alerts_days", "photo_days", "lookback_days", "replication",
]  # fmt: skip
SHARED = {"RAM, a shard"}
"""Of a shard of the look back: with more load there are more of them, and each holds less."""


def test_bytes_of_a_listing_are_the_laws() -> None:
    linked = kafka_bytes(msgspec.structs.replace(LOAD, photos=2.0), MID)
    assert linked.listings == pytest.approx(700 + 2 * 100, rel=0.01)
    assert linked.fingerprints == pytest.approx(1_500 + 2 * 21_000, rel=0.01)
    assert linked.alerts == pytest.approx(0.005 * 1_200)
    inline = kafka_bytes(msgspec.structs.replace(LOAD, photos=2.0, inline=1.0), MID)
    assert inline.listings == pytest.approx(700 + 2 * 90_000 * 1.34, rel=0.01)
    half = kafka_bytes(msgspec.structs.replace(LOAD, photos=2.0, inline=0.5), MID)
    assert half.listings == pytest.approx((linked.listings + inline.listings) / 2, rel=0.01)


def test_disk_is_days_times_replicas() -> None:
    load = msgspec.structs.replace(LOAD, photos=0.0, takedown_photos=0.0, alerts=0.0)
    needed = kafka_needs(load, Chosen(), MID)
    assert needed.disk == pytest.approx(3 * (1e6 * (700 * 7 + 1_500 * 30) + 1e6 * (700 + 1_500)), rel=0.01)
    # 1e6 a day at three times the mean, once to a replica each; the takedowns of a day are a thousandth of it.
    assert needed.incoming == pytest.approx(3e6 / 86_400 * (700 + 1_500) * 3, rel=0.01)


def test_readers_are_what_goes_out() -> None:
    load = msgspec.structs.replace(LOAD, photos=0.0, takedowns_per_day=0.0, alerts=0.0, replication=1)
    one, four = (kafka_needs(load, Chosen(shards=shards), MID) for shards in (1, 4))
    rate = 3e6 / 86_400
    assert one.outgoing == pytest.approx(rate * (2 * 700 + 3 * 1_500), rel=0.01)
    assert four.outgoing - one.outgoing == pytest.approx(rate * 3 * 1_500, rel=0.01)


def test_work_is_the_measured_flow_and_the_searches() -> None:
    load = Load(
        listings_per_day=86_400.0, peak=1.0, photos=1.0, takedowns=40_000.0, takedown_photos=0.25, inline=1.0
    )
    work = work_needs(load, Chosen(), MID)
    # The bank of the measured flow, and one listing a second: what was measured, and nothing else.
    assert work.main == pytest.approx(LAWS["worker_work"][0] + LAWS["worker_work"][1], rel=0.01)
    assert work.photos == pytest.approx(6e-3, rel=0.01)
    larger = work_needs(msgspec.structs.replace(load, takedowns=400_000.0), Chosen(), MID)
    expected = 40e-6 * (10**0.8 - 1) + 2e-3 * (10**0.25 - 1) * 0.25**0.25
    assert larger.match - work.match == pytest.approx(expected, rel=0.02)


def test_each_shard_sees_every_listing_and_holds_its_part() -> None:
    whole, four = (Chosen(shards=shards) for shards in (1, 4))
    assert held_by(LOAD, 1e6 / 4, MID).memory == pytest.approx(held_by(LOAD, 1e6, MID).memory / 4)
    assert worker_memory(LOAD, four, MID) < worker_memory(LOAD, whole, MID)
    assert work_needs(LOAD, four, MID).match > 2 * work_needs(LOAD, whole, MID).match
    assert work_needs(LOAD, four, MID).photos == work_needs(LOAD, whole, MID).photos


def test_memory_of_a_takedown_is_its_text_and_its_photos() -> None:
    load = msgspec.structs.replace(LOAD, takedown_photos=2.0)
    assert held_by(load, 1e6, MID).memory == pytest.approx(1e6 * (2_000 + 2 * 3_000), rel=0.01)
    assert held_by(load, 1e6, MID).from_topic == pytest.approx(1e6 * (60e-6 + 2 * 440e-6), rel=0.01)


def test_a_look_back_holds_all_takedowns_and_its_share_of_the_listings() -> None:
    one, eight = (look_back(LOAD, Chosen(lookback_shards=n), MID) for n in (1, 8))
    assert one.disk == eight.disk == pytest.approx(1e6 * 0.7 * 30 * (700 + 2 * 19_000) * 2, rel=0.01)
    assert eight.memory > held_by(LOAD, 1e6, MID).memory
    assert one.memory > eight.memory
    assert look_back(msgspec.structs.replace(LOAD, takedowns_per_day=0.0), Chosen(), MID).pass_seconds == 0


def test_photos_are_kept_once() -> None:
    load = msgspec.structs.replace(LOAD, photos=1.0, seen_photos=0.75, photo_bytes=100_000.0)
    assert photo_store_bytes(load) == pytest.approx(1e6 * 0.25 * 90 * (100_000 + 2_048))


@pytest.mark.parametrize("name", GROWING)
@settings(max_examples=15)
@given(load=LOADS, times=st.integers(2, 9))
def test_more_never_needs_less(name: str, load: Load, times: int) -> None:
    value = getattr(load, name)
    larger = msgspec.structs.replace(load, **{name: value * times if value else type(value)(times)})
    if name == "alerts":
        larger = msgspec.structs.replace(larger, alerts=min(1.0, larger.alerts))
    before, after = (
        needs(one, Machine(), COSTS, choose(one, Machine(), MID, shards=3)) for one in (load, larger)
    )
    for less, more in zip(before, after, strict=True):
        if less.name not in SHARED:
            assert more.value.mid >= less.value.mid * (1 - 1e-9), less.name


@settings(max_examples=25)
@given(load=LOADS)
def test_edges_lie_around_what_is_likely_and_all_is_finite(load: Load) -> None:
    for need in needs(load, Machine(), COSTS, choose(load, Machine(), MID)):
        assert 0 <= need.value.low <= need.value.mid <= need.value.high < float("inf"), need.name


@settings(max_examples=50)
@given(load=LOADS, cores=st.integers(1, 128), ram=st.floats(1, 2_000))
def test_what_is_chosen_carries_the_load(load: Load, cores: int, ram: float) -> None:
    machine = Machine(cores=cores, ram_gb=ram)
    chosen = choose(load, machine, MID)
    work = work_needs(load, chosen, MID)
    assert work.main / chosen.workers <= machine.utilisation * (1 + 1e-9)
    assert chosen.partitions >= 2 * chosen.workers
    assert chosen.partitions >= chosen.lookback_shards
    assert chosen.workers % chosen.shards == 0
    assert chosen.brokers >= load.replication
    kafka = kafka_needs(load, chosen, MID)
    assert kafka.disk <= chosen.brokers * machine.disk_gb * 1e9 * machine.utilisation * (1 + 1e-9)
    assert photo_store_bytes(load) == pytest.approx(chosen.photo_store_bytes * machine.utilisation)


def test_shards_are_those_of_the_fewest_machines() -> None:
    load = msgspec.structs.replace(LOAD, takedowns=1e7)
    machine = Machine()
    chosen = choose(load, machine, MID)
    assert chosen.shards > 1
    assert worker_memory(load, chosen, MID) <= machine.ram_gb * 1e9 * machine.utilisation
    assert held_by(load, load.takedowns / chosen.shards, MID).held_back <= SETTLE_SECONDS
    for shards in (chosen.shards - 1, chosen.shards + 1, 4 * chosen.shards):
        other = choose(load, machine, MID, shards)
        fits = worker_memory(load, other, MID) <= machine.ram_gb * 1e9 * machine.utilisation
        held_back = held_by(load, load.takedowns / shards, MID).held_back
        if fits and held_back <= SETTLE_SECONDS:
            assert worker_machines(load, other, machine, MID) >= worker_machines(load, chosen, machine, MID)
    assert choose(msgspec.structs.replace(load, takedowns=1e4), machine, MID).shards == 1


def test_a_limit_breaks_where_it_is_used_up() -> None:
    machine, chosen = Machine(), Chosen(shards=2, workers=4, brokers=3, lookback_shards=2)
    found = breaks(LOAD, chosen, machine, MID)
    assert [one.times for one in found] == sorted(one.times for one in found)
    assert len(found) == len(LIMITS)
    for one in found:
        more, less = (LOAD.grown(one.times * part) for part in (1.01, 0.99))
        assert one.limit.used(more, chosen, machine, MID) > 1, one.limit.name
        assert one.limit.used(less, chosen, machine, MID) <= 1, one.limit.name


def test_a_limit_that_nothing_reaches_does_not_break() -> None:
    load = Load(listings_per_day=10.0, photos=0.0)
    names = {one.limit.name for one in breaks(load, Chosen(), Machine(), MID)}
    assert "photo store" not in names
    assert "snapshot" not in names


def said(found: Plan, words: str) -> bool:
    return any(words in warning for warning in found.warnings)


def test_what_is_extrapolated_is_said() -> None:
    machine = Machine(ram_gb=4_000)
    small = plan(Load(listings_per_day=1e6, takedowns=40_000.0, takedown_photos=0.5), machine, COSTS)
    assert not said(small, "held by a shard")
    assert not said(small, "photos a listing")
    large = plan(
        Load(listings_per_day=1e6, photos=5.0, takedowns=2e6, takedown_photos=2.0), machine, COSTS, shards=1
    )
    assert said(large, "2,000,000 titles held by a shard, measured to 1,000,000")
    assert said(large, "4,000,000 photos held by a shard")
    assert said(large, "5 photos a listing, measured to 3")
    assert said(plan(LOAD, Machine(ram_gb=1), COSTS, shards=1), "do not fit into a machine")


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"listings_per_day": 0.0}, "listings_per_day"),
        ({"listings_per_day": float("nan")}, "listings_per_day"),
        ({"listings_per_day": float("inf")}, "listings_per_day"),
        ({"photos": -1.0}, "photos"),
        ({"updates": 1.5}, "updates"),
        ({"peak": 0.5}, "peak"),
        ({"replication": 0}, "replication"),
    ],
    ids=[
        "no listings",
        "no number",
        "endless",
        "below zero",
        "more than all",
        "peak below the mean",
        "no replica",
    ],
)
def test_inputs_that_cannot_be_are_refused(changed: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        plan(msgspec.structs.replace(LOAD, **changed), Machine(), COSTS)


def test_a_machine_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="utilisation"):
        plan(LOAD, Machine(utilisation=0.0), COSTS)
    with pytest.raises(ValueError, match="shards"):
        plan(LOAD, Machine(), COSTS, shards=0)


def test_a_missing_series_is_named() -> None:
    with pytest.raises(MeasuredError, match="photo_work"):
        Costs(known(photo_work=(Point(1, 0.006),)))


def test_constants_that_stand_twice_agree() -> None:
    from streams.worker.worker import FETCH_BYTES as OF_THE_WORKER

    assert FETCH_BYTES == OF_THE_WORKER
    assert sum(topic.partitions is None for topic in ALL_TOPICS) == TOPICS_WITH_PARTITIONS
    assert [partitions_for(workers) for workers in (1, 4, 5, 100)] == [8, 8, 16, 256]
