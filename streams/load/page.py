"""A report as one HTML page: figures, thresholds and plots. Nothing is fetched, no script runs. Pure but for the template."""

from jinja2 import Environment, PackageLoader

from streams.load import plots
from streams.load.axis import plain
from streams.load.recording import Recording
from streams.load.report import Report
from streams.load.words import HEADS, shares, what_was_asked
from streams.safe_text import safe_text

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
            for name in ("WIDTH", "HEIGHT", "LEFT", "RIGHT", "TOP", "BOTTOM")
        },
    )


def _kinds(report: Report) -> list[tuple[str, str, list[tuple[str, int, int]]]]:
    found = []
    for kind, name in (("text", "By title"), ("photo", "By photo")):
        rows = [row for row in report.by_kind if row.kind == kind]
        if rows:
            found.append((name, shares(rows), [(row.how, row.found, row.sent) for row in rows]))
    return found
