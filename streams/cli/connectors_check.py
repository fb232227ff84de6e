"""`relistwatch connectors test` and `record`: whether a connector does what every one must; answers to test by."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.connect import connector_folder, end, instance_name, read_options
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from connectors.exchanges import Reply
    from connectors.sdk import Source

Options = Annotated[list[str] | None, typer.Option("--option", help="An option, KEY=VALUE; repeatable.")]
OptionsFile = Annotated[Path | None, typer.Option(help="Options in a TOML file; --option wins over it.")]
SIGNS = {"passed": "passed", "failed": "FAILED", "not applicable": "-"}
LAST_HOUR = timedelta(hours=1)
InsideA200 = Annotated[str | None, typer.Option(metavar="JSON", help="As the API says it inside a 200.")]


def check(
    name: Annotated[str, typer.Argument(help="The source, as it is installed.")],
    recorded: Annotated[
        Path | None, typer.Option(help="The recording. Default: NAME.recorded.jsonl in its package.")
    ] = None,
    option: Options = None,
    options_file: OptionsFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="The results as JSON on stdout.")] = False,
) -> None:
    """Run the conformance kit on a source: no network, no broker, no waiting.

    Each check drives the source against recorded answers, most with one thing gone wrong. "-": the check does
    not concern it, or the recording has nothing to check it by. Exit code 1: a check failed; 2: no such source
    or recording.

    Example: `relistwatch connectors test pasar-uji --recorded new.jsonl`
    """
    import msgspec  # noqa: PLC0415

    from connectors.conformance import run_checks, subject_of  # noqa: PLC0415
    from connectors.sdk import AbortError  # noqa: PLC0415
    from connectors.secret import redact  # noqa: PLC0415
    from streams.words.safe_text import safe_text  # noqa: PLC0415

    try:
        options = read_options("--option", option or [], options_file)
        subject = subject_of(name, options=options, recorded=recorded)
        subject.make()
    except AbortError as error:
        fail(redact(str(error)), EXIT_USAGE)
    results = []
    for result in run_checks(subject):
        results.append(result)
        if not as_json:
            typer.echo(
                f"{SIGNS[result.outcome]:<8}{result.check}: {safe_text(redact(result.detail or result.about))}"
            )
    failed = sum(result.outcome == "failed" for result in results)
    if as_json:
        typer.echo(redact(msgspec.json.encode(results).decode()))
    else:
        passed = sum(result.outcome == "passed" for result in results)
        others = len(results) - passed - failed
        typer.echo(f"{name}: {passed} passed, {failed} failed, {others} not applicable", err=True)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def record(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The source, as it is installed.")],
    to: Annotated[Path, typer.Option(help="The file to make; one that is there is not overwritten.")],
    option: Options = None,
    options_file: OptionsFile = None,
    throttled: InsideA200 = None,
    expired: InsideA200 = None,
    hide: Annotated[
        list[str] | None,
        typer.Option(help="A parameter, header or field that is secret or of the moment; repeatable."),
    ] = None,
    instance: Annotated[
        str | None, typer.Option(help="Whose tokens are used, as `connect` has it. Default: NAME.")
    ] = None,
) -> None:
    """Run a source once over the network, into nothing, and keep the answers for `connectors test`.

    Secrets, tokens and signatures are taken out. Without `since` and `until` the last hour is asked for: record a
    stretch of several windows and pages. Look through the file before you pass it on: names and phone numbers
    that sellers wrote are in it. An API that refuses inside a 200 is given with --throttled and --expired: the
    JSON with which it says "too many requests" and "this access token has expired". Exit code 2: wrong source or
    option; 3: the source cannot be reached.

    Example: `relistwatch connectors record pasar-uji --option api_key=env:PASAR_KEY --to pasar.jsonl`
    """
    import httpx  # noqa: PLC0415

    from connectors.clock import SystemClock  # noqa: PLC0415
    from connectors.context import Context  # noqa: PLC0415
    from connectors.memory import MemorySink  # noqa: PLC0415
    from connectors.recording import Recording, RecordingTransport  # noqa: PLC0415
    from connectors.registry import source_type  # noqa: PLC0415
    from connectors.runner import Runner  # noqa: PLC0415
    from connectors.sdk import AbortError, ConnectorError, make  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.cli.connect_progress import ConnectProgress  # noqa: PLC0415

    now = SystemClock().now()
    instance = instance_name(instance or name)
    try:
        kind = source_type(name)
        source = make(kind, _closed(kind, read_options("--option", option or [], options_file), now))
        about = Recording(
            connector=kind.name,
            at=now,
            options=_kept(source),
            throttled=_reply("--throttled", throttled),
            expired=_reply("--expired", expired),
            hidden=tuple(hide or ()),
        )
        transport = RecordingTransport(httpx.HTTPTransport(), to, about)
    except AbortError as error:
        end(error, Context(name).counts)
        return
    progress = ConnectProgress(name, str(to))
    failure: ConnectorError | None = None
    with stop_on_signals() as stop, progress:
        # A refresh token is good once: the next one belongs where the running connector looks for it.
        surroundings = Context(
            instance, stop=stop, transport=transport, folder=connector_folder(settings_of(context)) / instance
        )
        runner = Runner(source, MemorySink(), context=surroundings, on_problem=progress.problem)
        try:
            runner.run()
        except ConnectorError as error:
            failure = error
        finally:
            transport.close()
    if failure is not None or stop.is_set():
        # Half of a run would replay as half of a run, and look like all of it.
        with suppress(OSError):
            to.unlink()
    end(failure, surroundings.counts)
    if stop.is_set():
        fail("stopped; nothing was kept", EXIT_FAILED)
    typer.echo(f"{transport.kept} requests with their answers, {surroundings.counts.read} events: {to}")


def _reply(flag: str, text: str | None) -> "Reply | None":
    import msgspec  # noqa: PLC0415

    from connectors.exchanges import Reply  # noqa: PLC0415

    if text is None:
        return None
    try:
        return Reply(json=msgspec.Raw(msgspec.json.encode(msgspec.json.decode(text))))
    except msgspec.DecodeError as error:
        fail(f"{flag}: no JSON: {error}", EXIT_USAGE)


def _closed(kind: "type[Source[Any]]", options: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The options with an end: a recording is of a stretch of time that is over."""
    from connectors.windows import WindowOptions, whole_second  # noqa: PLC0415

    if not issubclass(kind.options_type, WindowOptions):
        return options
    until = whole_second(now - timedelta(seconds=10))
    return {"since": (until - LAST_HOUR).isoformat(), "until": until.isoformat()} | options


def _kept(source: "Source[Any]") -> dict[str, Any]:
    """The options as a recording has them: those that are not the default, with a fake for each secret."""
    import msgspec  # noqa: PLC0415

    from connectors.scrubbing import scrub_text  # noqa: PLC0415
    from connectors.sdk import Secret  # noqa: PLC0415

    kept: dict[str, Any] = {}
    for field in msgspec.structs.fields(type(source.options)):
        value = getattr(source.options, field.name)
        if value is None or value == field.default or (isinstance(value, Secret) and not value):
            continue
        if isinstance(value, Secret):
            kept[field.encode_name] = f"recorded-{field.encode_name}"
        else:
            plain = msgspec.to_builtins(value, enc_hook=lambda _: "recorded-secret")
            kept[field.encode_name] = scrub_text(plain) if isinstance(plain, str) else plain
    return kept
