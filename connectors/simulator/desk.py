"""From a request to what goes over the wire: faults, the rate limit, the API's answer. No sockets here."""

from collections import Counter, deque
from dataclasses import dataclass, field

import orjson

from connectors.simulator.api import Api, Call, RefusedError, Reply
from connectors.simulator.faults import Faults
from connectors.simulator.hostile import HUGE_BYTES, Hostility, not_utf8
from connectors.simulator.rate import Bucket

HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>\n"
ON_THE_WIRE = frozenset({"hang-up", "hang-up-after", "reset", "torn", "slow"})
LOGGED = 1000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer as bytes, and the fault that the server does to it on the wire, if any."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wire: str | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """A line of the log: nothing secret is in it."""

    number: int
    operation: str
    status: int
    fault: str | None


@dataclass(slots=True)
class Stats:
    """What a simulator has done. Read it from any thread."""

    requests: Counter[str] = field(default_factory=Counter)
    """By operation; `unknown` for paths that there are not."""
    statuses: Counter[int] = field(default_factory=Counter)
    throttled: int = 0
    """By the rate limit, not by a fault."""
    refused: int = 0
    """Answers with an error in the marketplace's words, faults left out."""
    records: int = 0
    """Listings within answers."""
    photos: int = 0
    pushes: Counter[str] = field(default_factory=Counter)
    """`sent`, `accepted`, `retried`, `lost`, `duplicates`."""
    log: deque[Handled] = field(default_factory=lambda: deque(maxlen=LOGGED))
    """The newest requests."""


class Desk:
    """Answers calls one at a time, in the order they come."""

    def __init__(self, api: Api, faults: Faults, bucket: Bucket | None, stats: Stats) -> None:
        self._api, self._faults, self._bucket, self._stats = api, faults, bucket, stats
        self._hostility = Hostility(api)

    def answer(self, call: Call) -> Outgoing:
        """What to send."""
        operation = self._api.operation(call.method, call.path)
        if operation is None:
            self._stats.requests["unknown"] += 1
            return self._note(call, "unknown", None, Outgoing(b'{"error":"no such path"}', 404))
        self._stats.requests[operation] += 1
        how = self._faults.meet(call.number, operation)
        if how is None and self._bucket is not None and not self._bucket.take(call.now_ms):
            self._stats.throttled += 1
            return self._note(call, operation, None, _encoded(self._api.fault("throttled", call)))
        return self._note(call, operation, how, self._outgoing(operation, call, how))

    def _outgoing(self, operation: str, call: Call, how: str | None) -> Outgoing:
        match how:
            case "throttled" | "inside-200" | "expired":
                going = _encoded(self._api.fault(how, call))
            case "throttled-429":
                words = _encoded(self._api.fault("throttled", call))
                going = Outgoing(words.body, 429, {"Retry-After": "1"})
            case "server-error":
                going = Outgoing(HTML, (500, 502, 503)[call.number % 3], {"Content-Type": "text/html"})
            case "not-json":
                going = Outgoing(HTML, 200, {"Content-Type": "text/html"})
            case "hang-up":
                going = Outgoing(b"", wire=how)
            case "huge-body":
                going = Outgoing(b'{"padding":"' + b"x" * HUGE_BYTES + b'"}')
            case _:
                going = self._handled(operation, call, how)
        return going

    def _handled(self, operation: str, call: Call, how: str | None) -> Outgoing:
        try:
            reply = self._api.answer(operation, call)
        except RefusedError as refused:
            self._stats.refused += 1
            return _encoded(refused.reply, how if how in ON_THE_WIRE else None)
        if how is not None and how not in ON_THE_WIRE | {"cut-json", "not-utf8"}:
            self._hostility.bend(how, operation, call, reply)
        self._stats.records += len(self._api.records(operation, reply.data))
        going = _encoded(reply, how if how in ON_THE_WIRE else None)
        match how:
            case "cut-json":
                return Outgoing(going.body[: len(going.body) // 2], going.status, going.headers)
            case "not-utf8":
                return Outgoing(not_utf8(going.body), going.status, going.headers)
            case _:
                return going

    def _note(self, call: Call, operation: str, how: str | None, going: Outgoing) -> Outgoing:
        self._stats.statuses[going.status] += 1
        self._stats.log.append(Handled(call.number, operation, going.status, how))
        return going


def _encoded(reply: Reply, wire: str | None = None) -> Outgoing:
    return Outgoing(orjson.dumps(reply.data), reply.status, reply.headers, wire)
