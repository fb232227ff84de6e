"""`relistwatch dead-letters`: what could not be handled, and back with it once it can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.broker import broker_errors
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.words.safe_text import safe_bytes, safe_text

if TYPE_CHECKING:
    from streams.dead_letter_replay import FoundLetter, Place
    from streams.kafka_clients.record_reader import RecordReader
    from streams.settings import Settings

TEXT_SHOWN = 300
VALUE_SHOWN = 20_000

AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What could not be handled, and back with it.", no_args_is_help=True)
    group.command("list")(list_letters)
    group.command("show")(show)
    group.command("replay")(replay)
    app.add_typer(group, name="dead-letters")


def list_letters(
    context: typer.Context,
    error: Annotated[
        str | None, typer.Option(help="Only this kind of error, such as malformed-json.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest dead letters, the newest last.

    Example: `relistwatch dead-letters list --error malformed-json --limit 20`
    """
    from heapq import heappush, heappushpop  # noqa: PLC0415

    from streams.dead_letter_replay import letters  # noqa: PLC0415

    total = 0
    newest: list[tuple[Any, Place, dict[str, Any]]] = []
    with _reading(context) as (_, reader):
        for found in letters(reader, error, _tell_foreign):
            total += 1
            row = (found.letter.failed_at, found.place, _summary(found))
            if len(newest) < limit:
                heappush(newest, row)
            else:
                heappushpop(newest, row)
    for _, _, summary in sorted(newest, key=lambda each: each[:2]):
        typer.echo(_json(summary) if as_json else _line(summary))
    if not as_json:
        typer.echo(f"{len(newest)} of {total} dead letters", err=True)


def show(
    context: typer.Context,
    place: Annotated[str, typer.Argument(help="PARTITION:OFFSET, as list says.")],
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with its raw bytes; what a terminal would obey is escaped.

    Example: `relistwatch dead-letters show 0:42`
    """
    import msgspec  # noqa: PLC0415

    from streams.dead_letter_replay import letter_of  # noqa: PLC0415

    wanted = _place(place)
    with _reading(context) as (_, reader):
        found = letter_of(reader.at(wanted.partition, wanted.offset))
    if as_json:
        typer.echo(msgspec.json.encode(found.letter))
        return
    letter = found.letter
    for name, value in (
        ("place", str(found.place)),
        ("error", safe_text(letter.error, TEXT_SHOWN)),
        ("detail", safe_text(letter.detail)),
        ("stage", f"{safe_text(letter.stage, TEXT_SHOWN)}, attempt {letter.attempt}"),
        ("failed at", letter.failed_at.isoformat()),
        ("from", f"{safe_text(letter.topic, TEXT_SHOWN)} {letter.partition}:{letter.offset}"),
        ("key", "none" if letter.key is None else safe_bytes(letter.key, TEXT_SHOWN)),
        *((f"header {safe_text(key, 100)}", safe_bytes(value, TEXT_SHOWN)) for key, value in letter.headers),
    ):
        typer.echo(f"{name}: {value}")
    if letter.value is None:
        typer.echo("value: none")
    else:
        typer.echo(f"value, {len(letter.value)} bytes:\n{safe_bytes(letter.value, VALUE_SHOWN)}")


def replay(
    context: typer.Context,
    places: Annotated[
        list[str] | None, typer.Argument(help="PARTITION:OFFSET of each, as list says.")
    ] = None,
    error: Annotated[str | None, typer.Option(help="All of this kind of error instead.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the topics they came from, byte for byte, and wait until Kafka has them.

    Key, value and headers are the original's; the header rw_attempt is one higher. With --error, of several
    letters of one message only the one tried most is sent. A letter stays on the topic after its replay.

    Example: `relistwatch dead-letters replay --error internal-error --dry-run`
    """
    from streams.dead_letter_replay import letters, newest_copies  # noqa: PLC0415
    from streams.dead_letter_replay import replay as send_back  # noqa: PLC0415

    if bool(places) == (error is not None):
        fail("say which: PARTITION:OFFSET of each letter, or --error KIND", EXIT_USAGE)
    wanted = sorted({_place(text) for text in places or ()})
    with _reading(context) as (settings, reader):
        if error is not None:
            wanted = newest_copies(letters(reader, error, _tell_foreign))
        done = send_back(reader, wanted, settings, dry_run=dry_run)
    for refused in done.refused:
        typer.echo(f"relistwatch: {refused.place} not sent: {safe_text(refused.why, TEXT_SHOWN)}", err=True)
    if as_json:
        row = {"sent": [str(place) for place in done.sent], "dry_run": dry_run}
        typer.echo(_json(row | {"refused": [str(each.place) for each in done.refused]}))
    else:
        for place in done.sent:
            typer.echo(f"{place} {'would be sent' if dry_run else 'sent'}")
        typer.echo(
            f"{len(done.sent)} {'would be sent' if dry_run else 'sent'}, {len(done.refused)} refused",
            err=True,
        )
    if done.refused:
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def _reading(context: typer.Context) -> "Iterator[tuple[Settings, RecordReader]]":
    """The settings and the topic, open; every way of failing ends the command and is named."""
    from streams.kafka_clients.record_reader import RecordReader  # noqa: PLC0415
    from streams.topics import DEAD_LETTERS  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors(), RecordReader(settings, DEAD_LETTERS) as reader:
        yield settings, reader


def _place(text: str) -> "Place":
    from streams.dead_letter_replay import Place  # noqa: PLC0415

    try:
        return Place.parse(text)
    except ValueError as error:
        fail(safe_text(str(error)), EXIT_USAGE)


def _tell_foreign(place: "Place", why: str) -> None:
    typer.echo(f"relistwatch: no dead letter at {place}: {safe_text(why, TEXT_SHOWN)}", err=True)


def _summary(found: "FoundLetter") -> dict[str, Any]:
    letter = found.letter
    return {
        "place": str(found.place),
        "failed_at": letter.failed_at.isoformat(),
        "error": letter.error,
        "stage": letter.stage,
        "attempt": letter.attempt,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": None if letter.key is None else letter.key.decode("utf-8", "replace"),
        "bytes": len(letter.value or b""),
        "detail": letter.detail,
    }


def _line(row: dict[str, Any]) -> str:
    key = "no key" if row["key"] is None else safe_text(row["key"], 60)
    where = f"{safe_text(row['topic'], 60)} {row['partition']}:{row['offset']}"
    told = f"{safe_text(row['error'], 40)}  {where}  {key}  attempt {row['attempt']}"
    return f"{row['place']}  {row['failed_at'][:19]}  {told}  {safe_text(row['detail'], TEXT_SHOWN)}"


def _json(row: dict[str, Any]) -> str:
    import json  # noqa: PLC0415

    return json.dumps(row)
