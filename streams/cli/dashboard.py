"""`relistwatch dashboard`: the console for analysts and operators."""

from typing import Annotated

import typer

from streams.cli import dashboard_people
from streams.cli.context import EXIT_USAGE, fail, settings_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help="The console for analysts and operators.", invoke_without_command=True)
    group.callback()(dashboard)
    dashboard_people.register(group)
    app.add_typer(group, name="dashboard")


def dashboard(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Where to answer [default: 127.0.0.1].")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one [default: 6070].")
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Answer /metrics for Prometheus there; 0 takes a free one."),
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON lines.")] = False,
) -> None:
    """Show alerts, takedown lists and throughput in the browser, until stopped with Ctrl-C or SIGTERM.

    Settings: `[dashboard]` in docs/settings.md. Exit code 2: the database or the port cannot be used.

    Example: `relistwatch dashboard --port 6070`
    """
    if context.invoked_subcommand is not None:
        return
    import msgspec  # noqa: PLC0415

    from streams.console.database import DatabaseError  # noqa: PLC0415
    from streams.console.serve import run_dashboard  # noqa: PLC0415
    from streams.logs import configure_logs  # noqa: PLC0415

    settings = settings_of(context)
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = msgspec.structs.replace(
        settings, dashboard=msgspec.structs.replace(settings.dashboard, **chosen)
    )
    configure_logs(as_json=log_json)

    def say(address: str) -> None:
        typer.echo(f"relistwatch dashboard: {address}", err=True)
        dashboard_people.say_first_steps(settings, lambda text: typer.echo(f"relistwatch: {text}", err=True))

    try:
        run_dashboard(settings, say, metrics_port)
    except DatabaseError as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        wanted = f"{settings.dashboard.host}:{settings.dashboard.port}"
        also = "" if metrics_port is None else f", or for metrics at {settings.web.host}:{metrics_port}"
        fail(f"cannot answer at {wanted}{also}: {error}", EXIT_USAGE)
