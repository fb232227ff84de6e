"""A console that decides: its pages answer, its verdicts go to a real Kafka, its feed does not run."""

from collections.abc import Iterator
from contextlib import contextmanager

from console_client import Served, served

from streams.console.context import Console
from streams.console.database import Database
from streams.console.verdict_sender import DELIVERY_MS, VerdictSender
from streams.settings import Settings


@contextmanager
def deciding(settings: Settings, database: Database, delivery_ms: int = DELIVERY_MS) -> Iterator[Served]:
    """A console with its sender, answering; the database stays open."""
    console = Console(settings, database)
    sender = console.services[VerdictSender] = VerdictSender(settings, delivery_ms=delivery_ms)
    try:
        with served(console) as site:
            yield site
    finally:
        sender.close()
        console.threads.shutdown()
