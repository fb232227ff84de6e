"""Verdicts into Kafka: one long-lived connection for all who decide; who sends waits until Kafka has them, or is told.

A thread of its own takes what waits, sends it together and flushes once. So a broker that is away keeps nobody but
those who decide waiting, and them for a bounded time.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog

from connectors.kafka_delivery import KafkaDelivery
from connectors.sdk import ConnectorError, RetryError
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings
from streams.topics import VERDICTS, topic_name
from streams.verdicts.desk import REQUEST_BYTES, VerdictMessage

log = structlog.get_logger(__name__)

DELIVERY_MS = 8_000
"""Someone sits before the page and waits; Kafka itself answers in some milliseconds."""
WAITING_SECONDS = 10.0
"""In the queue at most; who has waited longer is told to try again."""
LONGEST_SECONDS = 60.0
"""Until a sending has ended in one way or the other, whatever happens: waiting, reaching the broker (8 s), finding the
topic (5 s), flushing (16 s), and those whom the thread sends before."""
TOGETHER = 2_000
"""Messages sent before one flush."""

Refusals = Mapping[str, str]
"""Why Kafka will never take a message, by its key."""


@dataclass(slots=True)
class _Job:
    messages: Sequence[VerdictMessage]
    until: float
    result: "Future[Refusals]" = field(default_factory=Future)


class VerdictSender:
    """For all pages of one console. Starts with the first verdict; close it."""

    def __init__(self, settings: Settings, *, delivery_ms: int = DELIVERY_MS) -> None:
        self._topic = topic_name(VERDICTS, settings.topics)
        self._delivery = KafkaDelivery(
            client_options(settings.kafka), max_request_bytes=REQUEST_BYTES, delivery_ms=delivery_ms
        )
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_known = False

    async def send(self, messages: Sequence[VerdictMessage]) -> Refusals:
        """Send them all; returns when Kafka has all but the refused ones.

        Raises:
            RetryError: the broker cannot be reached; it is not known to have any of them.
            AbortError: it refuses us.
        """
        return await asyncio.wrap_future(self.put(messages))

    def put(self, messages: Sequence[VerdictMessage]) -> "Future[Refusals]":
        """The same for a thread."""
        job = _Job(messages, time.monotonic() + WAITING_SECONDS)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="verdict-sender", daemon=True)
                self._thread.start()
        self._jobs.put(job)
        return job.result

    def close(self) -> None:
        """Send what waits, and disconnect."""
        with self._starting:
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join(LONGEST_SECONDS)

    def _run(self) -> None:
        is_ending = False
        while not is_ending:
            jobs: list[_Job] = []
            job = self._jobs.get()
            while True:
                if job is None:
                    is_ending = True
                    break
                jobs.append(job)
                if sum(len(each.messages) for each in jobs) >= TOGETHER:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            self._send_all(jobs)
        self._delivery.close()

    def _send_all(self, jobs: Sequence[_Job]) -> None:
        # A future that its page has given up is not sent any more; once it runs it cannot be given up.
        jobs = [job for job in jobs if job.result.set_running_or_notify_cancel()]
        late = [job for job in jobs if time.monotonic() > job.until]
        for job in late:
            job.result.set_exception(RetryError("kafka: too many verdicts wait for the broker"))
        jobs = [job for job in jobs if job not in late]
        try:
            refused = self._deliver(jobs)
        except Exception as error:  # whoever waits has to be told, and the thread has to go on
            if not isinstance(error, ConnectorError):
                log.exception("verdicts could not be sent")
                self._delivery.close()
            self._is_known = False
            for job in jobs:
                job.result.set_exception(error)
            return
        for job in jobs:
            job.result.set_result(refused)

    def _deliver(self, jobs: Sequence[_Job]) -> Refusals:
        if not jobs:
            return {}
        if not self._is_known:
            self._delivery.require_topic(self._topic)
            self._is_known = True
        for job in jobs:
            for message in job.messages:
                self._delivery.send(
                    self._topic,
                    key=message.key,
                    value=message.value,
                    headers=message.headers,
                    record=message.key.decode(),
                )
        return {str(refused.record): refused.why for refused in self._delivery.flush()}
