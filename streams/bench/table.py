"""From what was measured to the rows of the table of goals. Pure: the same run always gives the same rows."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from streams.bench.figures import (
    AddedFigures,
    LookbackFigures,
    PhotoFigures,
    Spread,
    StreamFigures,
)
from streams.bench.result import Result
from streams.evaluation.photo_bench_figures import BenchFigures, GrowthRow, PeerGrowthRow, exponent
from streams.evaluation.photo_bench_methods import OURS, PDQ

Met = Literal["met", "missed", "not measured"]

TIMES_PDQ, RECALL_TIMES_PDQ = 1.5, 2.0
ADDED_MS, LATENCY_MS = 1_000.0, 500.0
LOOK_UP_TIMES, PHOTO_BYTES = 2.0, 4_096.0
TEXT_RATE, LOOKBACK_SECONDS, START_SECONDS, TWO_WORKERS = 3_000.0, 10.0, 3.0, 1.8
FROM = 40_000
"""Takedown photos from which on growth is asked about. A quick run has its own sizes."""
POLLED = "its server polls for new ones every 30 to 60 s (its documents)"

F = TypeVar("F")


class Row(Struct, frozen=True):
    """One goal. `peer`: what was measured beside it in the same run, or says that there is nothing to."""

    measure: str
    goal: str
    measured: str
    peer: str
    met: Met
    part: str


def figures_of(result: Result, part: str, kind: type[F]) -> F | None:
    """What that part measured; None where it is not in the run, failed, or is of another version of the program."""
    found = result.parts.get(part)
    if found is None or found.failed:
        return None
    try:
        return msgspec.json.decode(found.figures, type=kind)
    except msgspec.MsgspecError:
        return None


def why_missing(result: Result, part: str) -> str:
    """Why a part has no figures."""
    found = result.parts.get(part)
    if found is None:
        return "not run"
    return f"failed: {found.failed}" if found.failed else "of another version of the benchmark"


def table(result: Result) -> list[Row]:
    """Every goal of speed, memory and growth; a row for each also where its part is missing."""
    photos = figures_of(result, "photos", PhotoFigures)
    known = {
        "photos": photos.figures if photos else None,
        "stream": figures_of(result, "stream", StreamFigures),
        "added": figures_of(result, "added", AddedFigures),
        "lookback": figures_of(result, "lookback", LookbackFigures),
    }
    rows: list[Row] = []
    for part, measure, goal, make in GOALS:
        figures = known[part]
        found = list(make(figures, known["photos"])) if figures is not None else []
        why = why_missing(result, part) if figures is None else "too few sizes"
        rows += found or [Row(measure, goal, why, "", "not measured", part)]
    return rows


def _rate_rows(photos: BenchFigures, _: object) -> Iterator[Row]:
    ours, peer = photos.recall[OURS].mean, photos.recall[PDQ].mean if PDQ in photos.recall else None
    for side, figure in photos.speed[OURS].items():
        measure = f"photos a second, both cores, fingerprint and match, {_side(side)}"
        goal = f"{TIMES_PDQ} times threatexchange PDQ at twice its recall"
        measured = f"{figure.median:,.0f}, recall {ours or 0:.3f}"
        if figure.ratio is None or peer is None or ours is None:
            why = photos.missing.get(PDQ, "not measured")
            yield Row(measure, goal, measured, f"PDQ: {why}", "not measured", "photos")
            continue
        theirs = photos.speed[PDQ][side]
        met = figure.ratio >= TIMES_PDQ and ours >= RECALL_TIMES_PDQ * peer
        measured = f"**{figure.ratio:.2f} times**: {measured}"
        shown = f"PDQ {theirs.median:,.0f}, recall {peer:.3f}"
        yield Row(measure, goal, measured, shown, _met(met), "photos")


def _added_rows(added: AddedFigures, photos: BenchFigures | None) -> Iterator[Row]:
    p99 = max(added.by_title.p99, added.by_photo.p99)
    held = (
        ""
        if added.held_back is None
        else f"; a snapshot of all holds new ones back for {added.held_back:.1f} s"
    )
    many = added.by_title.count + added.by_photo.count
    missed = (
        f"; {added.missed} of {many} relists had no alert and count as waited for" if added.missed else ""
    )
    measured = (
        f"**{p99:,.0f} ms** (by title {_three(added.by_title)}, by photo {_three(added.by_photo)}), until a relist's"
        f" alert is read{held}{missed}"
    )
    yield Row(
        f"one takedown added until it matches, p99 end to end through Kafka, {added.takedowns:,} held,"
        f" {added.photos:,} of them with a photo",
        "1 s",
        measured,
        _peer_adds(photos),
        _met(p99 <= ADDED_MS),
        "added",
    )


def _peer_adds(photos: BenchFigures | None) -> str:
    rows = [row for row in photos.peer_growth if row.index == PDQ] if photos else []
    if not rows:
        return f"threatexchange: not measured; {POLLED}"
    adds = " / ".join(f"{row.add.median:,.1f}" for row in rows)
    sizes = " / ".join(f"{row.hashes:,}" for row in rows)
    return f"threatexchange's index alone, without a stream: {adds} ms at {sizes}; {POLLED}"


def _growth_rows(photos: BenchFigures, _: object) -> Iterator[Row]:
    rows = compared(photos.growth)
    if len(rows) < 2:
        return
    low, high = rows[0], rows[-1]
    times = high.look_up.median / low.look_up.median
    power = exponent([row.photos for row in rows], [row.look_up.median for row in rows])
    yield Row(
        f"cost of a look-up, {low.photos:,} to {high.photos:,} in the bank",
        f"at most {LOOK_UP_TIMES:.0f} times",
        f"**{times:.2f} times** (exponent {power or 0:.2f}): {low.look_up.median:.2f} to"
        f" {high.look_up.median:.2f} ms",
        "; ".join(_peer_growth(photos.peer_growth, low.photos)) or "none measured",
        _met(times <= LOOK_UP_TIMES),
        "photos",
    )
    memory = max(high.memory, high.resident - high.mapped)
    largest = max((row.hashes for row in photos.peer_growth), default=0)
    beside = (f"{row.index} {row.memory:,.0f} bytes" for row in photos.peer_growth if row.hashes == largest)
    yield Row(
        f"RAM a takedown photo, {high.photos:,} held",
        "4 KB",
        f"**{memory:,.0f} bytes** ({high.memory:,.0f} by the index's own account,"
        f" {high.resident - high.mapped:,.0f} by the system's, pages of its files left out), {high.disk:,.0f} on disk",
        f"a hash of 256 bits alone, no points: {'; '.join(beside) or 'none measured'}",
        _met(memory <= PHOTO_BYTES),
        "photos",
    )


def _peer_growth(peers: Sequence[PeerGrowthRow], least: int) -> Iterator[str]:
    """How each peer's look-up grows from that size on; of a run without two such sizes, from its smallest."""
    for index in dict.fromkeys(row.index for row in peers):
        every = sorted((row for row in peers if row.index == index), key=lambda row: row.hashes)
        rows = [row for row in every if row.hashes >= least]
        rows = rows if rows[1:] else every
        first, last = rows[0], rows[-1]
        power = exponent([row.hashes for row in rows], [row.look_up.median for row in rows])
        grown = last.look_up.median / first.look_up.median
        yield f"{index} {grown:.1f} times (exponent {power or 0:.2f})"


def compared(growth: Sequence[GrowthRow]) -> list[GrowthRow]:
    """The sizes to compare, ascending: from 40,000 on, or of a small run all."""
    rows = sorted(growth, key=lambda row: row.photos)
    large = [row for row in rows if row.photos >= FROM]
    return large if large[1:] else rows


def _latency_rows(stream: StreamFigures, _: object) -> Iterator[Row]:
    load = stream.latency
    measured = (
        f"**{load.took.p95:,.0f} ms** at {load.rate:,.0f} a second (p50 {load.took.p50:,.0f}, p99"
        f" {load.took.p99:,.0f}; {load.relists - load.missing:,} of {load.relists:,} relists alerted)"
    )
    met = _met(load.took.p95 <= LATENCY_MS and not load.missing)
    if load.generator:
        measured, met = f"{measured}; the load was not kept up: {load.generator}", "not measured"
    yield Row(
        "listing in, alert out, p95, at 70% of capacity through Kafka",
        "500 ms",
        measured,
        "none: no peer takes listings from a stream",
        met,
        "stream",
    )


def _text_rows(stream: StreamFigures, _: object) -> Iterator[Row]:
    ours, faust, bare = median(stream.text[1]), median(stream.faust), median(stream.bare)
    yield Row(
        f"text-only listings a second, one worker, bank {stream.bank:,}",
        f"{TEXT_RATE:,.0f}",
        f"**{ours:,.0f}**: {ours / faust:.0%} of Faust's floor and {ours / bare:.0%} of aiokafka's, with two hops"
        " through Kafka and the decision",
        f"Faust's agent that does nothing, one hop in {faust:,.0f}; aiokafka alone, one hop in and out {bare:,.0f}",
        _met(ours >= TEXT_RATE),
        "stream",
    )


def _lookback_rows(lookback: LookbackFigures, _: object) -> Iterator[Row]:
    for photos in (False, True):
        passes = {row.takedowns: row.seconds for row in lookback.passes if row.photos is photos}
        if not passes:
            continue
        took = " / ".join(f"{seconds:.1f}" for seconds in passes.values())
        yield Row(
            f"look back over {lookback.listings:,} {'listings with a photo' if photos else 'text listings'} when a"
            f" takedown arrives, {lookback.shards} shards",
            "10 s",
            f"**{passes[min(passes)]:.1f} s** for one; {took} s for {' / '.join(f'{n:,}' for n in passes)} at once",
            "none: no peer has one",
            _met(passes[min(passes)] <= LOOKBACK_SECONDS),
            "lookback",
        )


def _start_rows(stream: StreamFigures, _: object) -> Iterator[Row]:
    table = "not measured" if stream.faust_table is None else f"{stream.faust_table:.1f} s"
    largest = max(stream.start)
    yield Row(
        f"worker start with {largest:,} takedowns until ready",
        "3 s",
        f"**{stream.start[largest]:.1f} s**",
        f"Faust's table of the same records {table}",
        _met(stream.start[largest] <= START_SECONDS),
        "stream",
    )
    first, again = stream.start_photos
    yield Row(
        f"the same, {stream.large_bank:,} takedowns with a photo each",
        "3 s",
        f"**{again:.1f} s** from a snapshot, {first:.1f} s the first time",
        f"Faust's table, without photos, {table}",
        _met(again <= START_SECONDS),
        "stream",
    )


def _worker_rows(stream: StreamFigures, _: object) -> Iterator[Row]:
    for what, rates in (("text listings", stream.text), ("listings with a photo", stream.photo)):
        one, two = median(rates[1]), median(rates[2])
        yield Row(
            f"two workers against one, on two cores, {what}",
            f"{TWO_WORKERS} times",
            f"**{two / one:.2f} times**: {one:,.0f} and {two:,.0f} a second",
            "two cores, which the broker shares",
            _met(two / one >= TWO_WORKERS),
            "stream",
        )


GOALS: tuple[tuple[str, str, str, Callable[..., Iterator[Row]]], ...] = (
    ("photos", "photos a second, both cores, bank 40,000", "1.5 times threatexchange PDQ", _rate_rows),
    ("added", "one takedown added until it matches, 1,000,000 held", "1 s", _added_rows),
    ("photos", "cost of a look-up, 40,000 to 1,000,000; RAM a takedown photo", "2 times; 4 KB", _growth_rows),
    ("stream", "listing in, alert out, p95, at 70% of capacity", "500 ms", _latency_rows),
    ("stream", "text-only listings a second, one worker", "3,000", _text_rows),
    ("lookback", "look back over 100,000 listings", "10 s", _lookback_rows),
    ("stream", "worker start with 100,000 takedowns until ready", "3 s", _start_rows),
    ("stream", "two workers against one, on two cores", "1.8 times", _worker_rows),
)
"""Part, what stands in its place where it is missing, the goal, and what makes its rows."""


def _met(reached: bool) -> Met:
    return "met" if reached else "missed"


def _three(took: Spread) -> str:
    return f"{took.p50:,.0f} / {took.p95:,.0f} / {took.p99:,.0f} of {took.count}"


def _side(side: int) -> str:
    return f"{side:,} px" if side else "as large as the data's"
