"""The figures for people: markdown tables, and one line on what they were measured with."""

import os
import platform
import shlex
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

from streams.evaluation.figures import Figures, RecallRow, ShareFigure
from streams.evaluation.markdown_table import markdown_table
from streams.evaluation.photo_set import Half

PACKAGES = ("relistwatch", "numpy", "pillow", "opencv-python-headless")
"""What the figures depend on; one that is not installed is left out."""


HALF_NAMES: dict[Half, str] = {
    "held-out": "held out: nothing was tuned on them",
    "tuned": "tuned on",
    "both": "held out and tuned on",
}


class Run(Struct, frozen=True):
    """What was run, and on what."""

    command: str
    machine: str
    python: str
    packages: dict[str, str]
    half: Half
    takedowns: int
    negatives: int
    senders: int
    listings: int
    photo_failures: dict[str, int]
    """Photos that the scan could not use, by reason: each counts as missed, or as a negative without alert."""


def command_line(arguments: Sequence[str]) -> str:
    """The evaluation's command with these arguments, for a shell."""
    return f"python -m streams.evaluation {shlex.join(arguments)}".strip()


def machine() -> str:
    """Processor, cores and system."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


def package_versions() -> dict[str, str]:
    """The versions of `PACKAGES` that are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def render(run: Run, figures: Figures) -> str:
    """The whole report as markdown."""
    return "\n".join(_lines(run, figures)) + "\n"


def _lines(run: Run, figures: Figures) -> Iterator[str]:
    yield f"# Edited photos of {run.senders} senders ({HALF_NAMES[run.half]})"
    yield ""
    yield f"{run.takedowns} takedowns of one photo each, {run.negatives} other photos of the same senders,"
    yield f"{run.listings} listings scanned. Titles are empty, sellers others: the photos alone decide."
    if run.photo_failures:
        failures = ", ".join(f"{count} {reason}" for reason, count in sorted(run.photo_failures.items()))
        yield ""
        yield f"**Photos that were not used, so that the figures are too low: {failures}.**"
    yield from _recall(figures)
    yield from _negatives(figures)
    yield from _roc(figures)
    yield from _backdrops(figures)
    packages = ", ".join(f"{name} {number}" for name, number in run.packages.items())
    yield ""
    yield f"{run.machine}; Python {run.python}; {packages}; `{run.command}`"


def _recall(figures: Figures) -> Iterator[str]:
    titles = {"table": "Recall: the edits of the table", "extra": "Recall: edits that are not in the table"}
    for group, title in titles.items():
        rows = [row for row in figures.recall if row.group == group]
        if not rows:
            continue
        yield from ("", f"## {title}", "")
        total = RecallRow("", "**all**", rows[0].group, figures.overall[group], _others(rows), ())
        yield from markdown_table(
            ("edit", "recall", "95% interval", "named", "of", "another takedown only"),
            (
                (row.what, rate(row.recall), interval(row.recall), row.recall.hits, row.recall.of,
                 row.others_only)
                for row in (*rows, total)
            ),
        )  # fmt: skip


def _others(rows: Iterable[RecallRow]) -> int:
    return sum(row.others_only for row in rows)


def _negatives(figures: Figures) -> Iterator[str]:
    yield from ("", "## False alerts: other photos of the same senders", "")
    yield from markdown_table(
        ("photos", "alerting", "95% interval", "alerts", "of", "naming the same sender's"),
        (
            (NEGATIVES[row.group], rate(row.alerts, 4), interval(row.alerts, 4), row.alerts.hits,
             row.alerts.of, row.of_sender)
            for row in figures.negatives
        ),
    )  # fmt: skip


NEGATIVES = {"negative": "as they are", "edited negative": "each with one edit of the table"}


def _roc(figures: Figures) -> Iterator[str]:
    yield from ("", "## Same photo or same backdrop: recall by the false alerts that are allowed", "")
    yield from markdown_table(
        ("other photos", "alerting at most", "photos", "probability above", "recall, table", "recall, not in it"),
        (
            (NEGATIVES[row.negatives], f"{row.rate:.2%}", row.allowed, f"{row.above:.6f}", rate(row.table),
             rate(row.extra))
            for row in figures.roc
        ),
    )  # fmt: skip


def _backdrops(figures: Figures) -> Iterator[str]:
    yield from ("", "## Listings whose best takedown is of the same backdrop", "")
    yield from markdown_table(
        ("listings", "in all", "same sender", "other sender"),
        ((row.group, row.listings, row.same_sender, row.other_sender) for row in figures.backdrops),
    )


def rate(figure: ShareFigure, digits: int = 3) -> str:
    """The share as text; a dash of nothing."""
    return "-" if figure.share is None else f"{figure.share:.{digits}f}"


def interval(figure: ShareFigure, digits: int = 3) -> str:
    """Its 95% interval as text; a dash of nothing."""
    if figure.low is None or figure.high is None:
        return "-"
    return f"{figure.low:.{digits}f}-{figure.high:.{digits}f}"
