"""Listings and takedowns that others post to us: signed webhooks, answered 2xx once Kafka has them.

Behind a proxy that ends TLS: the source itself speaks plain HTTP on the loopback address. The sender repeats
what was not answered 2xx, so nothing is kept here: what a crash takes was never acknowledged to anybody.
"""

import asyncio
import contextlib
import hashlib
import queue
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from connectors.clock import Clock, SystemClock
from connectors.http_listener import HttpListener, Limits, PushRequest
from connectors.json_records import MAX_RECORD_BYTES, RECORD_ROOM, JsonRecords, RecordKind
from connectors.sdk import IDLE, Context, Item, OptionsError, Secret, Skipped, Source, Stop
from connectors.webhook_body import BodyError, events, records
from connectors.webhook_signature import SignatureError, keys, verified_id

POLL_SECONDS = 0.1
"""Within this time a source that waits for a request sees that it should end."""
MOST_WAITING = 1000
MOST_WAITING_BYTES = 64 * 1024 * 1024
REMEMBERED = 100_000
"""Acknowledged webhooks that are known when they come again; some 15 MB."""
RETRY_AFTER = 5


class WebhookSourceOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `webhook`."""

    secret: Secret
    """`whsec_` and base64; several, apart by spaces or lines, while a sender changes its key."""
    listen: str = "127.0.0.1:8701"
    """Host and port, for the proxy that ends TLS."""
    path: str = "/webhook"
    """Where requests are posted to; all others are refused."""
    records: RecordKind = "listings"
    """What the bodies hold."""
    max_bytes: Annotated[int, Meta(ge=2, le=MOST_WAITING_BYTES)] = MAX_RECORD_BYTES - RECORD_ROOM
    """Of a body: one record, an array of records, or one a line."""
    answer_seconds: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """A sender is asked to come again when Kafka has not acknowledged within this time."""
    tolerance_seconds: Annotated[float, Meta(gt=0, le=3600)] = 300.0
    """Between the sender's clock and ours."""


@dataclass(slots=True)
class WebhookCounts:
    """What came of the requests. `received` is the sum of the others, but for those still waiting."""

    received: int = 0
    """Whole requests on our path."""
    accepted: int = 0
    """Acknowledged by Kafka: 200."""
    duplicates: int = 0
    """Acknowledged before: 200."""
    refused: int = 0
    """Not signed with our key, or not now: 401."""
    unusable: int = 0
    """Signed, but with no records, too many, or photos by path: 422."""
    turned_away: int = 0
    """No room, or Kafka took too long: 503, to be sent again."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One webhook on its way to Kafka; several attempts of its sender may wait for the same answer."""

    webhook_id: str
    identity: bytes
    body: bytes
    answer: asyncio.Future[tuple[int, str]]
    """A status, and why where it is no success."""


class WebhookSource(Source[WebhookSourceOptions]):
    """Signed webhooks: the records of each request, which is answered when they are safe."""

    name = "webhook"
    options_type = WebhookSourceOptions

    def __init__(self, options: WebhookSourceOptions) -> None:
        super().__init__(options)
        try:
            self._keys = keys(options.secret)
        except ValueError as error:
            raise OptionsError(f"webhook: option secret: {error}") from None
        limits = Limits(max_bytes=options.max_bytes)
        self._listener = HttpListener(options.listen, options.path, self._handle, limits, name=self.name)
        self._clock: Clock = SystemClock()
        self._decoder = JsonRecords(options.records, None, options.max_bytes)
        self._waiting: queue.SimpleQueue[_Delivery] = queue.SimpleQueue()
        self._yielded: list[_Delivery] = []
        """All of their records are with the runner; touched by the source's thread alone."""
        # What follows is touched by the listener's thread alone.
        self._pending: dict[bytes, _Delivery] = {}
        self._pending_bytes = 0
        self._safe: OrderedDict[bytes, None] = OrderedDict()
        self._closing = False
        self.counts = WebhookCounts()

    @property
    def port(self) -> int:
        """The port that is listened on, also where the option said 0."""
        return self._listener.port

    def open(self, context: Context) -> None:
        """Listen.

        Raises:
            AbortError: the address cannot be listened on.
        """
        self._clock = context.clock
        self._listener.start()

    def close(self) -> None:
        """Ask those who still wait to come again, and stop listening."""
        self._listener.call(self._turn_all_away)
        self._listener.close()

    def events(self, stop: Stop) -> Iterator[Item]:
        """The records of each request in the order in which the requests came."""
        while not stop.is_set():
            if self._waiting.empty():
                yield IDLE
            delivery = self._next(stop)
            if delivery is not None:
                yield from self._records(delivery)

    def _next(self, stop: Stop) -> _Delivery | None:
        while not stop.is_set():
            try:
                return self._waiting.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
        return None

    def _records(self, delivery: _Delivery) -> Iterator[Item]:
        try:
            found = events(self._decoder, records(delivery.body))
        except BodyError as error:
            why = str(error)
            self._listener.call(lambda: self._settle(delivery, 422, why))
            yield Skipped(f"webhook {delivery.webhook_id}: {why}")
            return
        yield from found[:-1]
        # With its last record the delivery is whole: an acknowledgement from here on is for all of it.
        self._yielded.append(delivery)
        yield found[-1]

    def acknowledged(self) -> None:
        """Answer those whose records are all acknowledged."""
        if self._yielded:
            safe, self._yielded = self._yielded, []
            self._listener.call(lambda: self._settle_all(safe, 200))

    async def _handle(self, request: PushRequest) -> web.Response:
        self.counts.received += 1
        try:
            webhook_id = verified_id(
                self._keys,
                request.headers,
                request.body,
                self._clock.now(),
                tolerance_seconds=self.options.tolerance_seconds,
            )
        except SignatureError:
            self.counts.refused += 1
            return web.Response(status=401)
        # The same id over another body is another webhook: dropping it for its id could lose a record.
        identity = hashlib.sha256(f"{webhook_id}.".encode() + request.body).digest()
        if identity in self._safe:
            self._safe.move_to_end(identity)
            self.counts.duplicates += 1
            return web.Response()
        delivery = self._pending.get(identity) or self._accept(webhook_id, identity, request.body)
        status, why = 503, ""
        if delivery is not None:
            # The time may run out for this attempt; the delivery goes on, and answers the next one.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.options.answer_seconds):
                    status, why = await asyncio.shield(delivery.answer)
        return self._answered(status, why)

    def _accept(self, webhook_id: str, identity: bytes, body: bytes) -> _Delivery | None:
        """The delivery, on its way; None where there is no room."""
        full = len(self._pending) >= MOST_WAITING or self._pending_bytes + len(body) > MOST_WAITING_BYTES
        if self._closing or full:
            return None
        delivery = _Delivery(webhook_id, identity, body, asyncio.get_running_loop().create_future())
        self._pending[identity] = delivery
        self._pending_bytes += len(body)
        self._waiting.put(delivery)
        return delivery

    def _answered(self, status: int, why: str) -> web.Response:
        match status:
            case 200:
                self.counts.accepted += 1
            case 422:
                self.counts.unusable += 1
            case _:
                self.counts.turned_away += 1
                return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER)})
        return web.Response(status=status, text=why)

    def _settle(self, delivery: _Delivery, status: int, why: str = "") -> None:
        if self._pending.pop(delivery.identity, None) is None:
            return
        self._pending_bytes -= len(delivery.body)
        delivery.answer.set_result((status, why))
        if status == 200:
            self._safe[delivery.identity] = None
            if len(self._safe) > REMEMBERED:
                self._safe.popitem(last=False)

    def _settle_all(self, deliveries: list[_Delivery], status: int) -> None:
        for delivery in deliveries:
            self._settle(delivery, status)

    def _turn_all_away(self) -> None:
        self._closing = True
        self._settle_all(list(self._pending.values()), 503)
