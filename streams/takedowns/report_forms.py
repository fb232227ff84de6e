"""The report as a table, CSV, JSON and HTML, in English or Indonesian."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, get_args

from jinja2 import Environment, PackageLoader
from rich.table import Table
from rich.text import Text

from connectors.csv_cells import defuse
from connectors.takedown_status import Reason
from streams.takedowns.cases import Dimension
from streams.takedowns.report import Figures, Group, Report
from streams.takedowns.report_words import WORDS, Language, duration
from streams.words.safe_text import safe_text

REASONS: tuple[str, ...] = get_args(Reason)
COUNTS = (
    "received", "waiting", "unresolved", "resolved", "still_up", "down_removed", "down_not_seen", "withdrawn",
    "relisted", "relists",
)  # fmt: skip
TIMES = ("catch_median", "catch_p95")
SHOWN = ("received", "waiting", "unresolved", "resolved", "still_up", "down", "withdrawn", "relisted", *TIMES)
VALUE_SHOWN = 200
"""Characters of an authority's name and the like, which come from outside."""


def as_tables(report: Report, language: Language) -> list[Table]:
    """One table a dimension, the total below each; then the reasons. Text from outside is escaped."""
    words = WORDS[language]
    tables = []
    for dimension, groups in report.by.items():
        table = Table(title=Text(words[dimension]), title_justify="left")
        table.add_column(Text(words[dimension]), overflow="fold")
        for name in SHOWN:
            table.add_column(Text(words[name]), justify="right")
        for group in groups:
            table.add_row(
                Text(value_shown(dimension, group.value, language)), *_cells(group.figures, language)
            )
        table.add_section()
        table.add_row(Text(words["total"]), *_cells(report.total, language), style="bold")
        tables.append(table)
    if report.total.reasons:
        table = Table(title=Text(words["reasons"]), title_justify="left")
        table.add_column(Text(words["reason"]))
        table.add_column(Text(words["count"]), justify="right")
        for reason, count in report.total.reasons.items():
            table.add_row(Text(words[f"reason.{reason}"]), str(count))
        tables.append(table)
    return tables


def as_csv(report: Report, language: Language) -> str:
    """A row a group, the total first; times in seconds. No cell is a formula to a spreadsheet."""
    words = WORDS[language]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    heads = [words[name] for name in COUNTS]
    heads += [f"{words[name]} (s)" for name in TIMES]
    heads += [f"{words['unresolved']}: {words[f'reason.{reason}']}" for reason in REASONS]
    writer.writerow(["", "", *heads])
    for dimension, group in _rows(report):
        shown = words["total"] if dimension is None else value_shown(dimension, group.value, language)
        figures = group.figures
        row: list[Any] = [words["total"] if dimension is None else words[dimension], defuse(shown)]
        row += [getattr(figures, name) for name in COUNTS]
        row += ["" if getattr(figures, name) is None else round(getattr(figures, name), 3) for name in TIMES]
        row += [figures.reasons.get(reason, 0) for reason in REASONS]
        writer.writerow(row)
    return out.getvalue()


def as_json(report: Report, made_at: datetime) -> str:
    """For scripts: the same names in every language, times in seconds."""
    whole = {
        "made_at": made_at.isoformat(),
        "from": report.since.isoformat() if report.since else None,
        "to": report.until.isoformat() if report.until else None,
        "total": asdict(report.total),
        "by": {
            dimension: [{"value": group.value, **asdict(group.figures)} for group in groups]
            for dimension, groups in report.by.items()
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)


def as_html(report: Report, language: Language, made_at: datetime) -> str:
    """One page that loads nothing; every value from outside is escaped."""
    environment = Environment(
        loader=PackageLoader("streams"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("takedown_report.html.j2").render(
        report=report,
        words=WORDS[language],
        language=language,
        shown=SHOWN,
        cells=lambda figures: _cells(figures, language),
        zip=zip,
        value=lambda dimension, value: value_shown(dimension, value, language),
        made_at=made_at,
    )


def value_shown(dimension: Dimension, value: str | None, language: Language) -> str:
    """A group's name for a person."""
    words = WORDS[language]
    if value is None:
        return words["none"]
    if dimension == "source":
        return words.get(f"source.{value}", safe_text(value, VALUE_SHOWN))
    return safe_text(value, VALUE_SHOWN)


def _rows(report: Report) -> Iterable[tuple[Dimension | None, Group]]:
    yield None, Group(None, report.total)
    for dimension, groups in report.by.items():
        for group in groups:
            yield dimension, group


def _cells(figures: Figures, language: Language) -> list[str]:
    return [
        duration(getattr(figures, name), language) if name in TIMES else str(getattr(figures, name))
        for name in SHOWN
    ]
