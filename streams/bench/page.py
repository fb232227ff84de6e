"""A run as the section of docs/benchmarks.md, between two marks that nothing else touches."""

from collections.abc import Iterator, Sequence

from streams.bench.figures import PhotoFigures, TitleFigures
from streams.bench.parts import JOBS
from streams.bench.result import Result
from streams.bench.table import Row, figures_of, table, why_missing
from streams.evaluation.markdown_table import markdown_table
from streams.evaluation.photo_bench_figures import BenchFigures

BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"


class PageError(ValueError):
    """The page has no place for the section; the message says what is missing."""


def replaced(page: str, section: str) -> str:
    """The page with this section between its marks.

    Raises:
        PageError: the marks are not there, once each and in order.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended) or BEGIN in after or END in before + after:
        raise PageError(f"the page needs {BEGIN} and {END} once each, in this order")
    return f"{before}{BEGIN}\n{section}{END}{after}"


def render(result: Result) -> str:
    """The whole section, marks not included."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield from ("## Every goal beside its peer, in one run", "")
    quick = [name for name, part in result.parts.items() if part.size == "quick"]
    if quick:
        which = "All" if len(quick) == len(result.parts) else f"The parts {', '.join(quick)}"
        yield f"**{which} with quick sizes, to show the form: the figures say nothing yet.**"
        yield ""
    yield (
        f"`make bench DATA=...`: each part a process of its own, one after another. {result.machine},"
        f" {result.memory_gib:g} GiB, Python {result.python}, Apache Kafka {result.kafka} on the same cores."
        f" Data: {result.data}, half of them held out; banks of up to 40,000 photos are made of changed real ones, what"
        " is beyond is drawn like them; all else is the sample marketplace's. Rates are medians of rounds in turns."
    )
    yield ""
    yield from markdown_table(
        ("measure", "goal", "measured", "peer or limit, same run", ""),
        ((row.measure, row.goal, row.measured, row.peer, _verdict(row, quick)) for row in table(result)),
    )
    yield from _photos(result)
    yield from _titles(result)
    yield from _parts(result)


def _verdict(row: Row, quick: Sequence[str]) -> str:
    if row.part in quick and row.met != "not measured":
        return "quick"
    return f"**{row.met}**" if row.met == "missed" else row.met


def _photos(result: Result) -> Iterator[str]:
    found = figures_of(result, "photos", PhotoFigures)
    yield from ("", "**Photo matchers.**", "")
    if found is None:
        yield f"Not measured: {why_missing(result, 'photos')}."
        return
    figures = found.figures
    sides = list(next(iter(figures.speed.values()), {}))
    yield (
        "Recall over the edits of the goals' table; the peers are given each photo with its original, ours must find it"
        " in the whole bank. Photos a second: fingerprint and match, two processes, by the longer side; in brackets"
        " the median of each round's ratio to PDQ."
    )
    yield ""
    head = ("method", "recall", "edits at .95", "false alerts", *(f"{side or 'own'} px" for side in sides))
    rows: list[Sequence[str]] = []
    for name, recall in figures.recall.items():
        speeds = (figures.speed[name][side] for side in sides)
        cells = [
            f"{one.median:,.0f}" + (f" ({one.ratio:.2f})" if one.ratio is not None else "") for one in speeds
        ]
        rows.append((
            name, _share(recall.mean), f"{recall.at_goal} of {len(recall.rows)}", _share(recall.false_alerts.share),
            *cells,
        ))  # fmt: skip
    yield from markdown_table(head, rows)
    yield from _growth(figures)
    yield from (f"\n{name} is not measured: {why}." for name, why in figures.missing.items())


def _growth(figures: BenchFigures) -> Iterator[str]:
    yield ""
    yield "As the bank grows, one thread, milliseconds; ours holds points and a hash of each photo, the peers a hash."
    yield ""
    rows: list[Sequence[str]] = [
        (
            f"relistwatch, {row.drawn:,} of them drawn" if row.drawn else "relistwatch",
            f"{row.photos:,}", f"{row.look_up.median:.2f} / {row.look_up.p99:.1f}",
            f"{row.add.median:.2f} / {row.add.p99:.1f}", f"{row.memory:,.0f}",
        )
        for row in figures.growth
    ]  # fmt: skip
    rows += [
        (
            row.index, f"{row.hashes:,}", f"{row.look_up.median:.3f} / {row.look_up.p99:.2f}",
            f"{row.add.median:.3f} / {row.add.p99:.2f}", f"{row.memory:,.0f}",
        )
        for row in figures.peer_growth
    ]  # fmt: skip
    yield from markdown_table(
        ("index", "held", "look-up, median / p99", "add, median / p99", "bytes of memory each"), rows
    )


def _titles(result: Result) -> Iterator[str]:
    found = figures_of(result, "titles", TitleFigures)
    yield from ("", "**Title matchers.**", "")
    if found is None:
        yield f"Not measured: {why_missing(result, 'titles')}."
        return
    yield (
        f"Recall of disguised titles among {found.held:,} real ones at 1% false; a look-up, normalising and all, in"
        f" {found.bank:,} titles of the sample marketplace, one thread's processor time."
    )
    yield ""
    ours = next(iter(found.rows.values())).look_up
    yield from markdown_table(
        ("method", "recall", "disguises at .95", "look-up, ms", "times ours"),
        (
            (name, _share(row.recall), f"{row.at_goal} of {row.disguises}", f"{row.look_up:.3f}",
             f"{row.look_up / ours:,.0f}")
            for name, row in found.rows.items()
        ),
    )  # fmt: skip
    yield ""
    yield from (f"{name} is not measured: {why}." for name, why in found.missing.items())
    yield "relistwatch as it grows: " + "; ".join(
        f"{row.titles:,} titles {row.look_up_median:.3f} ms median and {row.look_up_mean:.3f} mean, one added in"
        f" {row.add_mean:.3f} ms, {row.memory:,.0f} bytes each"
        for row in found.growth
    ) + "."  # fmt: skip


def _parts(result: Result) -> Iterator[str]:
    yield from ("", "**The parts.**", "")
    rows = []
    for job in JOBS:
        part = result.parts.get(job.name)
        if part is None:
            rows.append((job.name, "not run", "", "", ""))
            continue
        state = f"failed: {part.failed}" if part.failed else "measured"
        rows.append((job.name, state, part.taken, f"{part.minutes:.1f}", f"`{part.command}`"))
    yield from markdown_table(("part", "", "date", "minutes", "command"), rows)
    yield ""
    yield "Versions: " + ", ".join(f"{name} {number}" for name, number in result.packages.items()) + "."


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
