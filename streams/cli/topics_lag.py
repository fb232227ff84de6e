"""`relistwatch topics lag`: what the workers still have to do, and waiting until it is done."""

import json
import time
from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail, settings_of

LOOK_SECONDS = 0.5


def lag(
    context: typer.Context,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Look until no more wait, for so long."),
    ] = 0.0,
    most: Annotated[int, typer.Option(min=0, help="So many may wait: under steady load some always do.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Count the messages that the workers have not finished, of each topic that they read.

    With shards, `fingerprints` counts by the set that is furthest. Exit code 0 when no more than `--most` wait, 1 when
    more do, 3 when no broker answers.

    Example: `relistwatch topics lag --wait 60 --most 100`
    """
    from contextlib import closing  # noqa: PLC0415

    from kafka.errors import KafkaError  # noqa: PLC0415

    from streams.health.topic_offsets import OffsetsReader  # noqa: PLC0415
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415

    deadline = time.monotonic() + wait
    try:
        with closing(OffsetsReader(settings_of(context))) as reader:
            while (
                sum((waits := reader.read().lag_by_topic()).values()) > most and time.monotonic() < deadline
            ):
                time.sleep(LOOK_SECONDS)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except KafkaError as error:
        fail(f"Kafka does not say how far the workers are ({error})", EXIT_UNAVAILABLE)
    if as_json:
        typer.echo(json.dumps(waits))
    else:
        for topic, count in waits.items():
            typer.echo(f"{topic:<13} {count:,}")
    if sum(waits.values()) > most:
        raise typer.Exit(EXIT_FAILED)
