"""`relistwatch load`: listings at a rate that nothing slows, and what the running system makes of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of
from streams.cli.load_thresholds import with_thresholds
from streams.load.thresholds import Thresholds

if TYPE_CHECKING:
    from streams.load.recording import Recording
    from streams.settings import Settings

JSON = Annotated[Path | None, typer.Option("--json", help="A file for the recorded run and its report.")]
HTML = Annotated[Path | None, typer.Option("--html", help="A file for the report as a page with plots.")]


def register(app: typer.Typer) -> None:
    """Add the command and those below it."""
    group = typer.Typer(invoke_without_command=True, no_args_is_help=False)
    group.callback()(with_thresholds(load))
    group.command("report")(with_thresholds(report))
    group.command("clean")(clean)
    app.add_typer(group, name="load")


def load(
    context: typer.Context,
    rate: Annotated[float, typer.Option(help="Listings a second.")] = 50.0,
    seconds: Annotated[float, typer.Option(help="For so long, after a ramp.")] = 60.0,
    constant: Annotated[
        bool, typer.Option("--constant", help="At equal distances; else independent of each other (Poisson).")
    ] = False,
    ramp_seconds: Annotated[float, typer.Option(help="Seconds in which the rate rises first.")] = 0.0,
    ramp_from: Annotated[float, typer.Option(help="The rate that it rises from.")] = 0.0,
    photos: Annotated[float, typer.Option(help="The share of listings with a photo, inline.")] = 0.0,
    relists: Annotated[float, typer.Option(help="The share of listings that are planted relists.")] = 0.02,
    warmup: Annotated[float, typer.Option(min=0, help="Seconds at the beginning that are not judged.")] = 3.0,
    settle: Annotated[
        float,
        typer.Option(min=1, help="Seconds without any progress at the end: what lacks then is missing."),
    ] = 15.0,
    seed: Annotated[int | None, typer.Option(help="The same seed: the same listings and times.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write to topics that real listings are on.")] = False,
    *,
    thresholds: Thresholds,
    json_file: JSON = None,
    html_file: HTML = None,
) -> None:
    """Send listings to the running system at a rate that nothing slows, and judge what becomes of them.

    Latency is from the moment a listing was due until its alert is read. Listings and takedowns are synthetic, of the
    marketplace `relistwatch-load`; the takedowns are published first and withdrawn at the end, alerts and fingerprints
    stay as long as their topics keep them. It refuses topics with real listings: give it a topics.prefix and workers
    of its own, or `--yes`. Ctrl-C ends it early with a report. Exit codes: 0 every threshold kept, 1 one missed, or
    ended early; 2 wrong option; 3 no Kafka or no worker; 4 the generator was the limit, so the run shows nothing.

    Example: `relistwatch load --rate 200 --seconds 60 --photos 0.3 --p95-ms 500 --json run.json --html run.html`
    """
    if context.invoked_subcommand is not None:
        return
    import secrets  # noqa: PLC0415

    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.cli.broker import broker_errors  # noqa: PLC0415
    from streams.cli.load_progress import LoadProgress  # noqa: PLC0415
    from streams.load.plan import Mix  # noqa: PLC0415
    from streams.load.run import Options, run_load  # noqa: PLC0415
    from streams.load.schedule import Course  # noqa: PLC0415
    from streams.load.sender import SenderError  # noqa: PLC0415
    from streams.load.takedowns import NotMatchableError  # noqa: PLC0415

    settings = settings_of(context)
    course = Course(
        rate=rate,
        seconds=seconds,
        arrival="constant" if constant else "poisson",
        ramp_seconds=ramp_seconds,
        ramp_from=ramp_from,
    )
    mix = Mix(photos=photos, relists=relists)
    if trouble := course.trouble() or mix.trouble():
        fail(trouble, EXIT_USAGE)
    if warmup >= course.length:
        fail("--warmup is shorter than the load, or nothing is judged", EXIT_USAGE)
    options = Options(
        course=course,
        mix=mix,
        seed=secrets.randbits(32) if seed is None else seed,
        warmup=warmup,
        settle_seconds=settle,
    )
    for path in (json_file, html_file):
        _check_writable(path)
    with broker_errors(), stop_on_signals() as stop, LoadProgress() as progress:
        if not yes:
            _refuse_real_traffic(settings)
        try:
            recording = run_load(settings, options, f"load-{secrets.token_hex(4)}", stop, progress.say)
        except ValueError as error:
            fail(str(error), EXIT_USAGE)
        except NotMatchableError as error:
            fail(str(error), EXIT_UNAVAILABLE)
        except SenderError as error:
            fail(str(error), EXIT_UNAVAILABLE)
    if recording is None:
        fail("ended before anything was sent", EXIT_FAILED)
    _tell(recording, thresholds, json_file, html_file)


def report(
    run: Annotated[Path, typer.Argument(help="A run that --json recorded.", exists=True, dir_okay=False)],
    *,
    thresholds: Thresholds,
    json_file: JSON = None,
    html_file: HTML = None,
) -> None:
    """Judge a recorded run again, with these thresholds; nothing is sent. The exit codes are those of the load.

    Example: `relistwatch load report run.json --p95-ms 300 --html run.html`
    """
    from streams.load.document import DocumentError, read_document  # noqa: PLC0415

    try:
        recording = read_document(run.read_bytes())
    except DocumentError as error:
        fail(f"{run}: {error}", EXIT_USAGE)
    except OSError as error:
        fail(f"{run}: {error.strerror}", EXIT_USAGE)
    _tell(recording, thresholds, json_file, html_file)


def clean(context: typer.Context) -> None:
    """Withdraw takedowns that a load left in force because it was killed. Others are not touched.

    Example: `relistwatch load clean`
    """
    from streams.cli.broker import broker_errors  # noqa: PLC0415
    from streams.load.takedowns import left_behind, withdraw  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors():
        found = left_behind(settings)
        withdraw(settings, found)
    typer.echo(f"{len(found):,} takedowns of loads withdrawn")


def _refuse_real_traffic(settings: "Settings") -> None:
    from streams.load.real_traffic import real_listing  # noqa: PLC0415

    if (key := real_listing(settings)) is not None:
        fail(
            f"{settings.topics.prefix}listings on {settings.kafka.bootstrap_servers} has real listings, such as {key}:"
            " a load would mix its own and their alerts with them. Set topics.prefix and kafka.group and run"
            " workers for the load alone, or say --yes",
            EXIT_USAGE,
        )


def _check_writable(path: Path | None) -> None:
    """Before a long run, not after it."""
    if path is not None and not path.absolute().parent.is_dir():
        fail(f"{path}: there is no folder {path.absolute().parent}", EXIT_USAGE)


def _tell(
    recording: "Recording", thresholds: Thresholds, json_file: Path | None, html_file: Path | None
) -> None:
    from streams.load.document import document  # noqa: PLC0415
    from streams.load.report import judge  # noqa: PLC0415
    from streams.load.words import report_lines  # noqa: PLC0415

    judged = judge(recording, thresholds)
    try:
        if json_file is not None:
            json_file.write_bytes(document(recording, judged))
        if html_file is not None:
            from streams.load.page import render_page  # noqa: PLC0415

            html_file.write_text(render_page(recording, judged), encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", EXIT_USAGE)
    # After the files: who reads only the first lines ends the command there.
    for line in report_lines(recording, judged):
        typer.echo(line)
    if judged.exit_code:
        raise typer.Exit(judged.exit_code)
