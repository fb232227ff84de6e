"""`relistwatch topics grow`: more partitions, where that is safe."""

import json
from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail, settings_of

WORDS = {
    "grow": "{have} -> {wanted}",
    "enough": "{have}, enough",
    "next generation": "{have}, its next generation may have more",
    "always one": "{have}, always one",
    "never": "{have}, stays: a key's newest value must lie where its older ones do",
}


def grow(
    context: typer.Context,
    partitions: Annotated[int, typer.Option(min=1, help="How many each topic is to have at least.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="For listings and requests to be quiet and worked off."),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON.")] = False,
) -> None:
    """Give topics more partitions: those in which no key's older value stays behind for ever.

    `listings` and `takedown-requests` grow only when nothing came for 5 seconds and all that came is finished, since a
    key may go to another partition from then on. Fingerprints grow with their next generation, and compacted topics do
    not (docs/runbooks/growing-partitions.md). Start workers and connectors anew afterwards.

    Exit code 1 when it is not quiet or the broker refuses, 3 when no broker answers.

    Example: `relistwatch topics grow --partitions 24 --dry-run`
    """
    from streams.kafka_clients.topic_admin import BrokerUnavailableError, TopicsRefusedError  # noqa: PLC0415
    from streams.upkeep.topic_growth import NotQuietError, grow_topics  # noqa: PLC0415

    try:
        steps = grow_topics(
            settings_of(context),
            partitions,
            dry_run=dry_run,
            wait=wait,
            say=lambda text: typer.echo(text, err=True),
        )
    except (NotQuietError, TopicsRefusedError) as error:
        fail(str(error), EXIT_FAILED)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    if as_json:
        plan = [{"topic": step.topic, "partitions": step.partitions, "course": step.course} for step in steps]
        typer.echo(json.dumps(plan))
        return
    width = max(len(step.topic) for step in steps)
    for step in steps:
        typer.echo(
            f"{step.topic:<{width}}  {WORDS[step.course].format(have=step.partitions, wanted=partitions)}"
        )
