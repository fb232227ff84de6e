"""`relistwatch alerts`: alerts as they come."""

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail, settings_of

if TYPE_CHECKING:
    from rich.text import Text

    from connectors.events import Alert, AlertListing, Evidence

TITLE_SHOWN = 100


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Alerts as they come.", no_args_is_help=True)
    group.command("tail")(tail)
    group.callback()(_group)
    app.add_typer(group, name="alerts")


def _group() -> None:
    """Alerts as they come."""


def tail(
    context: typer.Context,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="First those that are there already.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="End after so many alerts.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Each alert as a line of JSON, as it stands on Kafka.")
    ] = False,
) -> None:
    """Show alerts as they come, until stopped with Ctrl-C. Reading here takes none from anyone.

    Example: `relistwatch alerts tail --from-beginning --limit 10`
    """
    from kafka.errors import KafkaError  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    from connectors.codec import Codec, RecordError  # noqa: PLC0415
    from connectors.events import Alert  # noqa: PLC0415
    from connectors.runner import stop_on_signals  # noqa: PLC0415
    from streams.record_reader import ReadError, RecordReader, UnreachableError  # noqa: PLC0415
    from streams.safe_text import safe_text  # noqa: PLC0415
    from streams.topics import ALERTS  # noqa: PLC0415

    settings = settings_of(context)
    console = Console(highlight=False)
    codec = Codec(Alert)
    shown = 0
    try:
        with stop_on_signals() as stop, RecordReader(settings, ALERTS) as reader:
            if not from_beginning:
                typer.echo("waiting for alerts; Ctrl-C ends", err=True)
            for record in reader.arriving(stop, from_beginning=from_beginning):
                try:
                    alert = codec.decode(record.value or b"").record
                except RecordError as error:
                    place = f"{record.partition}:{record.offset}"
                    typer.echo(f"relistwatch: no alert at {place}: {safe_text(str(error), 300)}", err=True)
                    continue
                if as_json:
                    typer.echo(codec.encode(alert))
                else:
                    console.print(alert_text(alert), soft_wrap=True)
                shown += 1
                if shown == limit:
                    return
    except (UnreachableError, KafkaError) as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except ReadError as error:
        fail(str(error), EXIT_FAILED)


def alert_text(alert: "Alert") -> "Text":
    """An alert in some lines for a person. All text from outside is escaped; Text takes no markup."""
    from rich.text import Text  # noqa: PLC0415

    text = Text()
    colour = "red" if alert.probability >= 0.9 else "yellow"
    text.append(f"{alert.probability:6.1%} ", style=f"bold {colour}")
    text.append(alert.kind.replace("_", " "), style="bold")
    text.append(
        f"  seen {alert.listing_observed_at:%Y-%m-%d %H:%M:%S%z}  {_safe(alert.alert_id)}", style="dim"
    )
    text.append(f"\n  listing   {_listing(alert.listing)}")
    text.append(f"\n  takedown  {_listing(alert.takedown)}  [{_safe(alert.takedown.takedown_id)}]")
    if reason := ", ".join(_safe(part) for part in (alert.takedown.authority, alert.takedown.reason) if part):
        text.append(f"  {reason}")
    for part in alert.evidence:
        text.append(f"\n  because   {evidence_text(part)}")
    if alert.other_takedowns:
        text.append(f"\n  also      {', '.join(map(_safe, alert.other_takedowns[:5]))}")
        if len(alert.other_takedowns) > 5:
            text.append(f" and {len(alert.other_takedowns) - 5} more")
    return text


def _listing(listing: "AlertListing") -> str:
    shop = f" of {_safe(listing.seller_id)}" if listing.seller_id else ""
    link = f"  {_safe(listing.url, 300)}" if listing.url else ""
    return f"“{_safe(listing.title)}” {_safe(listing.key)}{shop}{link}"


def evidence_text(part: "Evidence") -> str:
    """One piece of evidence in words, with its weight in nats."""
    from connectors.events import PhotoEvidence, SellerEvidence, TitleEvidence  # noqa: PLC0415

    match part:
        case PhotoEvidence():
            edits = f" ({', '.join(map(_safe, part.edits))})" if part.edits else ""
            pair = f"photo {part.listing_image + 1} and the takedown's {part.takedown_image + 1}"
            words = f"{pair}: {part.relation}{edits}"
        case TitleEvidence():
            both = f"“{_safe(part.listing_text)}” / “{_safe(part.takedown_text)}”"
            words = f"titles {part.similarity:.0%} alike: {both}"
        case SellerEvidence():
            words = f"the same seller {_safe(part.seller_id)}"
        case _:
            words = f"price ratio {part.ratio:.2f}"
    return f"{words}  {part.weight:+.1f}"


def _safe(text: str | None, limit: int = TITLE_SHOWN) -> str:
    from streams.safe_text import safe_text  # noqa: PLC0415

    return safe_text(text or "", limit)
