"""`relistwatch takedowns`: lists of links that an authority wants taken down, and what becomes of them."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import takedown_figures, takedown_marks, takedown_resolving
from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe

if TYPE_CHECKING:
    from connectors.takedown_lists.reading import TakedownList
    from connectors.takedown_requests import Received, RequestSource
    from streams.settings import Settings
    from streams.takedowns.importing import Counts, KnownRequests, Refusal, TakedownImport, Waiting

REJECTS_SHOWN = 10
REFRESH_ITEMS = 500


class SourceName(StrEnum):
    """Who or what found the listings."""

    MINISTRY = "ministry"
    MANUAL = "manual"
    AI = "ai"
    PLATFORM = "platform"


class Format(StrEnum):
    """What the list is."""

    AUTO = "auto"
    XLSX = "xlsx"
    CSV = "csv"
    EMAIL = "email"
    TEXT = "text"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Takedowns: asked for, resolved, followed and reported.", no_args_is_help=True)
    group.command("import")(import_list)
    for part in (takedown_resolving, takedown_marks, takedown_figures):
        part.add_to(group)
    app.add_typer(group, name="takedowns")


def import_list(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="LIST", help="XLSX, CSV, e-mail (.eml) or text; - reads standard input.")
    ],
    authority: Annotated[str | None, typer.Option(help="Who asks. Goes before what the rows tell.")] = None,
    source: Annotated[
        SourceName | None,
        typer.Option(help="Who found them [default: ministry with --authority, else manual]."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for rows that tell no reason.")] = None,
    by: Annotated[str | None, typer.Option(help="Who imports it [default: the login name].")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what the list holds; send nothing.")
    ] = False,
    resolve_short_links: Annotated[
        bool, typer.Option(help="Ask allowed hosts where short links such as vt.tiktok.com lead to.")
    ] = True,
    rejects: Annotated[
        Path | None, typer.Option(help="CSV file for what became no request, each with its row and reason.")
    ] = None,
    kind: Annotated[Format, typer.Option("--format", help="What the list is.")] = Format.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as JSON.")] = False,
) -> None:
    """Send a list's links to `takedown-requests`: found in any column, each listing once, whatever its link's form.

    Links that the same authority has requested before are left out, so a list may be imported again. Nothing is
    sent before the whole list is read. Exit code 0 when the list has links to listings, new or not; 1 when it has
    none or Kafka refuses some; 2 when it cannot be read or is past a limit (settings `takedown_lists`); 3 when no
    broker answers.

    Example: `relistwatch takedowns import daftar.xlsx --authority Kemendag --rejects rejects.csv --dry-run`
    """
    from datetime import UTC, datetime  # noqa: PLC0415

    from connectors.takedown_lists.items import ListError  # noqa: PLC0415
    from connectors.takedown_requests import Received  # noqa: PLC0415
    from streams.takedowns.importing import Waiting  # noqa: PLC0415

    # A list's records have no cycles: looking for some among them was a fifth of the time.
    gc.set_threshold(200_000)
    settings = settings_of(context)
    named: RequestSource = source.value if source else "ministry" if authority else "manual"
    received = Received(
        list_name="", list_sha256="", at=datetime.now(UTC), by=_checked("--by", by or _login(), 256),
        source=named, authority=_checked("--authority", authority), reason=_checked("--reason", reason),
    )  # fmt: skip
    with Waiting() as waiting:
        try:
            with _opened(file, settings, kind) as opened:
                known, compared = _known(settings, dry_run=dry_run)
                done = _read(opened, received, known, waiting, resolve=resolve_short_links, rejects=rejects)
        except ListError as error:
            fail(f"{safe(file)}: {safe(str(error), 300)}; nothing was sent", EXIT_USAGE)
        except OSError as error:
            where = safe(str(error.filename or file))
            fail(f"{where}: {error.strerror or error}; nothing was sent", EXIT_USAGE)
        refused = [] if dry_run else _send(settings, waiting, received.at)
    _tell(opened, done.counts, refused, dry_run=dry_run, compared=compared, as_json=as_json)
    if refused or not done.counts.found:
        raise typer.Exit(EXIT_FAILED)


def _login() -> str:
    import getpass  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _checked(option: str, text: str | None, most: int = 1000) -> Any:
    """The text, tidied; a text that no record takes ends the command."""
    from connectors.takedown_lists.headers import tidy  # noqa: PLC0415

    if text is None:
        return None
    tidied = tidy(text)
    if not tidied or len(text) > most:
        fail(f"{option}: 1 to {most} characters", EXIT_USAGE)
    return tidied


def _known(settings: "Settings", *, dry_run: bool) -> "tuple[KnownRequests, bool]":
    """What was requested before, and whether it is known. A dry run does without a broker."""
    from kafka.errors import KafkaError  # noqa: PLC0415

    from streams.kafka_clients.record_reader import ReadError  # noqa: PLC0415
    from streams.takedowns.importing import KnownRequests  # noqa: PLC0415
    from streams.takedowns.requests import known_requests  # noqa: PLC0415

    with broker_errors(), reading_progress() as progress:
        try:
            return known_requests(settings, progress), True
        except (ReadError, KafkaError) as error:
            if not dry_run:
                raise
            typer.echo(f"relistwatch: not compared with earlier requests: {safe(str(error), 200)}", err=True)
            return KnownRequests(), False


@contextmanager
def _opened(file: str, settings: "Settings", kind: Format) -> "Iterator[TakedownList]":
    from connectors.takedown_lists.reading import open_list  # noqa: PLC0415

    with open_list(file, settings.takedown_lists, kind.value) as opened:
        yield opened


def _read(
    opened: "TakedownList",
    received: "Received",
    known: "KnownRequests",
    waiting: "Waiting",
    *,
    resolve: bool,
    rejects: Path | None,
) -> "TakedownImport":
    """Take the whole list; what became no request goes to the rejects file, the first of it to stderr."""
    import threading  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from connectors.short_links import ShortLinks  # noqa: PLC0415
    from streams.takedowns.importing import TakedownImport  # noqa: PLC0415
    from streams.takedowns.rejects_file import RejectsFile  # noqa: PLC0415

    with ExitStack() as stack:
        progress = stack.enter_context(_progress(safe(opened.name)))
        told = _Told(stack.enter_context(RejectsFile(rejects)).put if rejects else None)
        links = stack.enter_context(ShortLinks(threading.Event())) if resolve else None
        done = TakedownImport(
            msgspec.structs.replace(received, list_name=opened.name, list_sha256=opened.sha256),
            known,
            waiting,
            resolve=links.resolve if links else None,
            refuse=told.refuse,
            remark=told.remark,
        )
        for number, item in enumerate(opened.items()):
            done.take(item)
            if number % REFRESH_ITEMS == 0 or (links and links.requests):
                asked = f", {links.requests:,} short link requests" if links and links.requests else ""
                progress(f"{number:,} read, {done.counts.new:,} new{asked}")
    told.end(rejects)
    return done


class _Told:
    """What is said on stderr while a list is read: remarks, and the first rejects."""

    def __init__(self, write: "Callable[[Refusal], None] | None") -> None:
        self._write = write
        self._count = 0

    def refuse(self, refusal: "Refusal") -> None:
        from streams.cli.takedown_words import refusal_line  # noqa: PLC0415

        if self._write is not None:
            self._write(refusal)
        self._count += 1
        if self._count <= REJECTS_SHOWN:
            typer.echo(refusal_line(refusal), err=True)

    def remark(self, text: str) -> None:
        typer.echo(f"note: {safe(text, 300)}", err=True)

    def end(self, rejects: Path | None) -> None:
        more = self._count - REJECTS_SHOWN
        if rejects is not None:
            typer.echo(f"{self._count:,} rejects and duplicates: {safe(str(rejects), 300)}", err=True)
        elif more > 0:
            typer.echo(f"and {more:,} more; all of them: --rejects FILE", err=True)


@contextmanager
def _progress(name: str) -> "Iterator[Callable[[str], None]]":
    """A line on stderr that says how far it is; nothing where that is no terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(Text(f"{name}: reading")) as status:
        yield lambda text: status.update(Text(f"{name}: {text}"))


def _send(settings: "Settings", waiting: "Waiting", received_at: Any) -> list[str]:
    from streams.takedowns.requests import send_requests  # noqa: PLC0415

    if not waiting.count:
        return []
    with broker_errors(), _progress("takedown-requests") as progress:
        return send_requests(
            settings,
            waiting.messages(),
            received_at,
            lambda sent: progress(f"{sent:,} of {waiting.count:,} sent"),
        )


def _tell(
    opened: "TakedownList",
    counts: "Counts",
    refused: list[str],
    *,
    dry_run: bool,
    compared: bool,
    as_json: bool,
) -> None:
    from streams.cli.takedown_words import summary_json, summary_lines  # noqa: PLC0415

    for each in refused[:REJECTS_SHOWN]:
        typer.echo(f"relistwatch: Kafka refuses {safe(each, 300)}", err=True)
    if as_json:
        sent = 0 if dry_run else counts.new - len(refused)
        typer.echo(summary_json(opened, counts, sent=sent, compared=compared))
    else:
        for line in summary_lines(opened, counts, sent=not dry_run, compared=compared):
            typer.echo(line)
    if not counts.found:
        typer.echo(f"relistwatch: {safe(opened.name)} has no link to a listing", err=True)
