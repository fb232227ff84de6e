"""`relistwatch demo`: everything on this machine, from one command."""

import json
import signal
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail

if TYPE_CHECKING:
    from rich.console import Console

    from streams.demo.demo import Demo


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself after one round.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The outcome as JSON on stdout, a line a round.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which story the marketplaces play.")] = 1,
    dashboard: Annotated[
        bool | None, typer.Option(help="Start the console too [default: unless --once].")
    ] = None,
) -> None:
    """Watch relists being caught: a real Kafka, four marketplaces, connectors, two workers and the console.

    Shopee, Lazada, TikTok Shop and Tokopedia are simulated; listings and photos are drawn by program. Some are
    taken down and come back on another marketplace, edited and disguised. Each alert is printed with its
    evidence and the time it took; the console shows the same in a browser, where you can decide the alerts.
    Ctrl-C ends everything.

    With --once, exit code 0 says that every planted relist was caught and nothing else alerted, 1 that not.

    Example: `relistwatch demo --once --json`
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    from streams.cli.alerts import alert_text  # noqa: PLC0415
    from streams.demo.demo import Demo, DemoError, Outcome  # noqa: PLC0415
    from streams.demo.market import MarketError  # noqa: PLC0415
    from streams.kafka_local.broker import BrokerError  # noqa: PLC0415
    from streams.kafka_local.jars import JarError  # noqa: PLC0415
    from streams.worker.worker_process import WorkerError  # noqa: PLC0415

    asked_to_end = threading.Event()

    def interrupt(_number: int, _frame: Any) -> None:
        # An interruption that comes while a callback of the interpreter's own runs is printed and lost: the next
        # tick raises it again.
        asked_to_end.set()
        raise KeyboardInterrupt

    # A supervisor's SIGTERM ends it as Ctrl-C does: in order, leaving nothing behind.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    notes = Console(stderr=True, highlight=False)
    results = Console(highlight=False)

    def say(text: str) -> None:
        notes.print(f"[dim]{text}[/dim]")

    def play(running: Demo, number: int) -> Outcome:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[alerts]} alerts"),
        )
        with Progress(*columns, console=notes, transient=True) as progress:
            bar = progress.add_task("records", total=None, alerts=0)

            def tick(sent: int, total: int, alerts: int) -> None:
                if asked_to_end.is_set():
                    raise KeyboardInterrupt
                progress.update(bar, completed=sent, total=total, alerts=alerts)

            def on_alert(alert: Any, seconds: float) -> None:
                if not as_json:
                    beside_a_bar(results, notes).print(alert_text(alert), soft_wrap=True)
                    beside_a_bar(results, notes).print(
                        f"  caught    {seconds * 1000:.0f} ms after the marketplace showed it\n",
                        style="green",
                    )

            return running.round(number, on_alert, tick)

    try:
        with Demo(say, dashboard=not once if dashboard is None else dashboard) as running:
            _tell_where(running, notes)
            number = seed
            while True:
                outcome = play(running, number)
                number += 1
                _show(outcome, as_json=as_json, notes=results)
                if once:
                    break
                say("another round; Ctrl-C ends")
    except KeyboardInterrupt:
        raise typer.Exit(0 if not once else 130) from None
    except (BrokerError, JarError, WorkerError, DemoError, MarketError) as error:
        fail(str(error), EXIT_UNAVAILABLE)
    if not outcome.perfect:
        raise typer.Exit(EXIT_FAILED)


def beside_a_bar(results: "Console", notes: "Console") -> "Console":
    """Where to print while a bar is drawn on `notes`.

    Only the bar's own console takes it away before a line and draws it again below. Where both are a terminal it is the
    same one; otherwise the results go where they were sent.
    """
    return notes if results.is_terminal and notes.is_terminal else results


def _tell_where(running: "Demo", notes: Any) -> None:
    """Where to look."""
    metrics = " and ".join(worker.url("/metrics") for worker in running.workers)
    where = f"Kafka at {running.settings.kafka.bootstrap_servers}, metrics at {metrics}"
    notes.print(f"[dim]{where}[/dim]", soft_wrap=True)
    if (console := running.dashboard) is not None:
        notes.print(
            f"[bold]Open {console.url}[/bold] and sign in as [bold]{console.name}[/bold] "
            f"with the password [bold]{console.password}[/bold]",
            soft_wrap=True,
        )


def _show(outcome: Any, *, as_json: bool, notes: Any) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
        return
    verdict = (
        "[bold green]all caught, nothing else alerted[/]" if outcome.perfect else "[bold red]not perfect[/]"
    )
    notes.print(
        f"{outcome.listings} listings, {outcome.planted} relists planted: {outcome.caught} caught, "
        f"{outcome.by_photo} of them by a photo, {outcome.across} on another marketplace, "
        f"{outcome.false_alerts} false alerts; "
        f"{outcome.still_up_caught} of {outcome.still_up_planted} found still up.  {verdict}",
        soft_wrap=True,
    )
    if outcome.median_ms is not None:
        notes.print(
            f"from shown on the marketplace to alert: median {outcome.median_ms:.0f} ms, p95 {outcome.p95_ms:.0f} ms; "
            f"of that from seen by the connector: median {outcome.own_median_ms:.0f} ms, "
            f"p95 {outcome.own_p95_ms:.0f} ms",
            soft_wrap=True,
        )
    for name, keys in (("missed", outcome.missed), ("falsely alerted", outcome.falsely_alerted)):
        if keys:
            notes.print(f"{name}: {', '.join(keys)}", markup=False)
