"""`relistwatch scan`: the engine on files, no broker."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.context import EXIT_USAGE, fail, settings_of
from streams.settings import Settings, SettingsError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("scan")(scan)


def scan(
    context: typer.Context,
    takedowns: Annotated[
        Path, typer.Option(help="Takedowns, one JSON record a line.", exists=True, dir_okay=False)
    ],
    listings: Annotated[Path, typer.Option(help="Listing events, one a line.", exists=True, dir_okay=False)],
    alerts: Annotated[Path, typer.Option(help="Where the alerts go, one a line.")],
    scores: Annotated[Path | None, typer.Option(help="The five best takedowns of each listing.")] = None,
    seller_links: Annotated[
        Path | None, typer.Option(help="Accounts that seem to be one seller, a pair a line.")
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            help="Verdicts, one a line: what honest sellers use counts no more.", exists=True, dir_okay=False
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="An HTML page with the photos side by side.")] = None,
    dead_letters: Annotated[
        Path | None, typer.Option(help="Lines not understood [default: beside the alerts].")
    ] = None,
    shadow_policy: Annotated[
        Path | None, typer.Option(help="A policy to compare with [default: match.shadow_policy].")
    ] = None,
    differences: Annotated[
        Path | None, typer.Option(help="Where the shadow policy decides otherwise, one a line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON on stdout.")] = False,
) -> None:
    """Find the taken-down listings among these listings. Photos may be paths beside the file that names them.

    Exit code 0 when the files were read, whatever was found; 2 when they could not be.

    Example: `relistwatch scan --takedowns t.jsonl --listings l.jsonl --alerts a.jsonl --report report.html`
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from streams.scan.report import render_report  # noqa: PLC0415
    from streams.scan.scan import Outputs, Scan  # noqa: PLC0415

    settings = _with_shadow(settings_of(context), shadow_policy, differences)
    dead_path = dead_letters or alerts.with_name(alerts.name + ".dead-letters.jsonl")
    try:
        with (
            alerts.open("wb") as alert_file,
            _opened(scores) as score_file,
            _opened(seller_links) as link_file,
            _opened(differences) as difference_file,
        ):
            outputs = Outputs(alert_file, score_file, dead_path, link_file, difference_file)
            with Progress(console=Console(file=sys.stderr)) as bar:
                names = ("verdicts", "takedowns", "listings") if verdicts else ("takedowns", "listings")
                bars = {name: bar.add_task(name, total=None) for name in names}
                run = Scan(
                    settings,
                    outputs,
                    lambda name, done, total: bar.update(bars[name], completed=done, total=max(total, 1)),
                    keep_found=report is not None,
                )
                if verdicts is not None:
                    run.allow(verdicts)
                summary = asyncio.run(run.run(takedowns, listings))
            outputs.close()
        if report is not None:
            page = render_report(
                run.found, summary, takedowns=takedowns, listings=listings, limits=settings.photos
            )
            report.write_text(page, encoding="utf-8")
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", EXIT_USAGE)
    if as_json:
        typer.echo(json.dumps(asdict(summary)))
        return
    typer.echo(
        f"{summary.listings} listings held against {summary.takedowns} takedowns: {summary.alerts} alerts in {alerts}"
    )
    if summary.still_up:
        typer.echo(f"{summary.still_up} of them are the taken-down listing itself, still up")
    if summary.seller_links:
        where = f", in {seller_links}" if seller_links else "; --seller-links FILE writes them"
        pairs = "1 pair" if summary.seller_links == 1 else f"{summary.seller_links} pairs"
        typer.echo(f"{pairs} of accounts that seem to be one seller{where}")
    if differences is not None:
        typer.echo(f"{summary.differences} listings decided otherwise by the shadow policy, in {differences}")
    for kind, count in sorted(summary.photo_failures.items()):
        typer.echo(f"{count} photos not used: {kind}")
    if summary.dead_letters:
        typer.echo(f"{summary.dead_letters} lines not understood, with the reasons in {dead_path}")
    if report is not None:
        typer.echo(f"report: {report}")


def _with_shadow(settings: Settings, shadow_policy: Path | None, differences: Path | None) -> Settings:
    """The settings with this shadow policy. A policy to compare with and a file for it come together."""
    import msgspec  # noqa: PLC0415

    if shadow_policy is not None and differences is None:
        fail("--shadow-policy goes with --differences FILE", EXIT_USAGE)
    if shadow_policy is not None:
        match = msgspec.structs.replace(settings.match, shadow_policy=str(shadow_policy))
        settings = msgspec.structs.replace(settings, match=match)
    if differences is not None and settings.match.shadow_policy is None:
        fail("--differences goes with --shadow-policy FILE", EXIT_USAGE)
    return settings


def _opened(path: Path | None):  # type: ignore[no-untyped-def]
    import contextlib  # noqa: PLC0415

    return path.open("wb") if path else contextlib.nullcontext()
