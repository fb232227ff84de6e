"""What happened to one listing, put together from the records of all topics. Pure.

Each record is first looked at by key or by the ids that it names; only what names the listing is decoded whole.
"""

from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from connectors.codec import Codec, RecordError
from connectors.events import Alert, DeadLetter, EventType, ListingEvent, Takedown
from connectors.seller_links import SellerLink
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import TakedownChange, TakedownStatus
from connectors.verdicts import Verdict
from streams.kafka_clients.record_reader import Record
from streams.records import ListingFingerprint
from streams.resolving.resolution import takedown_id_of
from streams.tracing import steps
from streams.tracing.steps import KeptSteps, Step, StepKind

MOST_IDS = 1000
"""Alerts and takedowns of the listing whose verdicts and withdrawals are followed."""
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError)
R = TypeVar("R", bound=Struct)


class Trace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of a listing, in order of time. `left_out`: steps by kind that were too many to keep."""

    key: str
    title: str | None = None
    seller_id: str | None = None
    url: str | None = None
    steps: tuple[Step, ...] = ()
    left_out: dict[str, int] = {}


class _Named(Struct):
    marketplace: str | None = None
    listing_id: str | None = None


class _Names(Struct):
    """Of any record the places where it may name listings and takedowns."""

    marketplace: str | None = None
    listing_id: str | None = None
    takedown_id: str | None = None
    listing: _Named | None = None
    takedown: _Named | None = None
    request: _Named | None = None
    alert: "_Names | None" = None
    sellers: tuple[_Named, ...] = ()


_names = msgspec.json.Decoder(_Names)


class ListingTrace:
    """Takes the records of one topic after another; those of `takedown-status` before those of `takedowns` and
    `takedown-audit`, and alerts before verdicts, so that ids are known. `prefix`: of topics' names."""

    def __init__(self, marketplace: str, listing_id: str, prefix: str = "") -> None:
        self.key = f"{marketplace}:{listing_id}"
        self._is = (marketplace, listing_id)
        self._raw_key = self.key.encode()
        self._needle = msgspec.json.encode(listing_id)
        """How the id stands in every record that we write."""
        self._prefix = prefix
        self._kept: dict[StepKind, KeptSteps] = defaultdict(KeptSteps)
        self._takedowns = {takedown_id_of(marketplace, listing_id)}
        self._alerts: set[str] = set()
        self._newest: ListingEvent | ListingFingerprint | None = None
        self._began: tuple[datetime, bool] | None = None

    @property
    def began(self) -> datetime | None:
        """When its first event came, where that is its creation: nothing was made of it before. None where it
        may be older than what the topic still holds."""
        return self._began[0] if self._began is not None and self._began[1] else None

    @property
    def first_event(self) -> datetime | None:
        """When the first event came that the topic still holds."""
        return None if self._began is None else self._began[0]

    def take_event(self, record: Record) -> None:
        """A record of `listings`."""
        if record.key != self._raw_key:
            return
        event = self._decoded(ListingEvent, record, "event")
        at = steps.received(record)
        if self._began is None or at < self._began[0]:
            self._began = at, event is not None and event.type is EventType.CREATED
        if event is not None:
            self._newest = event
            self._add(steps.event_step(record, event, self._place(record)))

    def take_fingerprint(self, record: Record) -> None:
        """A record of `fingerprints`."""
        if record.key != self._raw_key or record.value is None:
            return
        fingerprint = self._decoded(ListingFingerprint, record, "fingerprint")
        if fingerprint is not None:
            if self._newest is None:
                self._newest = fingerprint
            self._add(steps.fingerprint_step(record, fingerprint, self._place(record)))

    def take_dead_letter(self, record: Record) -> None:
        """A record of `dead-letters`."""
        if record.key == self._raw_key and (letter := _whole(DeadLetter, record)) is not None:
            self._add(steps.dead_letter_step(record, letter, self._prefix, self._place(record)))

    def take_request(self, record: Record) -> None:
        """A record of `takedown-requests`."""
        names = _named(record)
        if (
            names is not None
            and self._is_it(names)
            and (request := _whole(TakedownRequest, record)) is not None
        ):
            self._add(steps.request_step(request, self._place(record)))

    def take_status(self, record: Record) -> None:
        """A record of `takedown-status`."""
        names = _named(record)
        if names is None or not self._is_it(names.request):
            return
        status = _whole(TakedownStatus, record)
        if status is not None:
            self._note(self._takedowns, status.takedown_id)
            for step in steps.status_steps(status, self._place(record)):
                self._add(step)

    def take_takedown(self, record: Record) -> None:
        """A record of `takedowns`."""
        key = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            if key in self._takedowns:
                self._add(Step(at=steps.received(record), kind="takedown", what="not in force any more",
                               place=self._place(record), id=key))  # fmt: skip
            return
        names = _named(record)
        if names is None or not self._is_it(names.listing):
            return
        takedown = _whole(Takedown, record)
        if takedown is not None:
            self._note(self._takedowns, takedown.takedown_id)
            self._add(steps.takedown_step(record, takedown, self._place(record)))

    def take_change(self, record: Record) -> None:
        """A record of `takedown-audit`."""
        names = _named(record)
        if names is not None and names.takedown_id in self._takedowns:
            change = _whole(TakedownChange, record)
            if change is not None:
                self._add(steps.change_step(change, self._place(record)))

    def take_alert(self, record: Record, *, held: bool = False) -> None:
        """A record of `alerts`, or of `held-alerts`."""
        names = self._naming(record)
        if names is None:
            return
        on_it, of_it = self._is_it(names.listing), self._is_it(names.takedown)
        if not (on_it or (of_it and not held)) or (alert := _whole(Alert, record)) is None:
            return
        place = self._place(record)
        if on_it:
            self._note(self._alerts, alert.alert_id)
            self._add(steps.alert_step(record, alert, "held alert" if held else "alert", place))
        else:
            self._add(steps.relist_step(record, alert, place))

    def take_verdict(self, record: Record) -> None:
        """A record of `verdicts`."""
        key = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            if key in self._alerts:
                self._add(Step(at=steps.received(record), kind="verdict", what="taken back",
                               place=self._place(record), id=key))  # fmt: skip
            return
        names = self._naming(record)
        if names is None or names.alert is None or not self._is_it(names.alert.listing):
            return
        if (verdict := _whole(Verdict, record)) is not None:
            self._add(steps.verdict_step(verdict, self._place(record)))

    def take_seller_link(self, record: Record) -> None:
        """A record of `seller-links`."""
        names = self._naming(record)
        if names is None or not any(map(self._is_it, names.sellers)):
            return
        if (link := _whole(SellerLink, record)) is not None:
            self._add(steps.link_step(link, self._place(record)))

    def result(self) -> Trace:
        """What was found so far."""
        found = [step for kept in self._kept.values() for step in kept.steps()]
        left_out: dict[str, int] = {kind: kept.left_out for kind, kept in self._kept.items() if kept.left_out}
        newest = self._newest.listing if isinstance(self._newest, ListingFingerprint) else self._newest
        return Trace(
            key=self.key,
            title=newest.title if newest else None,
            seller_id=newest.seller_id if newest else None,
            url=newest.url if newest else None,
            steps=tuple(sorted(found, key=lambda step: step.at)),
            left_out=left_out,
        )

    def _add(self, step: Step) -> None:
        self._kept[step.kind].add(step)

    def _decoded(self, kind: type[R], record: Record, step: StepKind) -> R | None:
        """The record under the listing's own key; one that cannot be read is a step of its own."""
        try:
            if record.value is None:
                raise RecordError("empty-value", "the message has no value")
            found: R = _codec(kind).decode(record.value).record
        except RecordError as error:
            self._add(steps.unreadable_step(record, step, str(error), self._place(record)))
            return None
        return found

    def _naming(self, record: Record) -> _Names | None:
        """The names in a record of ours, if it may name the listing at all."""
        return _named(record) if record.value is not None and self._needle in record.value else None

    def _is_it(self, named: "_Named | _Names | None") -> bool:
        return named is not None and (named.marketplace, named.listing_id) == self._is

    def _place(self, record: Record) -> str:
        return steps.place_of(record, self._prefix)

    @staticmethod
    def _note(ids: set[str], one: str | None) -> None:
        if one is not None and len(ids) < MOST_IDS:
            ids.add(one)


def _named(record: Record) -> _Names | None:
    if record.value is None:
        return None
    try:
        return _names.decode(record.value)
    except UNREADABLE:
        # What cannot be read is with the dead letters, where it came from outside.
        return None


def _whole(kind: type[R], record: Record) -> R | None:
    try:
        found: R = _codec(kind).decode(record.value or b"").record
    except RecordError:
        return None
    return found


@cache
def _codec(kind: type[R]) -> Codec[R]:
    return Codec(kind, ours=True)
