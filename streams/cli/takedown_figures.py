"""`relistwatch takedowns report`: what became of all of them."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from streams.takedowns.report import Report


class Form(StrEnum):
    """How the report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


class Tongue(StrEnum):
    """English, Indonesian."""

    EN = "en"
    ID = "id"


class GroupedBy(StrEnum):
    """What the cases are grouped by."""

    MARKETPLACE = "marketplace"
    AUTHORITY = "authority"
    SOURCE = "source"
    WEEK = "week"


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command("report")(report)


def report(
    context: typer.Context,
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.TABLE,
    lang: Annotated[Tongue, typer.Option(help="English or Indonesian.")] = Tongue.EN,
    by: Annotated[
        list[GroupedBy] | None, typer.Option(help="Group by this alone; repeatable. Default: by each.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Received on this day (UTC) or later: 2026-11-01.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Received on this day (UTC) or earlier.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write it to; else it goes to stdout.")] = None,
) -> None:
    """Say what became of takedown requests: resolved, unresolved and why, still up, down, relisted, time to catch.

    Reads the topics and changes nothing. Exit code 3 when no broker answers.

    Example: `relistwatch takedowns report --by authority --from 2026-11-01 --to 2026-11-30`;
    `relistwatch takedowns report --format html --lang id --out laporan.html`
    """
    from datetime import UTC, timedelta  # noqa: PLC0415

    from streams.takedowns.cases import DIMENSIONS, cases_of  # noqa: PLC0415
    from streams.takedowns.courses import courses_of  # noqa: PLC0415
    from streams.takedowns.records import read_records  # noqa: PLC0415
    from streams.takedowns.report import report_of  # noqa: PLC0415

    first, last = _day("--from", since), _day("--to", until)
    chosen = {each.value for each in by or ()}
    wanted = [each for each in DIMENSIONS if each in chosen] or DIMENSIONS
    settings = settings_of(context)
    with broker_errors(), reading_progress() as progress:
        records = read_records(settings, progress)
    made = report_of(
        cases_of(records.requests, records.statuses, records.takedowns, records.changes),
        courses_of(records.takedowns, records.changes, records.alerts, records.verdicts),
        by=wanted,
        since=first,
        until=None if last is None else last + timedelta(days=1),
    )
    text = _written(made, form, lang, datetime.now(UTC))
    if out is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        # A spreadsheet takes a file for UTF-8 by its byte order mark.
        out.write_text(text, encoding="utf-8-sig" if form is Form.CSV else "utf-8", newline="")
    except OSError as error:
        fail(f"--out {out}: cannot write: {error.strerror}", EXIT_USAGE)


def _written(made: "Report", form: Form, lang: Tongue, now: datetime) -> str:
    from rich.console import Console  # noqa: PLC0415

    from streams.takedowns import report_forms as forms  # noqa: PLC0415

    if form is Form.CSV:
        return forms.as_csv(made, lang.value)
    if form is Form.JSON:
        return forms.as_json(made, now)
    if form is Form.HTML:
        return forms.as_html(made, lang.value, now)
    console = Console(highlight=False)
    # Cut off columns would be wrong figures: where nobody looks, as wide as it takes.
    if not console.is_terminal:
        console = Console(highlight=False, width=220, no_color=True)
    with console.capture() as captured:
        for table in forms.as_tables(made, lang.value):
            console.print(table)
    return captured.get()


def _day(flag: str, text: str | None) -> datetime | None:
    from datetime import UTC, time  # noqa: PLC0415

    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        fail(f"{flag} {text[:40]}: write a day as 2026-11-30", EXIT_USAGE)
