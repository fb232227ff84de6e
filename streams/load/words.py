"""A report as lines of text. Pure."""

from collections.abc import Iterable, Iterator

from streams.load.recording import Planted, Recording
from streams.load.report import Latencies, Report
from streams.words.safe_text import safe_text

HEADS = {50.0: "p50", 90.0: "p90", 95.0: "p95", 99.0: "p99", 99.9: "p99.9", 100.0: "most"}
VERDICTS = {
    "kept": "KEPT: every threshold was kept",
    "missed": "MISSED: at least one threshold was not kept",
    "generator": "INVALID: the generator was the limit",
}


LONGEST_LINE = 600


def report_lines(run: Recording, report: Report) -> Iterator[str]:
    """What a terminal shows. A recording may be of somebody else's making: nothing in it reaches the terminal raw."""
    for line in _lines(run, report):
        yield safe_text(line, LONGEST_LINE)


def _lines(run: Recording, report: Report) -> Iterator[str]:
    yield VERDICTS[report.verdict]
    for reason in report.generator:
        yield f"  {reason}"
    yield ""
    yield what_was_asked(run)
    yield f"offered {report.offered:,.1f} listings a second, achieved {report.achieved:,.1f}"
    waiting = (
        "unknown"
        if report.most_waiting is None
        else f"{report.most_waiting:,} at most, {report.waiting_at_end or 0:,} at the end"
    )
    done = "" if run.drained is None else f", all done {max(0.0, run.drained):.1f} s after"
    yield f"waiting for the workers: {waiting}{done}"
    yield ""
    yield from _table(report)
    yield ""
    yield _columns("milliseconds", HEADS.values(), "of")
    for each in report.latencies:
        yield _latencies(each)
    yield ""
    for kind in ("text", "photo"):
        rows = [row for row in report.by_kind if row.kind == kind]
        if rows:
            yield f"relists by {'title' if kind == 'text' else 'photo'}: {shares(rows)}"
    for note in report.notes:
        yield f"note: {note}"
    for name, odd in (
        ("without an alert", run.without_alert),
        ("false", run.false_named),
        ("dead letter", run.dead_named),
    ):
        for one in odd[:5]:
            yield f"{name}: {one.listing}: {one.what}"
        if len(odd) > 5:
            yield f"{name}: {len(odd) - 5} more in the recording"


def what_was_asked(run: Recording) -> str:
    """The load in a sentence."""
    course = run.course
    ramp = (
        f", after a ramp of {course.ramp_seconds:g} s from {course.ramp_from:g}"
        if course.ramp_seconds
        else ""
    )
    return (
        f"{run.run}: {course.rate:g} listings a second ({course.arrival}) for {course.seconds:g} s{ramp}; "
        f"{run.mix.photos:.3g} with a photo, {run.mix.relists:.3g} relists of {run.takedowns:,} takedowns, "
        f"seed {run.seed}; the first {run.warmup:g} s are not judged"
    )


def shares(rows: list[Planted]) -> str:
    """Found of sent, and the disguises or edits of which not all were found."""
    sent, found = sum(row.sent for row in rows), sum(row.found for row in rows)
    lacking = [f"{row.how} {row.found} of {row.sent}" for row in rows if row.found < row.sent]
    return f"{found:,} of {sent:,}" + (f" (not all: {', '.join(lacking[:8])})" if lacking else "")


def _table(report: Report) -> Iterator[str]:
    for check in report.checks:
        mark = "ok    " if check.kept else "MISSED"
        yield f"{mark}  {check.what.ljust(28)} {check.found.rjust(25)}   {check.limit}"


def _latencies(each: Latencies) -> str:
    values = (_milliseconds(each.ms[percent]) if percent in each.ms else "-" for percent in HEADS)
    return _columns(each.what, values, f"{each.count:,}")


def _columns(what: str, values: Iterable[str], count: str) -> str:
    """78 characters: a terminal has 80."""
    return what.ljust(28) + "".join(value.rjust(7) for value in values) + count.rjust(8)


def _milliseconds(value: float) -> str:
    return f"{value:,.1f}" if value < 999.95 else f"{value:,.0f}"
