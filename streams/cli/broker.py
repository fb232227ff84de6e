"""What commands that read a whole topic share: its progress on stderr, and the exit codes of a broker's no."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, fail
from streams.words.safe_text import safe_text

if TYPE_CHECKING:
    from streams.kafka_clients.record_reader import Progress

REFRESH_RECORDS = 1000


@contextmanager
def broker_errors() -> Iterator[None]:
    """Every way in which reading or sending fails ends the command and is named."""
    from kafka.errors import KafkaError  # noqa: PLC0415

    from connectors.codec import RecordError  # noqa: PLC0415
    from connectors.kafka_refusal import refusal  # noqa: PLC0415
    from connectors.sdk import AbortError, RetryError  # noqa: PLC0415
    from streams.kafka_clients.record_reader import ReadError, UnreachableError  # noqa: PLC0415

    try:
        yield
    except (UnreachableError, RetryError) as error:
        fail(safe_text(str(error)), EXIT_UNAVAILABLE)
    except KafkaError as error:
        refused = refusal(error, "Read")
        fail(safe_text(refused or str(error)), EXIT_FAILED if refused else EXIT_UNAVAILABLE)
    except (ReadError, RecordError, AbortError) as error:
        fail(safe_text(str(error)), EXIT_FAILED)


@contextmanager
def reading_progress() -> "Iterator[Progress]":
    """A line on stderr that says how much of a topic is read; nothing where that is no terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _topic, _done, _total: None
        return
    with console.status(Text("connecting")) as status:

        def update(topic: str, done: int, total: int) -> None:
            if done % REFRESH_RECORDS == 0:
                status.update(Text(f"reading {topic}: {done:,} of {total:,}"))

        yield update
