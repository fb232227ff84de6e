"""A load from drawing it to its recording."""

import math
import os
import platform
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kafka.errors import KafkaError
from msgspec import Struct

from connectors.sdk import AbortError, RetryError
from connectors.stop import Stop
from streams.health.topic_offsets import OffsetsReader
from streams.kafka_clients.record_reader import RecordReader
from streams.kafka_clients.topic_admin import BrokerUnavailableError
from streams.load.follower import Follower
from streams.load.pattern import number_of
from streams.load.plan import Mix, Plan, amounts
from streams.load.recording import Interval, Lag, Machine, Recording
from streams.load.schedule import Course
from streams.load.sender import Sender, Sent
from streams.load.stock import MARKETPLACE, draw_stock
from streams.load.takedowns import await_matchable, publish, withdraw
from streams.load.tally import Tally
from streams.program_version import program_version
from streams.settings import Settings
from streams.topics import FINGERPRINTS, LISTINGS

MOST_INTERVALS = 300
HEAD_START = 0.5
"""Seconds between the sender's being ready and the first listing."""
CLOCKS = timedelta(minutes=5)
"""By which a worker's clock may be behind ours: fingerprints are looked for from so long before the load."""

Say = Callable[[str], None]


class Options(Struct, frozen=True, kw_only=True):
    """What is asked of a run."""

    course: Course
    mix: Mix
    seed: int
    warmup: float = 3.0
    matchable_seconds: float = 120.0
    """Longest wait for the takedowns to be matched by."""
    settle_seconds: float = 15.0
    """After the last listing, without an alert and without progress: what has not come by then is missing."""
    drain_seconds: float = 300.0
    """Longest wait after the last listing."""


def run_load(settings: Settings, options: Options, run: str, stop: Stop, say: Say) -> Recording | None:
    """Do it; None where it was stopped before anything was sent. `run`: the name in all ids. The takedowns are
    withdrawn in whatever way it ends.

    Raises:
        ValueError: nothing can be drawn.
        NotMatchableError: no worker matches by the takedowns.
        SenderError: the sending process failed.
        ReadError, RetryError, AbortError, KafkaError: Kafka cannot be used.
    """
    say("drawing takedowns, listings and photos")
    stock = draw_stock(run, options.seed, amounts(options.course, options.mix), datetime.now(UTC))
    plan = Plan(options.course, options.mix, options.seed, stock)
    with Follower(settings) as follower:
        try:
            say(f"publishing {len(stock.takedowns):,} takedowns")
            publish(settings, plan)
            matchable = await_matchable(
                settings, plan, follower, stop=stop, seconds=options.matchable_seconds, say=say
            )
            if stop.is_set():
                return None
            return _Run(settings, options, plan, follower=follower, stop=stop, say=say).recording(matchable)
        finally:
            say("withdrawing the takedowns")
            _withdraw(settings, [each.takedown_id for each in stock.takedowns], say)


def _withdraw(settings: Settings, takedown_ids: list[str], say: Say) -> None:
    try:
        withdraw(settings, takedown_ids)
    except (RetryError, AbortError) as error:
        say(f"NOT WITHDRAWN ({error}); do it with: relistwatch load clean")


class _Run:
    def __init__(
        self, settings: Settings, options: Options, plan: Plan, *, follower: Follower, stop: Stop, say: Say
    ) -> None:
        self._settings, self._options, self._plan = settings, options, plan
        self._follower, self._stop, self._say = follower, stop, say
        length = options.course.length
        self._width = max(1.0, float(math.ceil(length / MOST_INTERVALS)))
        self._intervals = math.ceil(length / self._width)
        self._tally = Tally(plan, self._width, self._intervals)
        self._began = 0.0

    def recording(self, matchable: float) -> Recording:
        """Send, follow, wait, count."""
        with Sender(self._settings, self._plan, self._width, self._intervals) as sender:
            self._began = time.monotonic() + HEAD_START
            began_at = datetime.now(UTC) + timedelta(seconds=HEAD_START)
            sender.begin(self._began)
            with _LagWatch(self._settings, self._began, self._width) as lag:
                self._follow(sender, lag)
                sent = sender.finish()
                drained = self._drain(sent, lag)
                lags = lag.samples
        self._say("reading fingerprints for what is lost")
        return self._record(sent, began_at, matchable, lags, drained)

    def _follow(self, sender: Sender, lag: "_LagWatch") -> None:
        """Until all is sent, or it is over."""
        said = 0.0
        while not sender.is_done:
            self._follower.count(self._tally, self._began)
            if self._stop.is_set():
                sender.end()
            if (now := time.monotonic()) - said > 1:
                said = now
                self._say(
                    f"{max(0.0, now - self._began):.0f} of {self._options.course.length:.0f} s:"
                    f" {sender.sent:,} sent, {sender.acknowledged:,} acknowledged, {lag.words},"
                    f" {self._tally.found:,} relists alerted, {self._tally.false_alerts} false,"
                    f" late by {max(0.0, sender.late) * 1000:.0f} ms"
                )

    def _drain(self, sent: Sent, lag: "_LagWatch") -> float | None:
        """Until the workers' group has done all and every relist has its alert, or nothing moves any more. Seconds
        until the group had done all, if it had."""
        wanted = sum(
            1
            for kind in ("text", "photo")
            for number in self._plan.relists_of(kind)
            if number < sent.sent and number not in sent.refused
        )
        ended = moved = time.monotonic()
        before = (0, 0)
        drained: float | None = None
        while True:
            now = time.monotonic()
            got = self._follower.count(self._tally, self._began)
            latest = lag.since(ended)
            if drained is None and latest is not None and latest.listings == latest.fingerprints == 0:
                drained = self._began + latest.at - ended
            here = (self._tally.alerts, latest.listings + latest.fingerprints if latest else 0)
            if here != before:
                before, moved = here, now
            # An alert is on Kafka before its listing is done: with nothing left to read, a false one would be here.
            done = self._tally.found >= wanted and drained is not None and not got
            if (
                done
                or now - moved > self._options.settle_seconds
                or now - ended > self._options.drain_seconds
            ):
                return drained
            self._say(
                f"all sent; {self._tally.found:,} of {wanted:,} relists alerted, {lag.words},"
                f" waiting for {now - ended:.0f} s"
            )

    def _lost(self, sent: Sent, began_at: datetime) -> int:
        """Listings that Kafka has and that are neither fingerprints nor dead letters."""
        there = bytearray(sent.sent)
        prefix = f"{MARKETPLACE}:"
        with RecordReader(self._settings, FINGERPRINTS) as reader:
            for record in reader.existing(since=began_at - CLOCKS):
                key = (record.key or b"").decode(errors="replace")
                number = number_of(self._plan.stock.run, key.removeprefix(prefix))
                if number is not None and number < sent.sent:
                    there[number] = 1
        return sum(
            not there[number] and number not in sent.refused and not self._tally.is_dead(number)
            for number in range(sent.sent)
        )

    def _record(
        self, sent: Sent, began_at: datetime, matchable: float, lags: list[Lag], drained: float | None
    ) -> Recording:
        plan, tally, options = self._plan, self._tally, self._options
        lost = self._lost(sent, began_at)
        refused = frozenset(sent.refused)
        due = [0] * self._intervals
        for at in plan.due.tolist():
            due[min(self._intervals - 1, int(at / self._width))] += 1
        intervals = [
            Interval(
                due=due[number],
                sent=sent.by_interval[number],
                acknowledged=sent.acknowledged[number],
                late=sent.late[number].counts,
                acknowledged_after=sent.acknowledged_after[number].counts,
                alerted_after=tally.alerted_after[number].counts,
                on_kafka=tally.on_kafka[number].counts,
            )
            for number in range(self._intervals)
        ]
        return Recording(
            run=plan.stock.run,
            seed=options.seed,
            began_at=began_at.isoformat(timespec="milliseconds"),
            machine=this_machine(),
            course=options.course,
            mix=options.mix,
            warmup=options.warmup,
            takedowns=len(plan.stock.takedowns),
            matchable_after=matchable,
            left_out=plan.stock.left_out,
            ran=sent.ran,
            planned=len(plan),
            due=len(plan) if sent.sent == len(plan) else int((plan.due <= sent.ran).sum()),
            sent=sent.sent,
            acknowledged=sum(sent.acknowledged),
            acknowledged_in_time=sent.in_time,
            refused=len(refused),
            refused_why=sent.refused_why,
            width=self._width,
            intervals=intervals,
            planted=tally.planted(sent.sent, refused),
            alerts=tally.alerts,
            duplicates=tally.duplicates,
            held=tally.held,
            floods=tally.floods,
            by_lookback=tally.by_lookback,
            without_alert=tally.without_alert(sent.sent, refused),
            false_alerts=tally.false_alerts,
            false_named=tally.false_named,
            dead_letters=tally.dead_letters,
            dead_named=tally.dead_named,
            lost=lost,
            lags=lags,
            drained=drained,
        )


class _LagWatch:
    """What waits for the workers' group, asked again and again in a thread: Kafka may take its time to say."""

    def __init__(self, settings: Settings, began: float, pause: float) -> None:
        self._settings, self._began, self._pause = settings, began, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lag", daemon=True)
        self.samples: list[Lag] = []

    def __enter__(self) -> "_LagWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def since(self, at: float) -> Lag | None:
        """The last sample, if it was taken after this time."""
        last = self.samples[-1] if self.samples else None
        return last if last is not None and self._began + last.at >= at else None

    @property
    def words(self) -> str:
        """What waits, for a person."""
        last = self.samples[-1] if self.samples else None
        return f"{last.listings + last.fingerprints:,} waiting" if last else "lag unknown"

    def _watch(self) -> None:
        reader = OffsetsReader(self._settings)
        try:
            while not self._stop.is_set():
                # The time before the question: what is answered holds from then on at least.
                at = time.monotonic() - self._began
                try:
                    lag = reader.read().lag_by_topic()
                    self.samples.append(Lag(at, lag.get(LISTINGS.name, 0), lag.get(FINGERPRINTS.name, 0)))
                except (BrokerUnavailableError, KafkaError, OSError):
                    pass  # without the right to ask, a load goes on, and its report says so
                self._stop.wait(self._pause)
        finally:
            reader.close()


def this_machine() -> Machine:
    """Where the generator runs."""
    return Machine(
        cores=os.cpu_count() or 0,
        processor=platform.processor() or platform.machine(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        version=program_version(),
    )
