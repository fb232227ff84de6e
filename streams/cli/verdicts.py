"""`relistwatch verdicts`: what analysts say of alerts, and what follows from it."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.cli.tail import AsJson, FromBeginning, Limit, add_group, safe, show_arriving

if TYPE_CHECKING:
    from rich.text import Text

    from connectors.verdicts import Verdict


class Said(StrEnum):
    """The judgements as they are typed."""

    RELIST = "relist"
    NOT_A_RELIST = "not-a-relist"
    SAME_BACKDROP = "same-backdrop"
    UNSURE = "unsure"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = add_group(app, "verdicts", "What analysts say of alerts.", tail)
    group.command("add")(add)
    group.command("withdraw")(withdraw)
    group.command("allowed")(allowed)


def add(
    context: typer.Context,
    alert_id: Annotated[str, typer.Argument(help="The alert's id, as alerts tail shows it.")],
    verdict: Annotated[Said, typer.Argument(help="What it is.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as it stands on Kafka.")] = False,
) -> None:
    """Say what an alert is; a later verdict on it replaces an earlier one. Returns when Kafka has it.

    Running workers go by it within a second. Exit code 1 when there is no such alert, 3 when no broker answers.

    Example: `relistwatch verdicts add edb303b7a8f193afc76073b516b94c3f not-a-relist --by analyst-7`
    """
    from datetime import UTC, datetime  # noqa: PLC0415
    from typing import cast  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from connectors.codec import Codec, RecordError  # noqa: PLC0415
    from connectors.verdicts import Judgement, Verdict  # noqa: PLC0415
    from streams.verdicts.desk import find_alert, send_verdict  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors():
        with reading_progress() as progress:
            alert = find_alert(settings, alert_id, progress)
        if alert is None:
            fail(
                f"no alert {safe(alert_id)!r} on alerts or held-alerts, which keep them 90 days", EXIT_FAILED
            )
        judged = Verdict(
            alert_id=alert_id,
            verdict=cast("Judgement", verdict.value.replace("-", " ")),
            by=by,
            reason=reason,
            decided_at=datetime.now(UTC),
            alert=alert,
        )
        try:
            Codec(Verdict).decode(msgspec.json.encode(judged))
        except RecordError as error:
            fail(safe(str(error), 300), EXIT_USAGE)
        send_verdict(settings, alert_id, judged)
    if as_json:
        typer.echo(msgspec.json.encode(judged))
        return
    typer.echo(f"{safe(alert_id)}: {judged.verdict}, says {safe(by)}")
    if alert.kind == "flood" and judged.verdict == "relist":
        takedown = safe(alert.takedown.takedown_id)
        typer.echo(f"takedown {takedown} is held no more; for what is: relistwatch alerts release {takedown}")


def withdraw(
    context: typer.Context,
    alert_id: Annotated[str, typer.Argument(help="The alert whose verdict is taken back.")],
) -> None:
    """Take the verdict on an alert back. Exit code 1 when there is none.

    Example: `relistwatch verdicts withdraw edb303b7a8f193afc76073b516b94c3f`
    """
    from streams.verdicts.desk import send_verdict, verdicts_in_force  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors():
        with reading_progress() as progress:
            known = alert_id in verdicts_in_force(settings, progress)
        if not known:
            fail(f"there is no verdict on {safe(alert_id)!r}", EXIT_FAILED)
        send_verdict(settings, alert_id, None)
    typer.echo(f"{safe(alert_id)}: taken back")


def tail(
    context: typer.Context,
    from_beginning: FromBeginning = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Show verdicts as they come, until stopped with Ctrl-C.

    Example: `relistwatch verdicts tail --from-beginning`
    """
    from connectors.verdicts import Verdict  # noqa: PLC0415
    from streams.topics import VERDICTS  # noqa: PLC0415

    show_arriving(
        context, VERDICTS, Verdict, verdict_text, from_beginning=from_beginning, limit=limit, as_json=as_json
    )


def allowed(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Each as a line of JSON.")] = False,
) -> None:
    """Show which takedowns' photos and titles count no more, since analysts cleared enough accounts for them.

    How many are enough is the setting match.allow_accounts. Reads all verdicts; exit code 3 when no broker answers.

    Example: `relistwatch verdicts allowed --json`
    """
    import json  # noqa: PLC0415

    from streams.engine.allow_list import AllowList  # noqa: PLC0415
    from streams.verdicts.desk import verdicts_in_force  # noqa: PLC0415

    settings = settings_of(context)
    found = AllowList(settings.match.allow_accounts)
    with broker_errors(), reading_progress() as progress:
        verdicts = verdicts_in_force(settings, progress, tell_foreign)
    for alert_id, verdict in verdicts.items():
        found.put(alert_id, verdict)
    for sign in found.signs:
        cleared, convicted = found.cleared(sign), found.convicted(sign)
        if as_json:
            row = {"takedown_id": sign.takedown_id, "image": sign.image}
            typer.echo(json.dumps(row | {"accounts_cleared": cleared, "accounts_relisted": convicted}))
        else:
            what = "title" if sign.image is None else f"photo {sign.image + 1}"
            typer.echo(f"{safe(sign.takedown_id)}  {what}  {cleared} accounts cleared, {convicted} relisted")
    if not as_json:
        typer.echo(f"{len(found.signs)} by {len(verdicts)} verdicts", err=True)


def tell_foreign(key: str, why: str) -> None:
    """Say on stderr that a record is no verdict."""
    typer.echo(f"relistwatch: no verdict under {safe(key)!r}: {safe(why, 300)}", err=True)


def verdict_text(verdict: "Verdict") -> "Text":
    """The verdict in some lines for a person. All text from outside is escaped; Text takes no markup."""
    from rich.text import Text  # noqa: PLC0415

    alert = verdict.alert
    text = Text()
    text.append(verdict.verdict, style="bold")
    text.append(f"  says {safe(verdict.by)}")
    text.append(f"  {verdict.decided_at:%Y-%m-%d %H:%M:%S%z}  {safe(verdict.alert_id)}", style="dim")
    text.append(f"\n  listing   “{safe(alert.listing.title)}” {safe(alert.listing.key)}")
    text.append(f"\n  takedown  “{safe(alert.takedown.title)}” [{safe(alert.takedown.takedown_id)}]")
    text.append(f"  {alert.kind.replace('_', ' ')} {alert.probability:.1%}")
    if verdict.reason:
        text.append(f"\n  because   {safe(verdict.reason, 500)}")
    return text
