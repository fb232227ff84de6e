"""`relistwatch takedowns resolve`: requests to takedowns."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors
from streams.cli.context import EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from aiohttp import web


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command("resolve")(resolve)


def resolve(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Handle what is there now and what is due, then end.")
    ] = False,
    connector: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask this source for listings never seen: NAME=FILE with its options, or NAME@INSTANCE=FILE"
            " for a running connector's tokens; repeatable. Besides those of the setting resolve.connectors."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Answer /livez, /readyz and /metrics there [default: nowhere]; 0 takes a free one.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The counts at the end as JSON.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON lines.")] = False,
) -> None:
    """Turn requests into takedowns, until stopped with Ctrl-C or SIGTERM. Start as many as you like.

    A listing is found among those that were seen, with the fingerprints of its photos; else its marketplace is
    asked; else the request stays unresolved and is tried again. Exit code 1: Kafka
    refuses us; 2: a connector's options are wrong, or the user lacks a right; 3: no broker answers. Nothing is lost in
    any case.

    Example: `relistwatch takedowns resolve --once --connector shopee@shopee-toko-7=shopee.toml`
    """
    from connectors.sdk import AbortError  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.health.heartbeat_figures import first_heartbeat  # noqa: PLC0415
    from streams.health.heartbeat_sender import Heartbeats  # noqa: PLC0415
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.logs import configure_logs  # noqa: PLC0415
    from streams.resolving.connectors import ListingConnectors, connector_specs  # noqa: PLC0415
    from streams.resolving.resolver import Resolver  # noqa: PLC0415
    from streams.rights.check import RightsError, require_rights  # noqa: PLC0415

    settings = settings_of(context)
    configure_logs(as_json=log_json)
    folder = Path(settings.worker.data_dir).expanduser()
    with stop_on_signals() as stop:
        try:
            specs = connector_specs([settings.resolve.connectors, *(connector or [])])
            connectors = ListingConnectors(specs, folder / "connectors", stop)
        except AbortError as error:
            fail(redact(str(error)), EXIT_USAGE)
        try:
            with broker_errors():
                require_rights(settings, "resolver")
                resolver = Resolver(settings, connectors, stop)
                with ExitStack() as running:
                    if port is not None:
                        _answer(running, resolver.health(), settings.web.host, port)
                    running.enter_context(
                        Heartbeats(settings, first_heartbeat(settings, "resolver"), resolver.says)
                    )
                    resolver.run(once=once)
        except RightsError as error:
            fail(str(error), EXIT_USAGE)
        except BrokerUnavailableError as error:
            fail(str(error), EXIT_UNAVAILABLE)
        except OSError as error:
            fail(f"{folder / 'resolve'}: {error}", EXIT_USAGE)
        finally:
            connectors.close()
    counts = dict(sorted(resolver.counts.items()))
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no request")


def _answer(running: ExitStack, health: "web.Application", host: str, port: int) -> None:
    """Answer as long as `running` is open."""
    import structlog  # noqa: PLC0415

    from streams.health.probes_thread import answering  # noqa: PLC0415

    try:
        taken = running.enter_context(answering(health, host, port))
    except OSError as error:
        fail(f"--port {port}: {error.strerror or error}", EXIT_USAGE)
    structlog.get_logger(__name__).info("health and metrics", url=f"http://{host}:{taken}/readyz")
