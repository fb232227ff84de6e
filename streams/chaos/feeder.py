"""The run's own producer: sends listings at a rate, whatever the cluster does, until each is acknowledged."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.chaos.flow_plan import FlowPlan, Outgoing
from streams.chaos.record import Planted

log = structlog.get_logger(__name__)

TICK_SECONDS = 0.02
DELIVERY_MS = 60_000
SWEEP_SECONDS = 0.1


class Feeder(threading.Thread):
    """Plain kafka-python, idempotent, acks=all. What fails is sent again with the same key and bytes."""

    def __init__(self, servers: list[str], topic: str, plan: FlowPlan, rate: float) -> None:
        super().__init__(name="feeder", daemon=True)
        self._servers, self._topic, self._plan = servers, topic, plan
        self.rate = rate
        self.traps: tuple[str, ...] = ()
        """Addresses of hostile photos that some listings have from now on."""
        self.planted: list[Planted] = []
        self.on_sent: Callable[[Planted], None] = lambda _: None
        self._ending = threading.Event()
        self._pending: deque[tuple[Outgoing, Any]] = deque()
        self._again: deque[Outgoing] = deque()
        self._producer: Any = None
        self._swept = 0.0

    @property
    def waiting(self) -> int:
        """Sent and not acknowledged."""
        return len(self._pending) + len(self._again)

    def run(self) -> None:
        """Send until `finish`, then until all is acknowledged."""
        due = time.monotonic()
        while not (self._ending.is_set() and not self.waiting):
            now = time.monotonic()
            while due <= now and not self._ending.is_set():
                due += 1 / self.rate
                outgoing = self._plan.next(time.time(), self.traps)
                self.planted.append(outgoing.planted)
                self.on_sent(outgoing.planted)
                self._again.append(outgoing)
            self._send()
            self._sweep()
            time.sleep(TICK_SECONDS)
        if self._producer is not None:
            self._producer.close(timeout=5)

    def finish(self, seconds: float) -> None:
        """Send no more; returns when all is acknowledged, or after so long."""
        self._ending.set()
        self.join(seconds)

    def _send(self) -> None:
        while self._again:
            outgoing = self._again[0]
            try:
                if self._producer is None:
                    self._producer = KafkaProducer(
                        bootstrap_servers=self._servers,
                        acks="all",
                        enable_idempotence=True,
                        linger_ms=5,
                        delivery_timeout_ms=DELIVERY_MS,
                        request_timeout_ms=10_000,
                        max_block_ms=2_000,
                        max_request_size=8 * 1024 * 1024,
                    )
                key = outgoing.planted.key.encode()
                future = self._producer.send(self._topic, key=key, value=outgoing.value)
            except KafkaError as error:
                self._give_up(error)
                return
            self._again.popleft()
            self._pending.append((outgoing, future))

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < SWEEP_SECONDS:
            return
        self._swept = time.monotonic()
        failure: BaseException | None = None
        left: deque[tuple[Outgoing, Any]] = deque()
        for outgoing, future in self._pending:
            if not future.is_done:
                left.append((outgoing, future))
            elif future.failed():
                failure = future.exception
                self._again.append(outgoing)
            else:
                outgoing.planted.acknowledged = True
        self._pending = left
        if failure is not None:
            self._give_up(failure)

    def _give_up(self, error: BaseException) -> None:
        """A failure may be fatal to an idempotent producer: everything unacknowledged goes to another."""
        log.warning(
            "the feeder's producer failed, another takes over", error=repr(error), waiting=self.waiting
        )
        self._again.extendleft(outgoing for outgoing, _ in reversed(self._pending))
        self._pending.clear()
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=0)
            except KafkaError:
                # kafka-python 3.0.12 does not close then (connectors.kafka_delivery).
                producer._sender.force_close()
