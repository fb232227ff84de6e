"""The console's part that feeds its database from the topics."""

import threading
import time
from contextlib import closing
from dataclasses import dataclass

import structlog

from streams.console.context import Console
from streams.console.feed.batch import KINDS, TOPICS
from streams.console.feed.keeper import READ_ONCE, BatchKeeper, offsets_in
from streams.console.feed.retention import Retention
from streams.console.feed.statistics import Statistics
from streams.console.feed.turn import Turn, turn_on
from streams.console.parts import Parts
from streams.console.tables import META
from streams.kafka_clients.topic_follower import TopicFollower
from streams.topics import names_on_broker

log = structlog.get_logger(__name__)

POLL_MS = 250
"""News is on the pages within this and the second that they are told at most once in."""
WAIT_SECONDS = 1.0
CHECK_SECONDS = 60.0
"""Between two looks whether the broker is there and the topics are the same."""


@dataclass(slots=True)
class FeedState:
    """How the feed is, for pages and `/readyz`. `is_ready`: all that was there at the start has been read."""

    is_ready: bool = False
    is_feeding: bool = False
    """Else another console feeds the same database."""
    taken: int = 0
    """Records since the start."""
    unreadable: int = 0
    """Of those, what was no such record."""


class Feeder:
    """Follows the topics into the database, or waits while another console does."""

    name = "feed"

    def __init__(self) -> None:
        self.state = FeedState()

    def run(self, console: Console, stop: threading.Event) -> None:
        """Feed until `stop`. What it raises is over with the next start: it goes on from the last commit."""
        console.services[FeedState] = self.state
        self.state.is_feeding = False
        with closing(turn_on(console.database)) as turn:
            if self._wait(console, turn, stop):
                self.state.is_feeding = True
                self._feed(console, turn, stop)

    def _wait(self, console: Console, turn: Turn, stop: threading.Event) -> bool:
        """Until it is our turn; meanwhile pages are told what another console has written."""
        watch = _Watch(console)
        while not stop.is_set():
            if turn.take():
                return True
            self.state.is_ready = watch.look()
            _runs_again(console)
            stop.wait(WAIT_SECONDS)
        return False

    def _feed(self, console: Console, turn: Turn, stop: threading.Event) -> None:
        def tell(kinds: set[str]) -> None:
            for kind in sorted(kinds):
                console.live.changed(kind)

        retention = Retention(turn, console.settings.dashboard)
        statistics = Statistics(console.database, turn)
        keeper = BatchKeeper(turn, retention.since_ms, tell)
        follower = TopicFollower(console.settings, keeper, TOPICS, keeper.take, lambda: None)
        with closing(follower):
            started = time.monotonic()
            follower.load(stop)
            if stop.is_set():
                return
            log.info("topics read", records=follower.taken, seconds=round(time.monotonic() - started, 1))
            statistics.step(follower.taken)
            keeper.read_once()
            self.state.is_ready = True
            _runs_again(console)
            checked = time.monotonic()
            while not stop.is_set():
                busy = retention.step()
                follower.step(0 if busy else POLL_MS)
                statistics.step(follower.taken)
                self.state.taken, self.state.unreadable = follower.taken, keeper.unreadable.total()
                if time.monotonic() - checked > CHECK_SECONDS:
                    follower.check()
                    checked = time.monotonic()


class _Watch:
    """Sees in the database what another console has read."""

    def __init__(self, console: Console) -> None:
        self._console = console
        names = names_on_broker(console.settings.topics)
        self._topics = {there: KINDS[here] for there, here in names.items() if here in KINDS}
        self._seen: dict[tuple[str, int], int] | None = None

    def look(self) -> bool:
        """Tell pages what is new; whether all that was there has been read once."""
        with self._console.database.read() as connection:
            now = offsets_in(connection)
            is_ready = connection.scalar(META.select().where(META.c.name == READ_ONCE)) is not None
        before, self._seen = self._seen, now
        if before is not None:
            moved = {topic for (topic, _), _ in now.items() ^ before.items()}
            for kind in sorted({self._topics[topic] for topic in moved & self._topics.keys()}):
                self._console.live.changed(kind)
        return is_ready


def _runs_again(console: Console) -> None:
    parts = console.services.get(Parts)
    if isinstance(parts, Parts):
        parts.runs_again(Feeder.name)
