"""Requests to takedowns: `takedown-requests` in, `takedowns` and `takedown-status` out, at least once.

One thread. It follows what was seen and what is on the record into its own file, takes requests as a member of a
consumer group, and commits them when all that came of them is acknowledged. A request that comes again gives the
same takedown, by its listing's key. Unresolved ones are tried again by whoever has their partition.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
from aiohttp import web

from connectors.clock import Clock, SystemClock
from connectors.codec import Codec, RecordError
from connectors.events import DeadLetter
from connectors.stop import Stop
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from streams.health.heartbeat import Heartbeat, PartState
from streams.health.probes import health_app
from streams.kafka_clients.message_headers import cloud_event_headers, header_items
from streams.kafka_clients.outbox import Outgoing
from streams.kafka_clients.record_reader import Record, UnreachableError
from streams.kafka_clients.topic_follower import TopicFollower
from streams.resolving.connectors import ListingConnectors
from streams.resolving.listing_finder import ASK_NEXT, ListingFinder, Look, answered
from streams.resolving.metrics import ResolverMetrics
from streams.resolving.offset_reader import OffsetReader
from streams.resolving.publisher import ResolverPublisher
from streams.resolving.request_book import RequestBook
from streams.resolving.request_group import HANDLE_MS, RequestGroup
from streams.resolving.request_links import RequestLinks
from streams.resolving.resolution import received
from streams.resolving.resolver_file import ResolverFile
from streams.resolving.seen_listings import KEPT_DAYS, SeenListings
from streams.resolving.takedown_book import SOURCE, TakedownBook
from streams.settings import Settings
from streams.topics import (
    DEAD_LETTERS,
    FINGERPRINTS,
    LISTINGS,
    TAKEDOWN_AUDIT,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    TopicSpec,
)

log = structlog.get_logger(__name__)

STAGE = "resolve-takedowns"
CHUNK = 250
"""Requests whose records are held in memory together: a fingerprint with photos is some 100 KB."""
ASK_SECONDS = 2.0
"""For asking marketplaces, before new requests have their turn."""
POLL_MS = 200
POSTPONE_MS = 60_000
AWAY_SECONDS = 1.0
FORGET_SECONDS = 3600.0
COUNT_SECONDS = 3.0
"""Between two looks at how much waits, or so much more that they take 2% of the time: with 100,000 requests one takes
some 0.1 s."""
COUNT_SHARE = 0.02
STALL_SECONDS = HANDLE_MS / 1000
"""When the group gives the partitions of one that does not get on to another."""


class Resolver:
    """One process's work. `run` it once.

    Raises:
        OSError: the folder for its file cannot be used.
    """

    def __init__(
        self, settings: Settings, connectors: ListingConnectors, stop: Stop, clock: Clock | None = None
    ) -> None:
        self._settings, self._stop = settings, stop
        self._clock = clock or SystemClock()
        self._connectors = connectors
        self._closing = ExitStack()
        folder = Path(settings.worker.data_dir).expanduser() / "resolve"
        self._file = self._closing.enter_context(closing(ResolverFile(folder)))
        self._seen, self._book = SeenListings(self._file), RequestBook(self._file)
        self._takedowns = TakedownBook(self._file)
        self._reader = self._closing.enter_context(closing(OffsetReader(settings)))
        self._finder = ListingFinder(settings.resolve, self._seen, self._reader)
        links = RequestLinks(stop, ask=settings.resolve.short_links)
        self._links = self._closing.enter_context(closing(links))
        self._publisher = self._closing.enter_context(
            closing(ResolverPublisher(settings, self._takedowns, stop))
        )
        self._follower = self._closing.enter_context(
            closing(
                TopicFollower(
                    settings,
                    self._file,
                    [(TAKEDOWN_AUDIT, TAKEDOWN_STATUS), (TAKEDOWNS,), (FINGERPRINTS, LISTINGS)],
                    self._take,
                    self._settle,
                )
            )
        )
        self._group = RequestGroup(settings)
        self._news: list[TakedownChange] = []
        self._in_hand: list[Record] = []
        self._forgot = 0.0
        self._partitions: tuple[int, ...] = ()
        self._state: PartState = "starting"
        self._trouble: str | None = "what was seen is read"
        self._set_aside: Counter[str] = Counter()
        self._metrics = ResolverMetrics(lambda: self._publisher.counts)
        self._moved = time.monotonic()
        self._count_at = 0.0

    def health(self) -> web.Application:
        """/livez, /readyz and /metrics, to be answered from another thread: they only look."""
        return health_app(self._metrics.registry, live=self._live, ready=lambda: self._trouble)

    def _live(self) -> str | None:
        still = 0.0 if self._state == "starting" else time.monotonic() - self._moved
        return f"nothing finished for {still:.0f} s" if still > STALL_SECONDS else None

    @property
    def counts(self) -> dict[str, int]:
        """What came of the requests so far: a word and how many."""
        return self._publisher.counts

    def says(self, heartbeat: Heartbeat) -> Heartbeat:
        """This heartbeat with how the resolver is now. Called from their thread: it only looks."""
        stopping = self._stop.is_set()
        return msgspec.structs.replace(
            heartbeat,
            state="stopping" if stopping else self._state,
            detail=None if stopping else self._trouble,
            partitions={TAKEDOWN_REQUESTS.name: self._partitions} if self._partitions else {},
            dead_letters=dict(self._set_aside),
        )

    def run(self, *, once: bool = False) -> None:
        """Resolve until `stop`; `once`: what is there now and what is due, then end.

        Raises:
            UnreachableError, BrokerUnavailableError: no broker answers at the start, or while `once`.
            RetryError: asked to stop while the broker is away. Nothing is lost in either case.
            ReadError, AbortError: a topic is missing, or the broker refuses us.
        """
        with self._closing:
            started = time.monotonic()
            self._follower.load(self._stop)
            log.info(
                "what was seen is read",
                listings=len(self._seen),
                seconds=round(time.monotonic() - started, 1),
            )
            self._closing.enter_context(closing(self._group))
            self._group.join(self._stop)
            while not self._stop.is_set():
                try:
                    self._partitions = tuple(sorted(self._group.partitions()))
                    handled = self._turn()
                    self._state, self._trouble = "ready", None
                    self._moved = time.monotonic()
                    self._count_waiting()
                    if handled == 0 and once and self._is_done():
                        return
                except UnreachableError as error:
                    if once:
                        raise
                    self._state, self._trouble = "failing", "the broker is away"
                    self._moved = time.monotonic()
                    log.warning("the broker is away; what is in hand waits", error=str(error))
                    self._stop.wait(AWAY_SECONDS)

    def _turn(self) -> int:
        """Take in what was seen, then new requests, then those that are due; how many were handled."""
        busy = self._follower.step(0)
        # A batch that the broker's going away interrupted is done anew: the group has moved on behind it.
        self._in_hand = self._in_hand or self._group.poll(0 if busy else POLL_MS)
        handled = len(self._in_hand)
        if self._in_hand:
            self._metrics.in_hand_since = min(record.timestamp for record in self._in_hand) / 1000
            if not self._handle_new(self._in_hand):
                return handled
            self._in_hand, self._metrics.in_hand_since = [], None
            self._group.commit()
        handled += self._handle_due()
        self._forget()
        return handled

    def _is_done(self) -> bool:
        """Whether all that was there at the start is handled, and nothing is due."""
        if not self._group.is_done():
            return False
        # What was just said of them is read back first.
        self._follower.catch_up(self._stop)
        return not self._book.due(self._now_ms(), self._group.partitions(), 1)

    def _take(self, topic: TopicSpec, records: Sequence[Record]) -> None:
        now_ms = self._now_ms()
        if topic is LISTINGS:
            sightings = self._seen.take_listings(records, now_ms)
            self._book.wake({each.hash for each in sightings})
            self._news += self._takedowns.take_sightings(sightings, now_ms)
        elif topic is FINGERPRINTS:
            self._book.wake(self._seen.take_fingerprints(records, now_ms))
        elif topic is TAKEDOWNS:
            self._news += self._takedowns.take_takedowns(records, now_ms)
        elif topic is TAKEDOWN_STATUS:
            self._book.take_statuses(records)
        else:
            self._takedowns.take_changes(records)

    def _settle(self) -> None:
        """Before the file is committed: what was noticed is on the record, or will be noticed again."""
        news, self._news = self._news, []
        self._publisher.note(news)
        self._publisher.end_overtaken()

    def _handle_new(self, records: Sequence[Record]) -> bool:
        """Whether all is done; else, asked to stop, the batch comes again."""
        # What another process did before it lost these partitions counts.
        self._follower.catch_up(self._stop)
        codec = Codec(TakedownRequest)
        waiting: dict[str, TakedownStatus] = {}
        decoded = 0
        for record in records:
            try:
                if record.value is None:
                    raise RecordError("empty-value", "TakedownRequest: the message has no value")
                request = codec.decode(record.value).record
            except RecordError as error:
                self._publisher.send([_dead_letter(record, error, self._clock.now())])
                self._publisher.counts["dead-letters"] += 1
                self._set_aside[f"{STAGE} {error.kind}"] += 1
                self._metrics.dead_letters.labels(STAGE, error.kind).inc()
                continue
            decoded += 1
            waiting.setdefault(request.request_id, received(request, record.partition))
        known = self._book.states(list(waiting))
        self._publisher.counts["repeated"] += decoded - len(waiting) + len(known)
        self._work([status for request_id, status in waiting.items() if request_id not in known], ask=False)
        return not self._stop.is_set()

    def _handle_due(self) -> int:
        """Try some of those whose time has come; how many."""
        if not self._book.due(self._now_ms(), self._group.partitions(), 1):
            return 0
        # What was just said of them is read back first, or they would be tried twice.
        self._follower.catch_up(self._stop)
        due = self._book.due(self._now_ms(), self._group.partitions(), CHUNK)
        records = self._reader.read((TAKEDOWN_STATUS.name, each.place) for each in due)
        codec = Codec(TakedownStatus, ours=True)
        statuses = []
        for each in due:
            record = records.get((TAKEDOWN_STATUS.name, each.place))
            status = codec.decode(record.value).record if record is not None and record.value else None
            if status is None or status.request_id != each.request_id:
                # A newer one is on its way to us.
                self._book.postpone(each.request_id, self._now_ms() + POSTPONE_MS)
            else:
                statuses.append(status)
        return self._work(statuses, ask=True)

    def _work(self, statuses: Sequence[TakedownStatus], *, ask: bool) -> int:
        """Find, publish, and put on the record; how many were tried."""
        done = 0
        deadline = time.monotonic() + ASK_SECONDS
        if ask:
            statuses = [self._links.followed(status, deadline) for status in statuses]
        ordered = self._finder.in_reading_order(statuses)
        for start in range(0, len(ordered), CHUNK):
            if self._stop.is_set():
                break
            chunk = ordered[start : start + CHUNK]
            found = self._finder.find(chunk, self._clock.now())
            for position, status in enumerate(chunk):
                if found[position].was_not_seen:
                    found[position] = self._asked(found[position], status, deadline if ask else None)
            done += self._publisher.publish(chunk, found, self._clock.now())
        return done

    def _asked(self, look: Look, status: TakedownStatus, deadline: float | None) -> Look:
        """What the marketplace says of a listing that was never seen; without a deadline it is asked later."""
        marketplace, listing_id = status.request.marketplace, status.request.listing_id
        if marketplace is None or listing_id is None or not self._connectors.can_ask(marketplace, listing_id):
            return look
        if deadline is None:
            return replace(look, outcome=ASK_NEXT)
        if time.monotonic() >= deadline:
            return replace(look, outcome=None)
        outcome = self._connectors.ask(marketplace, listing_id, time.monotonic())
        return answered(look, outcome)

    def _count_waiting(self) -> None:
        started = time.monotonic()
        if started < self._count_at:
            return
        waiting = self._book.waiting(self._now_ms(), self._group.partitions())
        self._metrics.waits("new", self._group.unread() + len(self._in_hand))
        self._metrics.waits("due", waiting.due)
        self._metrics.waits("later", waiting.later)
        self._metrics.due_since = None if waiting.since_ms is None else waiting.since_ms / 1000
        now = time.monotonic()
        self._count_at = now + max(COUNT_SECONDS, (now - started) / COUNT_SHARE)

    def _forget(self) -> None:
        if time.monotonic() - self._forgot > FORGET_SECONDS:
            self._forgot = time.monotonic()
            self._seen.forget_before(self._now_ms() - KEPT_DAYS * 24 * 3600 * 1000)
            self._file.db.commit()

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _dead_letter(record: Record, error: RecordError, now: datetime) -> Outgoing:
    letter = DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=header_items(record.headers),
        error=error.kind,
        detail=str(error)[:2000],
        stage=STAGE,
        failed_at=now,
    )
    headers = cloud_event_headers(
        f"{record.partition}:{record.offset}", "relistwatch.dead-letter", SOURCE, now
    )
    return Outgoing(DEAD_LETTERS, record.key, msgspec.json.encode(letter), headers)
