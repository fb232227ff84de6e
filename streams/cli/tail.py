"""Records of one topic as they come: what `relistwatch alerts tail` and its like share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from msgspec import Struct

from streams.cli.broker import broker_errors
from streams.cli.context import settings_of

if TYPE_CHECKING:
    from rich.text import Text

    from streams.topics import TopicSpec

R = TypeVar("R", bound=Struct)
TEXT_SHOWN = 100
"""Characters of a title, an id or another text from outside."""

FromBeginning = Annotated[bool, typer.Option("--from-beginning", help="First those that are there already.")]
Limit = Annotated[int | None, typer.Option(min=1, help="End after so many.")]
AsJson = Annotated[bool, typer.Option("--json", help="Each as a line of JSON, as it stands on Kafka.")]


def add_group(app: typer.Typer, name: str, about: str, tail: Callable[..., None]) -> typer.Typer:
    """Add the command group `name` with its `tail`; more commands may be added to it."""
    group = typer.Typer(help=about, no_args_is_help=True)
    group.command("tail")(tail)
    # Without a callback, a group of one command would be that command.
    group.callback()(lambda: None)
    app.add_typer(group, name=name)
    return group


def show_arriving(
    context: typer.Context,
    topic: "TopicSpec",
    record_type: type[R],
    text_of: "Callable[[R], Text]",
    *,
    from_beginning: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the topic's records as they come, until Ctrl-C or `limit`. A tombstone is passed over; what is no
    such record is said on stderr. Ends the command where the topic cannot be read."""
    from rich.console import Console  # noqa: PLC0415

    from connectors.codec import Codec, RecordError  # noqa: PLC0415
    from connectors.stop import stop_on_signals  # noqa: PLC0415
    from streams.kafka_clients.record_reader import RecordReader  # noqa: PLC0415

    settings = settings_of(context)
    console = Console(highlight=False)
    codec = Codec(record_type)
    shown = 0
    with broker_errors(), stop_on_signals() as stop, RecordReader(settings, topic) as reader:
        if not from_beginning:
            typer.echo(f"waiting for {topic.name}; Ctrl-C ends", err=True)
        for record in reader.arriving(stop, from_beginning=from_beginning):
            if record.value is None:
                continue
            try:
                decoded = codec.decode(record.value).record
            except RecordError as error:
                place = f"{record.partition}:{record.offset}"
                typer.echo(f"relistwatch: no {topic.holds} at {place}: {safe(str(error), 300)}", err=True)
                continue
            if as_json:
                typer.echo(codec.encode(decoded))
            else:
                console.print(text_of(decoded), soft_wrap=True)
            shown += 1
            if shown == limit:
                return


def safe(text: str | None, limit: int = TEXT_SHOWN) -> str:
    """Text from outside as it may be printed; nothing for None."""
    from streams.words.safe_text import safe_text  # noqa: PLC0415

    return safe_text(text or "", limit)
