"""The photo benchmark's figures for people: markdown tables, and what they were measured with."""

import shlex
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct

from streams.evaluation.edit_table import EDITS
from streams.evaluation.figures import ShareFigure
from streams.evaluation.markdown_table import markdown_table
from streams.evaluation.photo_bench_figures import BenchFigures, GrowthRow, SpeedFigure, TimeFigure
from streams.evaluation.photo_bench_methods import OURS
from streams.evaluation.report import PACKAGES, interval

PEER_PACKAGES = ("threatexchange", "pdqhash", "faiss-cpu", "imagehash", "imagededup", "scipy")


class BenchRun(Struct, frozen=True):
    """What was run, and on what. `rules`: when two photos match, by method."""

    command: Sequence[str]
    machine: str
    python: str
    packages: dict[str, str]
    rules: dict[str, str]
    bank: int
    right_answers: int
    senders: int
    negatives: int
    edited: int
    timed: int
    rounds: int


def versions() -> dict[str, str]:
    """Of the packages that the figures depend on, those that are installed."""
    found = {}
    for package in (*PACKAGES, *PEER_PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def render_bench(run: BenchRun, figures: BenchFigures) -> str:
    """The whole report as markdown."""
    return "\n".join(_lines(run, figures)) + "\n"


def _lines(run: BenchRun, figures: BenchFigures) -> Iterator[str]:
    yield f"# Photo matchers side by side, {run.bank:,} photos in the bank"
    yield ""
    yield f"Right answers: {run.right_answers} photos of {run.senders} senders that nothing was tuned on,"
    yield f"{run.edited} of them for each edit. False alerts: of {run.negatives} other photos of the same"
    yield "senders, those said to be one of the right answers. The rest of the bank: photos of other senders,"
    yield "changed at random; for the peers, as many random hashes, which only cost them time."
    yield f"Speed: {run.timed} photos that are not in the bank, fingerprint and look-up, two processes of one"
    yield f"thread at once; the methods in turn, median of {run.rounds} round(s), in brackets the median of each"
    yield "round's ratio to PDQ."
    yield ""
    yield from _methods(run, figures)
    yield ""
    yield "Ours is asked to find the photo in the whole bank. The peers are given each pair: the easier task."
    yield f"Ours took {figures.elsewhere} of the {run.negatives} other photos for one of the rest of the bank."
    yield from _edits(figures)
    yield from _stages(figures)
    yield from _growth(figures)
    packages = ", ".join(f"{name} {number}" for name, number in run.packages.items())
    yield ""
    command = shlex.join(["python", "-m", "streams.evaluation.photo_bench", *run.command])
    yield f"{run.machine}; Python {run.python}; {packages}; `{command}`"


def _methods(run: BenchRun, figures: BenchFigures) -> Iterator[str]:
    sides = list(next(iter(figures.speed.values()), {}))
    head = (
        "method",
        "a match is",
        "recall, mean of edits",
        "worst edit",
        "edits at 0.95 or more",
        "false alerts",
    )
    rows: list[Sequence[object]] = []
    for name, recall in figures.recall.items():
        worst = "-" if recall.worst is None else f"{recall.worst:.3f} ({recall.worst_edit})"
        rows.append((
            name, run.rules[name], _number(recall.mean), worst, f"{recall.at_goal} of {len(recall.rows)}",
            _share(recall.false_alerts), *(_speed(figures.speed[name][side]) for side in sides),
        ))  # fmt: skip
    for name, why in figures.missing.items():
        rows.append((name, f"not measured: {why}", *("-" for _ in range(len(head) - 2 + len(sides)))))
    yield from markdown_table((*head, *(f"photos a second, {_side(side)}" for side in sides)), rows)


def _edits(figures: BenchFigures) -> Iterator[str]:
    yield from ("", "## Recall by edit", "")
    names = list(figures.recall)
    edits = list(figures.recall[OURS].rows)
    yield from markdown_table(
        ("edit", *names, "95% interval of ours"),
        (
            (EDITS[edit].what, *(_number(figures.recall[name].rows[edit].share) for name in names),
             interval(figures.recall[OURS].rows[edit]))
            for edit in edits
        ),
    )  # fmt: skip


def _stages(figures: BenchFigures) -> Iterator[str]:
    yield from ("", "## Where ours spends the time: milliseconds of one core a photo, one process alone", "")
    sides = list(figures.stages)
    columns = [figures.stages[side] for side in sides]
    rows: list[Sequence[object]] = [
        (row[0].stage, *(f"{cell.milliseconds:.2f}" for cell in row)) for row in zip(*columns, strict=True)
    ]
    sums = (f"{sum(cell.milliseconds for cell in column):.2f}" for column in columns)
    yield from markdown_table(("stage", *map(_side, sides)), [*rows, ("**together**", *sums)])
    yield from ("", "Photos settled by each tier:", "")
    yield from markdown_table(
        ("photos", "hash", "points", "neither"),
        ((group, *(f"{share:.3f}" for share in shares.values())) for group, shares in figures.tiers.items()),
    )


def _growth(figures: BenchFigures) -> Iterator[str]:
    yield from ("", "## As the bank grows", "")
    yield from markdown_table(
        ("photos", "of them drawn", "look-up ms, median / p99", "of", "add ms, median / p99",
         "withdraw ms, median / p99", "memory", "disk", "process", "of it mapped files"),
        map(_growth_row, figures.growth),
    )  # fmt: skip
    yield ""
    yield "Look-ups are of photos that match nothing, already fingerprinted. An added photo can be found at once."
    yield "Bytes are a photo: memory and disk by the index's own count (disk with the room reserved for rows),"
    yield "process by the system. Drawn photos have points like real ones, turned at random, and no picture."
    if figures.exponent is not None:
        yield f"Look-up time grows with the size to the power of {figures.exponent:.2f} (1 would be linear)."
    if figures.peer_growth:
        yield from (
            "",
            "Peers, random hashes of 256 bits, one a photo (no points, so the easier question):",
            "",
        )
        yield from markdown_table(
            ("index", "hashes", "look-up ms, median / p99", "of", "add ms, median / p99", "process, bytes a hash"),
            ((row.index, f"{row.hashes:,}", _time(row.look_up), row.look_ups, _time(row.add), f"{row.memory:,.0f}")
             for row in figures.peer_growth),
        )  # fmt: skip


def _growth_row(row: GrowthRow) -> Sequence[object]:
    look_up, add, withdraw = map(_time, (row.look_up, row.add, row.withdraw))
    sizes = (f"{size:,.0f}" for size in (row.memory, row.disk, row.resident, row.mapped))
    return (f"{row.photos:,}", f"{row.drawn:,}", look_up, row.look_ups, add, withdraw, *sizes)


def _time(figure: TimeFigure) -> str:
    return f"{figure.median:.2f} / {figure.p99:.2f}"


def _side(side: int) -> str:
    return f"{side} px" if side else "as they are"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(figure: ShareFigure) -> str:
    return "-" if figure.share is None else f"{figure.share:.4f} ({figure.hits} of {figure.of})"


def _speed(figure: SpeedFigure) -> str:
    return f"{figure.median:.1f}" + ("" if figure.ratio is None else f" ({figure.ratio:.2f})")
