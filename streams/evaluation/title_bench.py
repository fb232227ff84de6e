"""`python -m streams.evaluation.title_bench --data DIR`: titles found and time taken, ours beside other methods.

Recall and false alerts on the held-out titles of DIR/titles.csv; time in a bank of the sample marketplace's titles,
where nearly every title has near neighbours. Times are of one thread's processor, so that other work on the
machine counts little. The report goes to stdout as markdown.
"""

import argparse
import itertools
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from connectors.sample.stream import stream_listings
from streams.bench.figures import TitleFigures, TitleGrowth, TitleRow
from streams.evaluation.photo_set import DataError
from streams.evaluation.report import machine, package_versions
from streams.evaluation.title_cases import Answers, Matcher, ask, spread
from streams.evaluation.title_disguise_table import TABLE
from streams.evaluation.title_methods import METHODS, OURS, Ours
from streams.evaluation.title_set import joined_products, read_titles, split_titles
from streams.process_memory import resident

RATE, GOAL = 0.01, 0.95
SECONDS_AT_MOST = 20.0
"""Processor seconds that one method's look-ups may take; a slow one is timed on fewer."""
BANK_SEED, QUERY_SEED = 99, 5
"""As in `streams.benchmarks.stream`."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds."""

    median: float
    mean: float
    p99: float


@dataclass(frozen=True, slots=True)
class Grown:
    """An index of so many titles. `memory`: bytes a title, of the whole process's growth."""

    titles: int
    look_up: Timing
    disguised: Timing
    add: Timing
    withdraw: Timing
    memory: float


def main(arguments: Sequence[str]) -> int:
    """Measure and print; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        titles = read_titles(options.data)
        held_out = split_titles(titles, "held-out")
    except DataError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    bank = [(title.takedown_id, title.text) for title in held_out.bank]
    sample = [(str(n), title) for n, title in enumerate(sample_titles(BANK_SEED, options.bank))]
    queries = list(sample_titles(QUERY_SEED, options.queries))
    rows: dict[str, tuple[Answers, Timing]] = {}
    missing: dict[str, str] = {}
    for name, make in METHODS.items():
        sys.stderr.write(f"{name}\n")
        try:
            answers = ask(
                make(bank),
                held_out,
                TABLE,
                each=options.each,
                others=options.others,
                products=joined_products(titles),
            )
            rows[name] = answers, look_ups(make(sample), queries)
        except ImportError as error:
            missing[name] = str(error)
    grown = list(grow(options.growth, queries))
    if options.json is not None:
        figures = figures_of(rows, missing, grown, options.bank, len(bank))
        options.json.write_bytes(msgspec.json.encode(figures))
    sys.stdout.write("\n".join(report(rows, missing, grown, options.bank, len(bank))) + "\n")
    return 0


def sample_titles(seed: int, many: int) -> Iterator[str]:
    """Titles of the sample marketplace."""
    return (event.title for event in itertools.islice(stream_listings(seed=seed, photos=0), many))


def look_ups(matcher: Matcher, queries: Sequence[str]) -> Timing:
    """What a look-up costs, normalising and all; a warm-up of a tenth, or a twentieth of the time, first."""
    timed(matcher.search, queries[: len(queries) // 10], SECONDS_AT_MOST / 20)
    return timed(matcher.search, queries)


def timed(work: Callable[[str], object], items: Sequence[str], at_most: float = SECONDS_AT_MOST) -> Timing:
    """`work` on each item, until it took so many seconds."""
    took = []
    for item in items:
        started = time.thread_time()
        work(item)
        took.append(time.thread_time() - started)
        if sum(took) > at_most:
            break
    micro = np.array(took) * 1e6
    return Timing(float(np.median(micro)), float(micro.mean()), float(np.quantile(micro, 0.99)))


def grow(sizes: Sequence[int], queries: Sequence[str]) -> Iterator[Grown]:
    """Our index at each of these sizes, of the sample marketplace's titles."""
    before = resident()
    ours = Ours(())
    source = enumerate(sample_titles(BANK_SEED, max(sizes, default=0)))
    for size in sizes:
        held: list[str] = []
        for number, title in itertools.islice(source, size - len(ours.index)):
            ours.add(str(number), title)
            held.append(title)
        memory = (resident() - before) / size
        look_up = look_ups(ours, queries)
        disguised = look_ups(ours, [f"ready {t[1:]} murah" for t in spread(held, len(queries))])
        more = [f"{number} {title}" for number, title in enumerate(queries)]
        add = timed(lambda owner: ours.add(owner, owner.split(" ", 1)[1]), more)
        withdraw = timed(ours.index.withdraw, more)
        yield Grown(size, look_up, disguised, add, withdraw, memory)


def figures_of(
    rows: dict[str, tuple[Answers, Timing]],
    missing: dict[str, str],
    grown: Sequence[Grown],
    bank: int,
    held: int,
) -> TitleFigures:
    """What the table of all goals takes of it."""
    found = {}
    for name, (answers, timing) in rows.items():
        cut = answers.cut(RATE)
        recall = [answers.recall(disguise.name, cut).value for disguise in TABLE]
        at_goal = sum(one >= GOAL for one in recall)
        found[name] = TitleRow(sum(recall) / len(recall), at_goal, len(recall), timing.median / 1000)
    growth = [
        TitleGrowth(
            row.titles, row.look_up.median / 1000, row.look_up.mean / 1000, row.add.mean / 1000, row.memory
        )
        for row in grown
    ]
    return TitleFigures(bank, held, found, tuple(growth), missing)


def report(
    rows: dict[str, tuple[Answers, Timing]],
    missing: dict[str, str],
    grown: Sequence[Grown],
    bank: int,
    held: int,
) -> Iterator[str]:
    """Markdown."""
    yield f"# Titles: {held} takedowns searched for disguised ones; time in a bank of {bank}"
    names = [disguise.name for disguise in TABLE]
    yield from (
        "",
        f"| method | mean recall at 1% false | rows at .95 | {' | '.join(names)} | look-up ms, median | times ours |",
    )
    yield "|---" * (len(names) + 5) + "|"
    ours = rows[OURS][1].median
    for name, (answers, timing) in rows.items():
        cut = answers.cut(RATE)
        recall = [answers.recall(disguise, cut).value for disguise in names]
        yield (
            f"| {name} | {sum(recall) / len(recall):.3f} | {sum(r >= GOAL for r in recall)} of {len(recall)} | "
            + " | ".join(f"{r:.2f}" for r in recall)
            + f" | {timing.median / 1000:.3f} | {timing.median / ours:.0f} |"
        )
    yield from (f"\n{name} is not measured: {why}" for name, why in missing.items())
    yield from (
        "",
        "| titles | look-up µs, median / mean / p99 | of a disguised title | add | withdraw | bytes a title |",
        "|---" * 6 + "|",
    )
    for row in grown:
        parts = (row.look_up, row.disguised, row.add, row.withdraw)
        yield f"| {row.titles} | " + " | ".join(map(_microseconds, parts)) + f" | {row.memory:.0f} |"
    yield from ("", f"{machine()}; Python {platform.python_version()}; {package_versions()}")


def _microseconds(timing: Timing) -> str:
    return f"{timing.median:.0f} / {timing.mean:.0f} / {timing.p99:.0f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m streams.evaluation.title_bench",
        description="Recall, false alerts and time of title matchers, and growth of ours.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with titles.csv")
    parser.add_argument("--bank", type=int, default=40_000, help="titles that look-ups are timed in")
    parser.add_argument("--queries", type=int, default=4_000, help="look-ups that are timed")
    parser.add_argument("--each", type=int, default=120, help="titles a disguise")
    parser.add_argument("--others", type=int, default=2_000, help="titles of other products")
    parser.add_argument(
        "--growth",
        type=lambda text: [int(size) for size in text.split(",") if size],
        default=[40_000, 1_000_000],
        help="sizes of the bank to measure ours at",
    )
    parser.add_argument("--json", type=Path, help="write what the table of all goals takes here too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
