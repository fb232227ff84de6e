"""What each part of a run hands on, as JSON from its process to the table. Rates are a second, times as named."""

from msgspec import Struct

from streams.evaluation.photo_bench_figures import BenchFigures


class Spread(Struct, frozen=True):
    """Milliseconds of `count` cases; `worst` is the largest."""

    p50: float
    p95: float
    p99: float
    worst: float
    count: int


class PhotoFigures(Struct, frozen=True):
    """What `photo_bench --json` writes."""

    figures: BenchFigures


class TitleRow(Struct, frozen=True):
    """One title matcher. `recall`: mean over the disguises at 1% false; `at_goal`: disguises at .95 or more, of
    `disguises`. `look_up`: median milliseconds of one thread's processor, in `TitleFigures.bank` titles."""

    recall: float
    at_goal: int
    disguises: int
    look_up: float


class TitleGrowth(Struct, frozen=True):
    """Ours holding so many titles; milliseconds of one thread's processor, `memory` in bytes a title."""

    titles: int
    look_up_median: float
    look_up_mean: float
    add_mean: float
    memory: float


class TitleFigures(Struct, frozen=True):
    """What `title_bench --json` writes. `missing`: why a matcher was not measured."""

    bank: int
    held: int
    rows: dict[str, TitleRow]
    growth: tuple[TitleGrowth, ...]
    missing: dict[str, str]


class UnderLoad(Struct, frozen=True):
    """Listing due to alert read, while `rate` listings a second are sent whatever becomes of them. `missing`: of
    `relists` those without an alert. `generator`: why the load was not what it should be; empty where it was."""

    rate: float
    took: Spread
    relists: int
    missing: int
    generator: str


class StreamFigures(Struct, frozen=True, kw_only=True):
    """What `streams.benchmarks.stream --json` writes. Rounds were measured in turns; by workers where a figure is.

    `start`: seconds until ready, by takedowns. `start_photos`: with a photo each, without a snapshot and with one.
    `faust_table`: seconds until Faust has recovered a table of as many keys; None where it has not.
    """

    bank: int
    listings: int
    text: dict[int, tuple[float, ...]]
    faust: tuple[float, ...]
    """Faust's own agent that does nothing, one worker, the same listings."""
    bare: tuple[float, ...]
    """aiokafka alone, consumer to producer, one process, the same listings."""
    photo: dict[int, tuple[float, ...]]
    latency: UnderLoad
    start: dict[int, float]
    faust_table: float | None
    large_bank: int
    start_photos: tuple[float, float]
    matchable: Spread


class AddedFigures(Struct, frozen=True, kw_only=True):
    """What `streams.bench.added --json` writes: new takedowns beside a bank of `takedowns`, `photos` of which have one.

    `by_title` and `by_photo`: from a takedown's publication until the first of its relists, which are sent every
    `every` milliseconds from then on, has its alert read; `missed` of all had none, and count as long as they were
    waited for. `start`: seconds until the worker was ready, without a snapshot; `memory`: its bytes then; `held_back`:
    seconds for which a snapshot of the whole bank held new takedowns back, None where none was written.
    """

    takedowns: int
    photos: int
    every: float
    by_title: Spread
    by_photo: Spread
    missed: int
    start: float
    memory: int
    held_back: float | None


class LookbackRow(Struct, frozen=True):
    """One pass for `takedowns` over all listings: seconds of the slowest shard, by the clock and of its processor."""

    photos: bool
    takedowns: int
    seconds: float
    used: float


class LookbackFigures(Struct, frozen=True):
    """What `streams.benchmarks.lookback --json` writes."""

    listings: int
    bank: int
    shards: int
    passes: tuple[LookbackRow, ...]
