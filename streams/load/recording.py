"""What a load was and what came of it: all that a report is made of. A run of any length takes as much room.

Times are seconds since the load began; latencies are histograms in microseconds (`streams.load.histogram`).
"""

from typing import Annotated

from msgspec import Meta, Struct

from streams.load.histogram import Histogram
from streams.load.plan import Kind, Mix
from streams.load.schedule import Course

Whole = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
Counts = dict[Annotated[int, Meta(ge=0, le=65535)], Whole]
"""Of a histogram, by bucket. The last is of thousands of years: the top of a larger one, as a file of somebody else's
might name it, would fill the memory."""
FORMAT = 1
NAMED = 200
"""Missing or wrong listings that are named one by one."""


class Machine(Struct, frozen=True, kw_only=True):
    """Where the generator ran, and what."""

    cores: int
    processor: str
    memory_bytes: int
    system: str
    python: str
    version: str


class Interval(Struct, kw_only=True):
    """The listings that were due within this stretch of time."""

    due: Whole = 0
    sent: Whole = 0
    acknowledged: Whole = 0
    """Of them, whenever that was."""
    late: Counts = {}
    """How long after its time each left."""
    acknowledged_after: Counts = {}
    """From when a listing was due until Kafka had it."""
    alerted_after: Counts = {}
    """From when a relist was due until its alert was read."""
    on_kafka: Counts = {}
    """From Kafka's time of the listing to Kafka's time of the alert, by the clocks of whoever wrote them."""


class Planted(Struct, kw_only=True):
    """The relists of one kind: how many Kafka had, and how many have their alert."""

    kind: Kind
    how: str
    """The disguise or the edit; more than one of them with a plus between."""
    sent: Whole = 0
    found: Whole = 0


class Lag(Struct, frozen=True, array_like=True):
    """What waits for the workers' group at a moment, by topic."""

    at: float
    listings: Whole
    fingerprints: Whole


class Odd(Struct, frozen=True, kw_only=True):
    """A listing that did not become what it should have, and what is known of it."""

    listing: str
    what: str


class Recording(Struct, kw_only=True):
    """One run. `width`: seconds of an interval."""

    format: int = FORMAT
    run: str
    seed: int
    began_at: str
    """RFC 3339."""
    machine: Machine
    course: Course
    mix: Mix
    warmup: Seconds
    """Seconds at the beginning whose latencies are not judged."""
    takedowns: int
    matchable_after: float
    """Seconds from the takedowns' publication until every partition's worker matched by them."""
    left_out: int
    ran: Seconds
    """Seconds that listings were sent for; less than the course's length where the run was ended early."""
    planned: int
    due: int
    """Until it ended; as many as planned where it ran to its end."""
    sent: int
    acknowledged: int
    acknowledged_in_time: int
    """Within the run itself, or a second after: what Kafka took at the rate at which it was sent."""
    refused: int
    refused_why: str | None = None
    width: Annotated[float, Meta(gt=0)]
    intervals: Annotated[list[Interval], Meta(min_length=1)]
    planted: list[Planted]
    alerts: int = 0
    """For listings of this run; one with the same id again is a duplicate."""
    duplicates: int = 0
    held: int = 0
    floods: int = 0
    by_lookback: int = 0
    without_alert: list[Odd] = []
    false_alerts: int = 0
    """For an honest listing, or for another takedown than it should."""
    false_named: list[Odd] = []
    dead_letters: int = 0
    dead_named: list[Odd] = []
    lost: int | None = None
    """Acknowledged and neither on `fingerprints` nor on `dead-letters`; None where nobody looked."""
    lags: list[Lag] = []
    drained: float | None = None
    """Seconds after the last listing until the workers' group had done all; None where it had not, or nobody knows."""

    @property
    def early(self) -> bool:
        """Whether it was ended before its time."""
        return self.sent < self.planned

    def judged(self, name: str) -> Histogram:
        """One of the intervals' histograms, over all of the run but its warm-up."""
        total = Histogram()
        for number, interval in enumerate(self.intervals):
            # An interval that the warm-up ends in is not judged.
            if number * self.width >= self.warmup:
                total.add(Histogram(getattr(interval, name)))
        return total
