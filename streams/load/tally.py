"""What was planted held against what came: alerts and dead letters one by one, as they are read. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from streams.load.histogram import Histogram
from streams.load.pattern import number_of
from streams.load.plan import Plan
from streams.load.recording import NAMED, Odd, Planted
from streams.load.stock import MARKETPLACE


class _Listing(Struct):
    marketplace: str
    listing_id: str


class _Takedown(Struct):
    takedown_id: str


class _Alert(Struct):
    """Of an alert, what is asked of it."""

    alert_id: str
    kind: str
    caught_by: str
    listing: _Listing
    takedown: _Takedown
    other_takedowns: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()


class Arrived(Struct, frozen=True, kw_only=True):
    """A record as it was read. `at`: seconds since the load began, on the generator's own clock."""

    value: bytes
    at: float
    appended_ms: int
    """Kafka's timestamp of the alert, in milliseconds since 1970."""
    listed_ms: int | None = None
    """Kafka's timestamp of its listing, which the alert brings along."""
    held: bool = False


_DECODER = msgspec.json.Decoder(_Alert)


class Tally:
    """Counts. `alerted_after` and `on_kafka`: histograms by the interval in which the listing was due."""

    def __init__(self, plan: Plan, width: float, intervals: int) -> None:
        self._plan, self._run, self._width = plan, plan.stock.run, width
        self.alerted_after = [Histogram() for _ in range(intervals)]
        self.on_kafka = [Histogram() for _ in range(intervals)]
        self._found: set[int] = set()
        self._ids: set[str] = set()
        self.alerts = self.duplicates = self.held = self.floods = self.by_lookback = 0
        self.false_alerts = self.dead_letters = 0
        self.false_named: list[Odd] = []
        self.dead_named: list[Odd] = []
        self._dead: set[int] = set()

    @property
    def found(self) -> int:
        """Relists with their alert."""
        return len(self._found)

    def has(self, number: int) -> bool:
        """Whether this relist has its alert."""
        return number in self._found

    def is_dead(self, number: int) -> bool:
        """Whether this listing is a dead letter."""
        return number in self._dead

    def alert(self, arrived: Arrived) -> None:
        """Take in a record of `alerts` or `held-alerts`; others' are passed over."""
        if self._run.encode() not in arrived.value:  # most of a busy topic, without decoding it
            return
        try:
            alert = _DECODER.decode(arrived.value)
        except msgspec.MsgspecError:
            return
        number = self._number(alert.listing)
        if number is None:
            return
        if alert.kind == "flood":
            self.floods += 1
            return
        if alert.alert_id in self._ids:
            self.duplicates += 1
            return
        self._ids.add(alert.alert_id)
        self.alerts += 1
        self.held += arrived.held
        self.by_lookback += alert.caught_by == "lookback"
        relist = self._plan.relist(number)
        named = {alert.takedown.takedown_id, *alert.other_takedowns, *alert.cluster}
        if relist is None or relist.takedown_id not in named:
            self._false(number, alert.takedown.takedown_id, relist.takedown_id if relist else None)
        elif number not in self._found:
            self._found.add(number)
            self._time(number, arrived)

    def dead_letter(self, key: bytes | None, error: str) -> None:
        """Take in a record of `dead-letters` by the key of its listing; others' are passed over."""
        text = (key or b"").decode(errors="replace")
        marketplace, _, listing_id = text.partition(":")
        number = self._number(_Listing(marketplace, listing_id))
        if number is None or number in self._dead:
            return
        self._dead.add(number)
        self.dead_letters += 1
        if len(self.dead_named) < NAMED:
            self.dead_named.append(Odd(listing=text, what=error[:200]))

    def planted(self, sent: int, refused: frozenset[int]) -> list[Planted]:
        """What was planted among the first `sent` listings but those that Kafka refused, by how."""
        rows: dict[tuple[str, str], Planted] = {}
        for number in self._sent_relists(sent, refused):
            relist, kind = self._plan.relist(number), self._plan.kind(number)
            how = "+".join(relist.how) if relist else ""
            row = rows.setdefault((kind, how), Planted(kind=kind, how=how))
            row.sent += 1
            row.found += number in self._found
        return [rows[key] for key in sorted(rows)]

    def without_alert(self, sent: int, refused: frozenset[int]) -> list[Odd]:
        """Relists that have none, with what they are; the first of them."""
        odd: list[Odd] = []
        for number in self._sent_relists(sent, refused):
            relist = self._plan.relist(number)
            if number not in self._found and relist is not None and len(odd) < NAMED:
                how = f"{self._plan.kind(number)} ({', '.join(relist.how)})"
                what = f"{how}, due at {self._plan.due[number]:.1f} s, of {relist.takedown_id}"
                odd.append(Odd(listing=self._plan.key(number).decode(), what=what))
        return odd

    def _sent_relists(self, sent: int, refused: frozenset[int]) -> Iterator[int]:
        for kind in ("text", "photo"):
            for number in self._plan.relists_of(kind):
                if number < sent and number not in refused:
                    yield int(number)

    def _number(self, listing: _Listing) -> int | None:
        if listing.marketplace != MARKETPLACE:
            return None
        number = number_of(self._run, listing.listing_id)
        return number if number is not None and number < len(self._plan) else None

    def _false(self, number: int, named: str, wanted: str | None) -> None:
        self.false_alerts += 1
        if len(self.false_named) < NAMED:
            what = f"alert for {named}, {'which it is not' if wanted is None else f'not for {wanted}'}"
            self.false_named.append(Odd(listing=self._plan.key(number).decode(), what=what))

    def _time(self, number: int, arrived: Arrived) -> None:
        due = float(self._plan.due[number])
        interval = min(len(self.alerted_after) - 1, int(due / self._width))
        self.alerted_after[interval].record(arrived.at - due)
        if arrived.listed_ms is not None:
            self.on_kafka[interval].record((arrived.appended_ms - arrived.listed_ms) / 1000)
