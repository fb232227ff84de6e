"""`relistwatch alerts`: alerts as they come, those that a flood held back, and all of them into a sink."""

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.alerts_export import export
from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, fail, settings_of
from streams.cli.tail import AsJson, FromBeginning, Limit, add_group, safe, show_arriving

if TYPE_CHECKING:
    from rich.text import Text

    from connectors.events import Alert, AlertListing


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = add_group(app, "alerts", "Alerts as they come, and those held back.", tail)
    group.command("release")(release)
    group.command("export")(export)


def tail(
    context: typer.Context,
    from_beginning: FromBeginning = False,
    limit: Limit = None,
    as_json: AsJson = False,
    held: Annotated[bool, typer.Option("--held", help="Those that a flood held back instead.")] = False,
) -> None:
    """Show alerts as they come, until stopped with Ctrl-C. Reading here takes none from anyone.

    Example: `relistwatch alerts tail --from-beginning --limit 10`
    """
    from connectors.events import Alert  # noqa: PLC0415
    from streams.topics import ALERTS, HELD_ALERTS  # noqa: PLC0415

    topic = HELD_ALERTS if held else ALERTS
    show_arriving(
        context, topic, Alert, alert_text, from_beginning=from_beginning, limit=limit, as_json=as_json
    )


def release(
    context: typer.Context,
    takedown_id: Annotated[str, typer.Argument(help="The takedown whose alerts are held.")],
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Copy a takedown's held alerts to alerts. Those there already are left out, so it can be repeated.

    It lets through what is held now; what comes later is held again unless the flood's alert is judged a relist
    (relistwatch verdicts add). Exit code 1 when nothing of this takedown is held, 3 when no broker answers.

    Example: `relistwatch alerts release t-2026-117`
    """
    import json  # noqa: PLC0415

    from streams.verdicts.held_alerts import release as copy  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors(), reading_progress() as progress:
        done = copy(settings, takedown_id, progress)
    if not done.released + done.there:
        fail(f"no alert of takedown {safe(takedown_id)!r} is held", EXIT_FAILED)
    if as_json:
        typer.echo(json.dumps({"released": done.released, "there_before": done.there}))
    else:
        typer.echo(f"{done.released} released, {done.there} were on alerts already")


def alert_text(alert: "Alert") -> "Text":
    """An alert in some lines for a person. All text from outside is escaped; Text takes no markup."""
    from rich.text import Text  # noqa: PLC0415

    from streams.words.evidence import evidence_words  # noqa: PLC0415

    text = Text()
    colour = "red" if alert.probability >= 0.9 else "yellow"
    text.append(f"{alert.probability:6.1%} ", style=f"bold {colour}")
    text.append(alert.kind.replace("_", " "), style="bold")
    text.append(
        f"  seen {alert.listing_observed_at:%Y-%m-%d %H:%M:%S%z}  {safe(alert.alert_id)}", style="dim"
    )
    text.append(f"\n  listing   {_listing(alert.listing)}")
    text.append(f"\n  takedown  {_listing(alert.takedown)}  [{safe(alert.takedown.takedown_id)}]")
    if reason := ", ".join(safe(part) for part in (alert.takedown.authority, alert.takedown.reason) if part):
        text.append(f"  {reason}")
    for part in alert.evidence:
        text.append(f"\n  because   {evidence_words(part)}  {part.weight:+.1f}")
    if alert.other_takedowns:
        text.append(f"\n  also      {', '.join(map(safe, alert.other_takedowns[:5]))}")
        if len(alert.other_takedowns) > 5:
            text.append(f" and {len(alert.other_takedowns) - 5} more")
    return text


def _listing(listing: "AlertListing") -> str:
    shop = f" of {safe(listing.seller_id)}" if listing.seller_id else ""
    link = f"  {safe(listing.url, 300)}" if listing.url else ""
    return f"“{safe(listing.title)}” {safe(listing.key)}{shop}{link}"
