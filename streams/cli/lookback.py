"""`relistwatch lookback`: a takedown's relists that were there before it."""

from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of, shard_option
from streams.settings import SettingsError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lookback")(lookback)


def lookback(
    context: typer.Context,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="The share of the listings that this process looks at.")
    ] = "1/1",
    once: Annotated[
        bool, typer.Option("--once", help="End when all takedowns that have come are looked back for.")
    ] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON lines.")] = False,
    port: Annotated[
        int | None, typer.Option(help="Port of /livez, /readyz and /metrics; 0 takes a free one.")
    ] = None,
) -> None:
    """When a takedown arrives, alert the recent listings that match it, until stopped.

    One process a shard; all of `1/2` and `2/2` run, or `1/1` alone. Its listings are kept in `worker.data_dir`, so
    that a start reads only what came since. Exit codes: 1 it could not go on, 2 wrong option or setting, or
    its user lacks a right, 3 no broker, 70 a right was taken away.

    Example: `relistwatch lookback --shard 1/2 --port 6068`
    """
    import msgspec  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.logs import configure_logs  # noqa: PLC0415
    from streams.lookback.listing_store import InUseError  # noqa: PLC0415
    from streams.lookback.lookback import run_lookback  # noqa: PLC0415
    from streams.rights.check import RightsError  # noqa: PLC0415

    share = shard_option(shard)
    settings = settings_of(context)
    if port is not None:
        settings = msgspec.structs.replace(settings, web=msgspec.structs.replace(settings.web, port=port))
    configure_logs(as_json=log_json)
    try:
        run_lookback(settings, share, once=once)
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)
    except InUseError as error:
        fail(str(error), EXIT_FAILED)
    except RightsError as error:
        fail(str(error), EXIT_USAGE)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except KafkaError as error:
        fail(f"Kafka at {settings.kafka.bootstrap_servers} cannot be used ({error!r})", EXIT_UNAVAILABLE)
    except (RuntimeError, OSError) as error:
        fail(str(error), EXIT_FAILED)
