"""`relistwatch trace`: what happened to one listing, and when."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from streams.kafka_clients.record_reader import Progress
    from streams.settings import Settings
    from streams.tracing.listing_trace import Trace
    from streams.tracing.steps import Step

WHAT_SHOWN = 600
STYLES = {"alert": "bold", "held alert": "bold", "dead letter": "bold", "takedown": "bold"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("trace")(trace)


def trace(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="KEY", help="marketplace:listing_id, a link to the listing, or an alert id."),
    ],
    days: Annotated[
        float | None, typer.Option(min=0, help="Only what came within so many days; takedowns always.")
    ] = None,
    everywhere: Annotated[
        bool,
        typer.Option(
            "--everywhere",
            help="Read all partitions and all alerts: where a topic was given more partitions"
            " since, or another producer shares keys out in its own way.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Show what happened to one listing and when: events, fingerprints, alerts, verdicts, dead letters, takedowns.

    Reads the topics alone and changes nothing. Exit code 1 when nothing is known of it, 2 when the text means no
    listing, 3 when no broker answers.

    Example: `relistwatch trace shopee-id:308864651.11479305215`
    """  # fmt: skip
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    import msgspec  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    from streams.tracing.reading import read_trace  # noqa: PLC0415

    settings = settings_of(context)
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    with broker_errors(), reading_progress() as progress:
        marketplace, listing_id = _listing(settings, what.strip(), progress)
        found = read_trace(
            settings, marketplace, listing_id, since=since, everywhere=everywhere, progress=progress
        )
    if not found.steps:
        fail(f"{safe(found.key, 300)}: nothing is known of it", EXIT_FAILED)
    if as_json:
        typer.echo(msgspec.json.encode(found))
        return
    console = Console(highlight=False)
    for line in lines(found):
        console.print(line, soft_wrap=True)


def _listing(settings: "Settings", what: str, progress: "Progress") -> tuple[str, str]:
    """Marketplace and listing id; a text that means none ends the command."""
    from streams.takedowns.desk import NoListingError, target_of  # noqa: PLC0415
    from streams.tracing.reading import listing_of_alert  # noqa: PLC0415

    if re.fullmatch(r"[0-9a-f]{32}", what):
        found = listing_of_alert(settings, what, progress)
        if found is None:
            fail(f"{what}: there is no such alert", EXIT_FAILED)
        return found
    try:
        target = target_of(what)
    except NoListingError as error:
        fail(f"{safe(what, 200)}: {safe(str(error), 300)}", EXIT_USAGE)
    if target.listing_id is None:
        fail(
            f"{safe(what, 200)}: the link does not tell the listing's id; give marketplace:listing_id",
            EXIT_USAGE,
        )
    return target.marketplace, target.listing_id


def lines(found: "Trace") -> "list[Text]":
    """The trace for a person: a heading, then a line for each step with the time since the one before."""
    from rich.text import Text  # noqa: PLC0415

    heading = Text(safe(found.key, 300), style="bold")
    if found.title:
        heading.append(f"  “{safe(found.title)}”", style="not bold")
    if found.seller_id:
        heading.append(f"  seller {safe(found.seller_id)}", style="not bold")
    told = [heading]
    if found.url:
        told.append(Text(f"  {safe(found.url, 300)}", style="dim"))
    before: datetime | None = None
    for step in found.steps:
        told.append(_line(step, before))
        before = step.at
    for kind, count in found.left_out.items():
        told.append(Text(f"  {count:,} more of the kind “{kind}” between those shown", style="dim"))
    return told


def _line(step: "Step", before: "datetime | None") -> "Text":
    from datetime import UTC  # noqa: PLC0415

    from rich.text import Text  # noqa: PLC0415

    at = step.at.astimezone(UTC)
    since = "" if before is None else since_words((step.at - before).total_seconds())
    line = Text(f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}Z {since:>12}  ", style="dim")
    line.append(f"{step.kind:<12}", style=f"not dim {STYLES.get(step.kind, '')}".strip())
    line.append(f"  {safe(step.what, WHAT_SHOWN)}", style="not dim")
    if step.observed_at is not None and step.kind == "event":
        line.append(f", seen {step.observed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z", style="not dim")
    line.append(f"  [{step.place}{', ' + safe(step.id) if step.id and step.kind != 'dead letter' else ''}]")
    return line


def since_words(seconds: float) -> str:
    """A time between two steps as a person reads it: +0.41 s, +2 min 05 s, +3 h 10 min, +12 d 4 h."""
    if seconds < 60:
        return f"+{seconds:.2f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"+{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"+{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"+{whole // 86400} d {whole % 86400 // 3600} h"
