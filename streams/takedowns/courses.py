"""What happened to each takedown: still up, down, withdrawn, come back; from sightings, alerts and verdicts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.events import Alert
from connectors.takedown_status import TakedownChange
from connectors.verdicts import Verdict
from streams.takedowns.cases import Published

Fate = Literal["still up", "down: removed", "down: not seen since", "withdrawn"]
CLEARED = {"not a relist", "same backdrop"}
"""Verdicts after which an alert is no relist."""


@dataclass(slots=True)
class Relist:
    """One listing that brought back a takedown: when it was first seen, and when the first alert of it was made."""

    first_seen: datetime
    alerted: datetime

    @property
    def seconds(self) -> float:
        """To catch it; a marketplace's clock that runs ahead makes it no less than none."""
        return max(0.0, (self.alerted - self.first_seen).total_seconds())


@dataclass(slots=True)
class Course:
    """What happened to one takedown."""

    fate: Fate
    relists: dict[str, Relist] = field(default_factory=dict)
    """By the listing's key."""


def courses_of(
    takedowns: Iterable[Published],
    changes: Iterable[TakedownChange],
    alerts: Iterable[Alert],
    verdicts: Mapping[str, Verdict],
) -> dict[str, Course]:
    """What happened to each takedown that anything is known of, by its id."""
    since = {each.takedown.takedown_id: each.takedown.taken_down_at or each.at for each in takedowns}
    seen: dict[str, datetime] = {}
    removed: dict[str, datetime] = {}
    relists: dict[str, dict[str, Relist]] = {}
    named = set(since)
    for change in changes:
        named.add(change.takedown_id)
        if change.what in {"listing seen", "listing removed"}:
            _later(seen if change.what == "listing seen" else removed, change.takedown_id, change.at)
    for alert in alerts:
        for takedown_id in {alert.takedown.takedown_id, *alert.cluster}:
            if alert.kind == "still_up":
                _later(seen, takedown_id, alert.listing_observed_at)
            elif alert.kind == "relist" and not _is_cleared(alert, verdicts):
                _met(relists.setdefault(takedown_id, {}), alert)
    return {
        takedown_id: Course(
            _fate(since.get(takedown_id), seen.get(takedown_id), removed.get(takedown_id)),
            relists.get(takedown_id, {}),
        )
        for takedown_id in named | relists.keys() | seen.keys()
    }


def _fate(since: datetime | None, seen: datetime | None, removed: datetime | None) -> Fate:
    """`since` None: it is not on `takedowns` any more."""
    if since is None:
        return "withdrawn"
    if seen is not None and seen > since and (removed is None or seen > removed):
        return "still up"
    return "down: not seen since" if removed is None else "down: removed"


def _later(times: dict[str, datetime], takedown_id: str, at: datetime) -> None:
    times[takedown_id] = max(at, times.get(takedown_id, at))


def _met(relists: dict[str, Relist], alert: Alert) -> None:
    relist = relists.setdefault(alert.listing.key, Relist(alert.listing_observed_at, alert.matched_at))
    relist.first_seen = min(relist.first_seen, alert.listing_observed_at)
    relist.alerted = min(relist.alerted, alert.matched_at)


def _is_cleared(alert: Alert, verdicts: Mapping[str, Verdict]) -> bool:
    verdict = verdicts.get(alert.alert_id)
    return verdict is not None and verdict.verdict in CLEARED
