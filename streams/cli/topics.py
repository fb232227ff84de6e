"""`relistwatch topics`: create, check and grow them, say who may do what, see what waits, keep and restore them."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail, settings_of
from streams.cli.topics_acls import acls
from streams.cli.topics_backup import backup, restore
from streams.cli.topics_grow import grow
from streams.cli.topics_lag import lag


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The topics: create, check, grow, back up and restore them; who may do what.",
        no_args_is_help=True,
    )
    group.command("create")(create)
    group.command("check")(check)
    group.command("lag")(lag)
    group.command("grow")(grow)
    group.command("backup")(backup)
    group.command("restore")(restore)
    group.command("acls")(acls)
    app.add_typer(group, name="topics")


def create(
    context: typer.Context,
    partitions: Annotated[int | None, typer.Option(min=1, help="Instead of the settings' number.")] = None,
    replication: Annotated[int | None, typer.Option(min=1, help="Instead of the settings' number.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Each topic and whether it was created, as JSON.")
    ] = False,
) -> None:
    """Create the topics that are missing; those that exist stay as they are.

    Exit code 1 when the broker refuses them, 3 when no broker answers.

    Example: `relistwatch topics create --partitions 24 --replication 3`
    """
    import msgspec  # noqa: PLC0415

    from streams.kafka_clients.topic_admin import BrokerUnavailableError, TopicsRefusedError, create_topics  # noqa: PLC0415

    settings = settings_of(context)
    given = {"partitions": partitions, "replication": replication}
    changes = {name: value for name, value in given.items() if value is not None}
    settings = msgspec.structs.replace(settings, topics=msgspec.structs.replace(settings.topics, **changes))
    try:
        outcome = create_topics(settings)
    except TopicsRefusedError as error:
        fail(str(error))
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    if as_json:
        typer.echo(json.dumps(outcome))
        return
    for name, created in outcome.items():
        typer.echo(f"{'created' if created else 'exists '}  {name}")


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="The differences as JSON on stdout.")] = False,
) -> None:
    """Compare the topics with the settings; exit code 1 when something differs, 3 when no broker answers.

    Example: `relistwatch topics check`
    """
    from streams.kafka_clients.topic_admin import BrokerUnavailableError, check_topics  # noqa: PLC0415

    try:
        differences = check_topics(settings_of(context))
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    if as_json:
        typer.echo(json.dumps([asdict(difference) for difference in differences]))
    else:
        for difference in differences:
            typer.echo(f"{difference}\n    do: {difference.advice}")
        if not differences:
            typer.echo("all topics are as the settings say")
    if differences:
        raise typer.Exit(EXIT_FAILED)
