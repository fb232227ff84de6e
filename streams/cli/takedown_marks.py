"""`relistwatch takedowns add`, `withdraw` and `status`: single takedowns, and where they stand."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe

if TYPE_CHECKING:
    from streams.takedowns.view import RequestView, TakedownView


class FoundBy(StrEnum):
    """Who found the listing, as it is typed."""

    MINISTRY = "ministry"
    MANUAL = "manual"
    AI = "ai"
    PLATFORM = "platform"


By = Annotated[str, typer.Option(help="Who does this.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("add")(add)
    group.command("withdraw")(withdraw)
    group.command("status")(status)


def add(
    context: typer.Context,
    link_or_key: Annotated[
        str, typer.Argument(metavar="LINK_OR_KEY", help="A link to the listing, or marketplace:listing_id.")
    ],
    by: By,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    authority: Annotated[str | None, typer.Option(help="In whose name.")] = None,
    source: Annotated[FoundBy, typer.Option(help="Who found it.")] = FoundBy.PLATFORM,
    as_json: AsJson = False,
) -> None:
    """Ask for one listing's takedown. Returns when Kafka has the request; a resolver does the rest.

    Exit code 2 when the text means no listing, 3 when no broker answers.

    Example: `relistwatch takedowns add shopee-id:308864651.11479305215 --by analyst-7 --reason counterfeit`
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.takedowns.desk import NoListingError, request_of, send_request, target_of  # noqa: PLC0415

    settings = settings_of(context)
    with stop_on_signals() as stop:
        try:
            target = target_of(link_or_key, stop)
        except NoListingError as error:
            fail(f"{safe(link_or_key, 200)}: {safe(str(error), 300)}", EXIT_USAGE)
    request = request_of(
        link_or_key.strip(), target, received_at=datetime.now(UTC), by=by, reason=reason, authority=authority,
        source=source.value,
    )  # fmt: skip
    with broker_errors():
        send_request(settings, request)
    if as_json:
        typer.echo(msgspec.json.encode(request))
    else:
        typer.echo(
            f"{request.request_id}  asked for; where it stands: relistwatch takedowns status {request.request_id}"
        )


def withdraw(
    context: typer.Context,
    takedown_id: Annotated[str, typer.Argument(metavar="TAKEDOWN_ID", help="As takedowns status shows it.")],
    reason: Annotated[str, typer.Option(help="Why; it stays on the record.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Take a takedown back: it meets no listing any more. What was alerted stays, and so does who, when and why.

    A later request for the same listing puts it in force again. Exit code 1 when there is no such takedown in
    force, 3 when no broker answers.

    Example: `relistwatch takedowns withdraw td-5f0c0d1b6f0f2a7be2d1f1f0a3c4d5e6 --reason licensed --by analyst-7`
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from streams.takedowns.desk import requests_for, takedown_in_force  # noqa: PLC0415
    from streams.takedowns.desk import withdraw as take_back  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors():
        with reading_progress() as progress:
            there = takedown_in_force(settings, takedown_id, progress)
            if there is None:
                fail(f"no takedown {safe(takedown_id)!r} is in force", EXIT_FAILED)
            requests = requests_for(settings, takedown_id, progress)
        change = take_back(settings, takedown_id, at=datetime.now(UTC), by=by, reason=reason)
    if as_json:
        typer.echo(msgspec.json.encode(change))
        return
    typer.echo(f"{safe(takedown_id)}: withdrawn, says {safe(by)}")
    for each in requests:
        asked = ", ".join(safe(part) for part in (each.request.authority, each.request.reason) if part)
        typer.echo(f"  it was asked for by request {safe(each.request_id)}  {asked}")


def status(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID_OR_LINK", help="A request, a takedown, a link, or marketplace:listing_id."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Show where a request or a takedown stands, and all that happened to it. Exit code 1 when it is unknown.

    Example: `relistwatch takedowns status https://shopee.co.id/product/308864651/11479305215`
    """
    import msgspec  # noqa: PLC0415

    from streams.takedowns.records import read_records  # noqa: PLC0415
    from streams.takedowns.view import view_of  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors(), reading_progress() as progress:
        view = view_of(what.strip(), read_records(settings, progress))
    if view is None:
        fail(f"{safe(what, 200)}: no request and no takedown is known of it", EXIT_FAILED)
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(view), ensure_ascii=False))
        return
    for request in view.requests:
        _tell_request(request)
    for takedown in view.takedowns:
        _tell_takedown(takedown)


def _tell_request(request: "RequestView") -> None:
    asked = ", ".join(safe(part) for part in (request.authority, request.source, request.reason) if part)
    typer.echo(f"request   {safe(request.request_id)}  {request.state}  {asked}")
    typer.echo(f"          {safe(request.link, 300)}")
    if request.list:
        typer.echo(f"          row {request.list.row} of {safe(request.list.name)}")
    for change in request.changes:
        typer.echo(f"          {_moment(change.at)}  {change.state}  {safe(change.detail, 300)}".rstrip())
    if request.next_try_at:
        typer.echo(f"          next try {_moment(request.next_try_at)}")


def _tell_takedown(takedown: "TakedownView") -> None:
    typer.echo(f"takedown  {safe(takedown.takedown_id)}  {takedown.fate}")
    if takedown.title is not None:
        typer.echo(f"          “{safe(takedown.title)}” {safe(takedown.listing)}")
    for change in takedown.changes:
        who = f"  {safe(change.by)}" if change.by else ""
        why = f"  {safe(change.reason, 300)}" if change.reason else ""
        typer.echo(f"          {_moment(change.at)}  {change.what}{who}{why}")
    for relist in takedown.relists:
        typer.echo(
            f"          {_moment(relist.first_seen)}  relisted as {safe(relist.listing)},"
            f" alerted {relist.seconds:.1f} s later"
        )


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S%z}"
