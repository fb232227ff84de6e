"""A report as one HTML page: figures, thresholds and plots. It fetches nothing and runs no script."""

from jinja2 import Environment, PackageLoader

from streams.load import plots
from streams.load.axis import plain
from streams.load.recording import Planted, Recording
from streams.load.report import Report
from streams.load.words import HEADS, shares, what_was_asked
from streams.words.safe_text import safe_text

ODD_SHOWN = 20
TEXT_SHOWN = 300
VERDICTS = {
    "kept": ("Kept", "Every threshold was kept."),
    "missed": ("Missed", "At least one threshold was not kept."),
    "generator": ("Invalid", "The generator was the limit: this run shows nothing of the system."),
}


def render_page(run: Recording, report: Report) -> str:
    """The page. Whatever comes from a recording is escaped: somebody else may have written it."""
    environment = Environment(
        loader=PackageLoader("streams"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = lambda text: safe_text(str(text), TEXT_SHOWN)
    environment.filters["number"] = plain
    alerted = next(each for each in report.latencies if each.what == "due to alert read")
    return environment.get_template("load.html.j2").render(
        run=run,
        report=report,
        verdict=VERDICTS[report.verdict],
        asked=what_was_asked(run),
        alerted=alerted,
        heads=HEADS,
        kinds=_kinds(report),
        odd=(
            ("Relists without an alert", run.without_alert[:ODD_SHOWN], len(run.without_alert)),
            ("False alerts", run.false_named[:ODD_SHOWN], len(run.false_named)),
            ("Dead letters", run.dead_named[:ODD_SHOWN], len(run.dead_named)),
        ),
        plots=plots.plots(run, report.p95_limit_ms),
        frame={
            name.lower(): getattr(plots, name)
            for name in ("HEIGHT", "LEFT", "TOP", "BOTTOM", "MARGIN", "WIDE")
        },
    )


def _each(rows: list[Planted]) -> list[tuple[str, int, int]]:
    """By disguise or edit, found and sent; a title under two of them counts for both."""
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        for how in row.how.split("+"):
            found, sent = counts.get(how, (0, 0))
            counts[how] = (found + row.found, sent + row.sent)
    return [(how, *counts[how]) for how in sorted(counts)]


def _kinds(report: Report) -> list[tuple[str, str, list[tuple[str, int, int]]]]:
    found = []
    for kind, name in (("text", "By title"), ("photo", "By photo")):
        rows = [row for row in report.by_kind if row.kind == kind]
        if rows:
            found.append((name, shares(rows), _each(rows)))
    return found
