"""One takedown that suddenly meets hundreds of listings is a bad takedown more often than a busy seller: held for
an analyst, not broadcast.

Pure: what was seen when comes in by `meet`, what analysts say by `judge`. In memory only, so each worker counts what
it matched itself since it started (docs/delivery.md).
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec

from connectors.events import Alert
from connectors.evidence import FloodEvidence
from connectors.verdicts import Verdict
from streams.records import alert_id

Course = Literal["pass", "tip", "hold"]
"""What becomes of an alert: `tip` is held too, and the first of its flood."""

MOST_SIGHTINGS = 200_000
"""Listings remembered in all, some 50 MB; beyond, the takedowns that met none for longest are forgotten."""


@dataclass(slots=True)
class _Meetings:
    """One takedown's listings of the last window, each once, by its newest sighting."""

    now: float
    """The latest sighting so far; windows end here, in seconds since 1970."""
    times: list[tuple[float, str]] = field(default_factory=list)
    """Sorted; of more than the limit and one the newest."""
    seen: dict[str, float] = field(default_factory=dict)
    held: bool = False
    quiet_since: float | None = None
    """While held: since when at most half of the limit was in the window."""


class FloodGuard:
    """Holds a takedown's alerts once more than `listings` different listings met it within `minutes`.

    It lets them through again when the window held at most half as many for as long as a window, or for good when an
    analyst says that the flood is relists. 0 listings holds none.
    """

    def __init__(self, listings: int, minutes: float) -> None:
        self.listings = listings
        self.minutes = minutes
        self._window = minutes * 60
        self._most = max(MOST_SIGHTINGS, 2 * (listings + 1))
        self._met: OrderedDict[str, _Meetings] = OrderedDict()
        self._sightings = 0
        self._relists: dict[str, frozenset[str]] = {}
        """The takedowns of floods that are relists, by the flood's alert."""
        self._let_through: Counter[str] = Counter()

    def judge(self, alert_id: str, verdict: Verdict | None) -> None:
        """Take in the verdict on an alert instead of an earlier one; None takes it back. Only floods count."""
        self._let_through -= Counter(self._relists.pop(alert_id, frozenset()))
        if verdict is not None and verdict.verdict == "relist" and verdict.alert.kind == "flood":
            alert = verdict.alert
            self._relists[alert_id] = frozenset((alert.takedown.takedown_id, *alert.cluster))
            self._let_through.update(self._relists[alert_id])

    def meet(self, cluster: Sequence[str], listing_key: str, observed_at: datetime) -> Course:
        """What becomes of the alert for this listing and these takedowns that are one, the first naming them."""
        if not self.listings or any(one in self._let_through for one in cluster):
            return "pass"
        at = observed_at.timestamp()
        met = self._met.setdefault(cluster[0], _Meetings(at))
        self._met.move_to_end(cluster[0])
        before = len(met.times)
        self._move_on(met, at)
        self._see(met, listing_key, at)
        self._sightings += len(met.times) - before
        self._forget()
        if met.held:
            return "hold"
        if len(met.times) > self.listings:
            met.held = True
            return "tip"
        return "pass"

    def count(self, takedown_id: str) -> int:
        """Listings in the window of this cluster's first takedown; at most one more than the limit."""
        met = self._met.get(takedown_id)
        return 0 if met is None else len(met.times)

    def _move_on(self, met: _Meetings, at: float) -> None:
        """The window ends at `at`, if that is later: what is too old leaves it, and a flood may have ended."""
        met.now = max(met.now, at)
        half = self.listings // 2
        if met.held and met.quiet_since is None and len(met.times) > half:
            # When that many are in the window, the oldest of the newest half and one is the last to be too many.
            quiet = met.times[-half - 1][0] + self._window
            met.quiet_since = quiet if quiet <= met.now else None
        gone = bisect_right(met.times, met.now - self._window, key=lambda one: one[0])
        for _, key in met.times[:gone]:
            del met.seen[key]
        del met.times[:gone]
        if met.held and met.quiet_since is not None and met.now - met.quiet_since >= self._window:
            met.held, met.quiet_since = False, None

    def _see(self, met: _Meetings, key: str, at: float) -> None:
        earlier = met.seen.get(key)
        # A sighting from before the window, such as out of a backlog, says nothing of the rate now.
        if at > met.now - self._window and (earlier is None or earlier < at):
            if earlier is not None:
                del met.times[bisect_left(met.times, (earlier, key))]
            met.seen[key] = at
            insort(met.times, (at, key))
            if len(met.times) > self.listings + 1:
                del met.seen[met.times.pop(0)[1]]
        if len(met.times) > self.listings // 2:
            met.quiet_since = None

    def _forget(self) -> None:
        while self._sightings > self._most and len(self._met) > 1:
            _, oldest = self._met.popitem(last=False)
            self._sightings -= len(oldest.times)


def flood_alert(tipping: Alert, guard: FloodGuard) -> Alert:
    """The one alert of the flood that this alert tipped, about the same listing and takedown.

    Its id is of the takedown and the day, so that several workers that see one flood, and one that sees it again
    after a restart, give the same.
    """
    day = tipping.listing_observed_at.astimezone(UTC).date().isoformat()
    return msgspec.structs.replace(
        tipping,
        alert_id=alert_id("flood", "", day, tipping.cluster[0]),
        kind="flood",
        evidence=(FloodEvidence(listings=guard.count(tipping.cluster[0]), minutes=guard.minutes),),
    )
