"""The console's part that watches the running system: heartbeats, lag and the database, once a second.

Three threads read, one each for heartbeats, offsets and the database, so that none waits for another. The part's own
thread puts together what they found, judges it, remembers it, and tells open pages.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import structlog

from streams.console.context import Console
from streams.console.heartbeat_reader import HeartbeatReader
from streams.console.history import STEP_SECONDS, History, Row, load, save
from streams.console.parts import Parts
from streams.console.sampler import Sampler
from streams.console.store_figures import StoreFigures, StoreReader
from streams.console.throughput_view import publish
from streams.console.watch_core import HEARTBEATS, Seen, Snapshot, WatchCore
from streams.health.topic_offsets import OffsetsReader

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
OFFSETS_SECONDS = 1.0
STORE_SECONDS = 2.0
MOST_UNSAVED = 20_000
"""Rows of history that wait for a database that is away: beyond, the oldest are given up."""


class Watch:
    """The part, and what it has seen: `snapshot` is None until the first second is over."""

    name = "watch"

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.history = History()
        self._lock = threading.Lock()
        self._packing = threading.Lock()
        self._packed: dict[str, tuple[int, bytes]] = {}
        self._restored = False
        self._unsaved: list[Row] = []

    def packed(self, span: str, pack: Callable[[dict[str, Any]], bytes]) -> bytes:
        """The course of the last `hour` or `day`, packed; once for each of its steps."""
        now = time.time()
        step = int(now // (STEP_SECONDS if span == "hour" else 60))
        with self._packing:
            held = self._packed.get(span)
            if held is None or held[0] != step:
                with self._lock:
                    course = self.history.hour(now) if span == "hour" else self.history.day(now)
                held = self._packed[span] = step, pack(course)
            return held[1]

    def run(self, console: Console, stop: threading.Event) -> None:
        """Watch until `stop`."""
        console.services[Watch] = self
        core = WatchCore(console.settings)
        beats, offsets_reader = HeartbeatReader(console.settings), OffsetsReader(console.settings)
        store_reader = StoreReader(console.database)
        with ExitStack() as opened:
            readers = (
                Sampler("watch-heartbeats", 0.0, beats.read, beats.close),
                Sampler("watch-offsets", OFFSETS_SECONDS, offsets_reader.read, offsets_reader.close),
                Sampler("watch-database", STORE_SECONDS, lambda: self._store(console, store_reader)),
            )
            for reader in readers:
                opened.enter_context(reader)
            heartbeats, offsets, store = readers
            parts = console.services.get(Parts)
            due = time.monotonic()
            while not stop.is_set():
                failures = {name: one.why for name, one in parts.failures.items()} if parts else {}
                failures |= {
                    reader_name: why
                    for reader_name, why in ((HEARTBEATS, heartbeats.failure), ("database", store.failure))
                    if why is not None
                }
                at, now = time.monotonic(), time.time()
                snapshot = core.see(
                    Seen(at, now, beats.take(), offsets.latest, offsets.failure, store.latest, failures)
                )
                with self._lock:
                    self.history.take(now, snapshot.series)
                self.snapshot = snapshot
                publish(console, snapshot)
                if parts:
                    parts.runs_again(self.name)
                due = max(due + TICK_SECONDS, time.monotonic() - TICK_SECONDS)
                stop.wait(max(0.0, due - time.monotonic()))
            for reader in readers:
                reader.stop()

    def _store(self, console: Console, reader: StoreReader) -> StoreFigures:
        """The database's figures; what is to be remembered is written on the way."""
        now = time.time()
        if not self._restored:
            rows = load(console.database, now)
            with self._lock:
                self.history.restore(rows, now)
            self._restored = True
        with self._lock:
            self._unsaved += self.history.unsaved()
            del self._unsaved[:-MOST_UNSAVED]
        if self._unsaved:
            save(console.database, self._unsaved, now)
            self._unsaved.clear()
        return reader.read()
