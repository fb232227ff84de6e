"""The process that sends: each listing at its time, whatever the system does with the earlier ones.

It neither waits for an acknowledgement nor for room (kafka-python 3 bounds no buffer), and nothing is drawn any more.
What it is late by all the same is recorded: a load that its generator held back shows nothing of the system.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from kafka import KafkaProducer
from msgspec import Struct

from streams.die_with_parent import die_with_parent
from streams.kafka_clients.kafka_options import client_options
from streams.load.histogram import Histogram
from streams.load.plan import Plan
from streams.settings import Settings
from streams.topics import LISTINGS, topic_name

SWITCH_SECONDS = 0.0005
"""In which Python's threads take turns: with its usual 5 ms the producer's own thread would make listings late."""
NAP_SECONDS = 0.05
"""Longest sleep before looking whether it is over."""
FLUSH_SECONDS = 60.0
IN_TIME_SECONDS = 1.0
"""After the end, what Kafka acknowledges still counts for the rate: the last listings are on their way then."""
READY_SECONDS = 60.0


class Sent(Struct, kw_only=True):
    """What was sent, by the interval in which it was due. `refused`: numbers that Kafka did not take."""

    sent: int
    ran: float
    by_interval: list[int]
    acknowledged: list[int]
    in_time: int
    late: list[Histogram]
    acknowledged_after: list[Histogram]
    refused: set[int]
    refused_why: str | None = None


class SenderError(RuntimeError):
    """The sender ended by itself; the message says why."""


class Sender:
    """A context manager around the process. It connects at once, and sends from `begin` on."""

    def __init__(self, settings: Settings, plan: Plan, width: float, intervals: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._begin: Synchronized[float] = context.Value("d", 0.0)
        self._over: Synchronized[int] = context.Value("b", 0)
        self._sent: Synchronized[int] = context.Value("q", 0)
        self._acknowledged: Synchronized[int] = context.Value("q", 0)
        self._late: Synchronized[float] = context.Value("d", 0.0)
        self._answers, theirs = context.Pipe(duplex=False)
        shared = _Shared(self._begin, self._over, self._sent, self._acknowledged, self._late)
        self._process = context.Process(
            target=_run,
            args=(os.getpid(), settings, _Sending(plan, width, intervals), shared, theirs),
            daemon=True,
        )
        self._theirs = theirs

    def __enter__(self) -> "Sender":
        self._process.start()
        self._theirs.close()
        self._answer(READY_SECONDS, "to connect")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.value = 1
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def begin(self, at: float) -> None:
        """The time of the schedule's 0, by `time.monotonic`, which all processes of a machine share."""
        self._begin.value = at

    @property
    def sent(self) -> int:
        """Listings sent until now; they are sent in order."""
        return int(self._sent.value)

    @property
    def acknowledged(self) -> int:
        """Of them, by Kafka."""
        return int(self._acknowledged.value)

    @property
    def late(self) -> float:
        """Seconds by which the last one was late."""
        return float(self._late.value)

    @property
    def is_done(self) -> bool:
        """Whether `finish` would not wait."""
        return bool(self._answers.poll()) or not self._process.is_alive()

    def end(self) -> None:
        """Send no more."""
        self._over.value = 1

    def finish(self) -> Sent:
        """What was sent, once Kafka has answered for all of it.

        Raises:
            SenderError: the process ended without an answer.
        """
        answer: Sent = self._answer(FLUSH_SECONDS + 30, "to finish")
        return answer

    def _answer(self, seconds: float, what: str) -> Any:
        try:
            if not self._answers.poll(seconds):
                raise SenderError(f"the sender took more than {seconds:.0f} s {what}")
            answer = self._answers.recv()
        except EOFError:
            raise SenderError(f"the sender ended, exit code {self._process.exitcode}") from None
        if isinstance(answer, Exception):
            raise SenderError(f"the sender failed {what}: {answer}") from answer
        return answer


class _Shared:
    """Numbers that both processes see."""

    def __init__(self, *values: Any) -> None:
        self.begin, self.over, self.sent, self.acknowledged, self.late = values


def _run(parent: int, settings: Settings, sending: "_Sending", shared: _Shared, out: Connection) -> None:
    die_with_parent(parent)
    # Ctrl-C at the terminal reaches the whole group; the parent alone says when it is over.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        producer = KafkaProducer(
            **client_options(settings.kafka),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=settings.topics.max_message_bytes,
        )
        producer.partitions_for(topic_name(LISTINGS, settings.topics))
        out.send(None)
        out.send(sending.run(producer, topic_name(LISTINGS, settings.topics), shared))
    except Exception as error:  # noqa: BLE001  handed over, to be said where somebody reads it
        out.send(SenderError(repr(error)))


class _Sending:
    def __init__(self, plan: Plan, width: float, intervals: int) -> None:
        self._plan, self._width, self._began = plan, width, 0.0
        self._last = intervals - 1
        self._end = plan.course.length
        self._sent = Sent(
            sent=0,
            ran=0.0,
            by_interval=[0] * intervals,
            acknowledged=[0] * intervals,
            in_time=0,
            late=[Histogram() for _ in range(intervals)],
            acknowledged_after=[Histogram() for _ in range(intervals)],
            refused=set(),
        )

    def run(self, producer: Any, topic: str, shared: _Shared) -> Sent:
        """Send all, in the child."""
        self._shared, self._lock, self._producer, self._topic = shared, threading.Lock(), producer, topic
        while not self._shared.begin.value and not self._shared.over.value:
            time.sleep(0.005)
        self._began = self._shared.begin.value
        since_1970 = time.time() - time.monotonic() + self._began
        # Nothing here makes cycles; a collection of all that was drawn would make listings late.
        gc.freeze()
        gc.disable()
        for number, due in enumerate(self._plan.due.tolist()):
            value, key = self._plan.value(number, since_1970), self._plan.key(number)
            if not self._wait(due):
                break
            self._send(number, due, key, value)
        now = time.monotonic() - self._began if self._began else 0.0
        with self._lock:
            self._end = self._sent.ran = min(self._end, now) if self._shared.over.value else self._end
        # What is not acknowledged by then is given up and counted as refused.
        self._flush()
        with self._lock:
            return self._sent

    def _wait(self, due: float) -> bool:
        """Until the listing is due; False where it is over before."""
        while (ahead := self._began + due - time.monotonic()) > 0:
            if self._shared.over.value:
                return False
            time.sleep(min(ahead, NAP_SECONDS))
        return not self._shared.over.value

    def _send(self, number: int, due: float, key: bytes, value: bytes) -> None:
        late = time.monotonic() - self._began - due
        interval = min(self._last, int(due / self._width))
        future = self._producer.send(self._topic, key=key, value=value)
        future.add_callback(self._taken, due, interval)
        future.add_errback(self._refused, number)
        sent = self._sent
        sent.sent = number + 1
        sent.by_interval[interval] += 1
        sent.late[interval].record(late)
        self._shared.sent.value = sent.sent
        self._shared.late.value = late

    def _taken(self, due: float, interval: int, _: Any) -> None:
        """Called in the producer's thread."""
        at = time.monotonic() - self._began
        with self._lock:
            self._sent.acknowledged[interval] += 1
            self._sent.in_time += at <= self._end + IN_TIME_SECONDS
            self._sent.acknowledged_after[interval].record(at - due)
            self._shared.acknowledged.value += 1

    def _refused(self, number: int, error: Exception) -> None:
        with self._lock:
            self._sent.refused.add(number)
            self._sent.refused_why = self._sent.refused_why or repr(error)[:300]

    def _flush(self) -> None:
        deadline = time.monotonic() + FLUSH_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                if sum(self._sent.acknowledged) + len(self._sent.refused) >= self._sent.sent:
                    return
            time.sleep(0.01)
