"""Small worlds of takedowns, drawn by number: requests, what became of them, alerts, verdicts; whole records."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

import msgspec
from alert_records import alert, verdict
from listing_records import takedown
from takedown_records import RECEIVED, request, takedown_change, takedown_status

from connectors.events import Alert, AlertListing, Takedown
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import Reason, TakedownChange, TakedownStatus
from connectors.verdicts import Verdict

AUTHORITIES = (None, "kementerian", "bpom", "=polri()")
MARKETPLACES = ("pasar-uji", "toko-uji")


@dataclass
class World:
    """Records of one test, without Kafka."""

    requests: list[TakedownRequest] = field(default_factory=list)
    statuses: list[TakedownStatus] = field(default_factory=list)
    takedowns: list[Takedown] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    changes: list[TakedownChange] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    held: list[Alert] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def records(self) -> Iterator[tuple[str, str, Any]]:
        """Topic, key and value, in an order in which they could come."""
        yield from (("takedown-requests", each.key, each) for each in self.requests)
        yield from (("takedowns", each.takedown_id, each) for each in self.takedowns)
        yield from (("takedowns", each, None) for each in self.withdrawn)
        yield from (("alerts", each.alert_id, each) for each in self.alerts)
        yield from (("held-alerts", each.alert_id, each) for each in self.held)
        yield from (("takedown-status", each.request_id, each) for each in self.statuses)
        yield from (("takedown-audit", each.key, each) for each in self.changes)
        yield from (("verdicts", each.alert_id, each) for each in self.verdicts)


def world(seed: int) -> World:
    """A world of some forty requests, with every state and fate in it."""
    draw = random.Random(seed)
    made = World()
    ids = [f"td-{number}" for number in range(12)]
    for number in range(40):
        asked = request(
            number, authority=draw.choice(AUTHORITIES), source=draw.choice(["ministry", "manual", "ai", "platform"]),
            received_at=_when(draw, 0, 60), marketplace=draw.choice(MARKETPLACES),
            link=f"https://pasar-uji.example/{number}",
        )  # fmt: skip
        made.requests.append(asked)
        state = draw.choice(
            ["waiting", "received", "resolved", "unresolved", "published", "published", "withdrawn"]
        )
        if state == "waiting":
            continue
        done = state in {"published", "withdrawn", "resolved"}
        made.statuses.append(
            takedown_status(
                asked, state=state, takedown_id=draw.choice(ids) if done else None,
                reason=draw.choice(get_args(Reason)) if state == "unresolved" else None, next_try_at=None,
            )
        )  # fmt: skip
    for number, takedown_id in enumerate([*ids, "theirs-1", "theirs-2"]):
        kept = draw.random() < 0.8
        made.takedowns.append(
            msgspec.structs.replace(
                takedown(number), takedown_id=takedown_id, authority=draw.choice(AUTHORITIES), source=draw.choice([None, "ai"]),
                taken_down_at=draw.choice([None, _when(draw, 0, 30)]),
            )
        )  # fmt: skip
        if not kept:
            made.withdrawn.append(takedown_id)
            made.changes.append(takedown_change(takedown_id=takedown_id, at=_when(draw, 30, 60)))
        for what in ("listing seen", "listing removed"):
            if draw.random() < 0.4:
                made.changes.append(
                    takedown_change(takedown_id=takedown_id, what=what, at=_when(draw, 0, 60))
                )
    made.changes.append(
        takedown_change(
            takedown_id="theirs-3", what="published", at=_when(draw, 0, 60), by="their/program", authority="bpom",
            source="ai", marketplace="toko-uji", place="0:7",
        )
    )  # fmt: skip
    for number in range(40):
        made_alert = _alert(draw, number, ids)
        (made.held if draw.random() < 0.1 else made.alerts).append(made_alert)
        if draw.random() < 0.4 and made_alert not in made.held:
            said: Any = draw.choice(["relist", "not a relist", "same backdrop", "unsure"])
            made.verdicts.append(verdict(number, said, alert=made_alert))
    return made


def _alert(draw: random.Random, number: int, ids: list[str]) -> Alert:
    cluster = tuple(sorted(draw.sample(ids, draw.randint(1, 3))))
    first = _when(draw, 0, 60)
    known = msgspec.structs.replace(alert(1).takedown, takedown_id=draw.choice(cluster))
    return alert(
        number, kind=draw.choice(["relist", "relist", "relist", "still_up", "flood"]), takedown=known, cluster=cluster,
        listing=AlertListing(marketplace="pasar-uji", listing_id=f"l{draw.randint(0, 20)}", title="J4ket"),
        listing_observed_at=first, matched_at=first + timedelta(microseconds=draw.randint(0, 90_000_000)),
    )  # fmt: skip


def _when(draw: random.Random, low: int, high: int) -> Any:
    """To the microsecond, as clocks tell it."""
    return RECEIVED + timedelta(days=draw.uniform(low, high) / 3, microseconds=draw.randint(0, 999_999))
