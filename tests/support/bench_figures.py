"""A run of the benchmarks that meets every goal, and the same with one figure changed."""

from typing import Any

import msgspec

from streams.bench.figures import (
    AddedFigures,
    LookbackFigures,
    LookbackRow,
    PhotoFigures,
    Spread,
    StreamFigures,
    TitleFigures,
    TitleGrowth,
    TitleRow,
    UnderLoad,
)
from streams.bench.result import Part, Result, new_result, with_part
from streams.evaluation.figures import share_figure
from streams.evaluation.photo_bench_figures import (
    BenchFigures,
    GrowthRow,
    PeerGrowthRow,
    RecallFigure,
    SpeedFigure,
    TimeFigure,
)
from streams.evaluation.photo_bench_methods import OURS, PDQ

FAST = Spread(p50=40.0, p95=60.0, p99=90.0, worst=95.0, count=150)


def recall(mean: float) -> RecallFigure:
    return RecallFigure({"half": share_figure(9, 10)}, mean, mean, "half", 0, share_figure(0, 100))


def grown(photos: int, look_up: float) -> GrowthRow:
    time = TimeFigure(look_up, 5 * look_up)
    return GrowthRow(photos, 0, time, 199, time, time, 2_700.0, 10_800.0, 3_300.0, 100.0)


def peer_grown(hashes: int, look_up: float, add: float) -> PeerGrowthRow:
    return PeerGrowthRow(PDQ, hashes, TimeFigure(look_up, look_up), 200, TimeFigure(add, add), 300.0)


BENCH = BenchFigures(
    recall={OURS: recall(0.98), PDQ: recall(0.29)},
    elsewhere=0,
    speed={
        OURS: {800: SpeedFigure((250.0,), 250.0, 1.7)},
        PDQ: {800: SpeedFigure((147.0,), 147.0, 1.0)},
    },
    stages={},
    tiers={},
    growth=(grown(10_000, 1.5), grown(40_000, 1.6), grown(1_000_000, 3.0)),
    exponent=0.2,
    peer_growth=(peer_grown(40_000, 0.1, 20.0), peer_grown(1_000_000, 2.5, 525.0)),
    missing={},
)
PHOTOS = PhotoFigures(BENCH)
TITLES = TitleFigures(
    bank=40_000,
    held=356,
    rows={OURS: TitleRow(0.99, 13, 14, 0.05), "another": TitleRow(0.3, 1, 14, 1.0)},
    growth=(TitleGrowth(40_000, 0.02, 0.03, 0.02, 1_800.0),),
    missing={"a third | one": "No module named 'third'"},
)
STREAM = StreamFigures(
    bank=40_000,
    listings=30_000,
    text={1: (4_000.0, 4_400.0, 4_300.0), 2: (8_600.0, 8_700.0, 8_800.0)},
    faust=(15_000.0,),
    bare=(20_000.0,),
    photo={1: (143.0,), 2: (268.0,)},
    latency=UnderLoad(rate=3_000.0, took=FAST, relists=1_200, missing=0, generator=""),
    start={1_000: 1.1, 100_000: 2.9},
    faust_table=13.8,
    large_bank=100_000,
    start_photos=(24.7, 2.3),
    matchable=FAST,
)
ADDED = AddedFigures(
    takedowns=1_000_000,
    photos=40_000,
    every=20.0,
    by_title=FAST,
    by_photo=FAST,
    missed=0,
    start=60.0,
    memory=3_000_000_000,
    held_back=1.5,
)
LOOKBACK = LookbackFigures(
    listings=100_000,
    bank=40_000,
    shards=2,
    passes=(
        LookbackRow(photos=False, takedowns=1, seconds=1.9, used=1.8),
        LookbackRow(photos=True, takedowns=1, seconds=2.4, used=2.3),
        LookbackRow(photos=True, takedowns=100, seconds=30.0, used=29.0),
    ),
)
FIGURES: dict[str, msgspec.Struct] = {
    "photos": PHOTOS, "titles": TITLES, "stream": STREAM, "added": ADDED, "lookback": LOOKBACK
}  # fmt: skip


def part(measured: msgspec.Struct, /, **changes: Any) -> Part:
    """A part that measured these."""
    made = Part(
        size="full", taken="2026-11-26", minutes=3.0, command="python -m streams.benchmarks.stream --json FILE",
        figures=msgspec.Raw(msgspec.json.encode(measured)),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def run(**instead: msgspec.Struct) -> Result:
    """A run with all parts, those named with other figures."""
    result = new_result("4.3.1", "2,400 real photos of 148 senders and 5,108 real titles")
    for name, figures in (FIGURES | instead).items():
        result = with_part(result, name, part(figures))
    return result
