"""Sends a running part's heartbeats from a thread and a connection of their own.

Nothing else waits for them: a broker that is away, or a topic that is not there, costs heartbeats and nothing more.
What is not acknowledged within seconds is given up, since a newer one says it better.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError
from msgspec.structs import replace

from connectors.kafka_refusal import refusal
from streams.health.heartbeat import Heartbeat
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings
from streams.topics import HEARTBEATS, topic_name

log = structlog.get_logger(__name__)

DELIVERY_MS = 3000
"""For one heartbeat. With the broker away for longer, what comes next is a newer one."""
LAST_SECONDS = 2.0
"""An orderly end waits no longer for its last heartbeat."""
COMPLAINT_SECONDS = 600.0
"""Between two lines of the log about heartbeats that cannot be sent."""
DETAIL_CHARACTERS = 300

Say = Callable[[Heartbeat], Heartbeat]
"""How a part is now: what it was given, with state, figures and the rest filled in. Called from the thread."""


class Heartbeats:
    """A context manager: heartbeats go out while it is open, and a last one, `stopping` or `failing`, at its end.

    `first`: what does not change, as `streams.health.heartbeat_figures.first_heartbeat` makes it; with
    `every_seconds` of 0 nothing is sent. `on_failure` is called for each heartbeat that could not be sent.
    """

    def __init__(
        self,
        settings: Settings,
        first: Heartbeat,
        say: Say,
        on_failure: Callable[[], object] = lambda: None,
    ) -> None:
        self._settings, self._first, self._say = settings, first, say
        self._on_failure = on_failure
        self._producer: Any = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: str | None = None
        self._complained: float | None = None
        self.sent = 0
        """Acknowledged since the start."""
        self.failed = 0

    def fail(self, why: str) -> None:
        """The part ends, and not in good order: its last heartbeat says so."""
        self._failure = why[:DETAIL_CHARACTERS]

    def __enter__(self) -> Self:
        if self._first.every_seconds > 0:
            self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and self._failure is None:
            self.fail(f"{type(error).__name__}: {error}")
        self._stop.set()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)

    def _run(self) -> None:
        due = time.monotonic()
        went = True
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            went = self._beat(self._said)
            # After a pause none is made up for.
            due = max(due + self._first.every_seconds, time.monotonic())
        # Where the last one did not go, the end is not held up for another that will not.
        if went:
            self._beat(self._last)
        if self._producer is not None:
            # One that Kafka has not taken is of no use later.
            with suppress(KafkaError):
                self._producer.close(timeout=0)

    def _said(self) -> Heartbeat:
        return self._say(replace(self._first, at=datetime.now(UTC)))

    def _last(self) -> Heartbeat:
        said = self._said()
        return replace(said, state="failing" if self._failure else "stopping", detail=self._failure)

    def _beat(self, heartbeat: Callable[[], Heartbeat]) -> bool:
        """Send one; whether it is acknowledged."""
        try:
            if self._producer is None:
                self._producer = self._connected()
            self._producer.send(
                topic_name(HEARTBEATS, self._settings.topics),
                key=self._first.instance.encode(),
                value=msgspec.json.encode(heartbeat()),
            ).get(timeout=DELIVERY_MS / 1000)
        except Exception as error:  # noqa: BLE001  nothing about a heartbeat may end the part
            self._complain(error)
            return False
        self.sent += 1
        return True

    def _complain(self, error: Exception) -> None:
        self.failed += 1
        self._on_failure()
        now = time.monotonic()
        if self._complained is None or now - self._complained > COMPLAINT_SECONDS:
            self._complained = now
            name = topic_name(HEARTBEATS, self._settings.topics)
            told = refusal(error, "Write", topic=name) or repr(error)
            log.warning("no heartbeat sent", topic=HEARTBEATS.name, error=told, failed=self.failed)

    def _connected(self) -> Any:
        return KafkaProducer(
            **client_options(self._settings.kafka),
            acks=1,
            # Twice is as good as once, and in another order is seen by `at`.
            enable_idempotence=False,
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=DELIVERY_MS,
            max_block_ms=DELIVERY_MS,
            request_timeout_ms=DELIVERY_MS - 500,
            delivery_timeout_ms=DELIVERY_MS,
            metrics_enabled=False,
        )
