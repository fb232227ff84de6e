"""Which topic an alert goes to: floods held, still-up ones never, and a shadow policy changes none of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from listing_records import START, listing, relist, takedown
from sent_message import Sent

from connectors.events import Alert
from connectors.evidence import FloodEvidence
from connectors.policy_differences import PolicyDifference
from fingerprints.policy import Policy, Scales
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.outbox import Outbox, Outgoing
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.stages.match import MatchListings
from streams.verdicts.flood_guard import FloodGuard

QUIET = Policy(version="quiet", prior=-9.2, scales=Scales(title=0.1))


def stage_of(*takedowns: Any, rules: Rules | None = None, guard: FloodGuard | None = None) -> MatchListings:
    bank = TakedownBank()
    for record in takedowns:
        bank.put(fingerprint_takedown(record, []))
    metrics = Metrics()
    return MatchListings(Outbox(Settings(), metrics), metrics, bank, rules or Rules(), guard)


def sent(*events: Any) -> list[Sent]:
    return [Sent(msgspec.json.encode(fingerprint_listing(event, [])), n) for n, event in enumerate(events)]


def alerts_on(topic: str, outgoing: list[Outgoing]) -> list[Alert]:
    return [msgspec.json.decode(one.value, type=Alert) for one in outgoing if one.topic.name == topic]


def counted(stage: MatchListings, name: str, **labels: str) -> float:
    return stage.metrics.registry.get_sample_value(name, labels) or 0.0


async def test_a_flood_is_one_alert_and_the_rest_is_held() -> None:
    stage = stage_of(takedown(1), takedown(2), guard=FloodGuard(3, 60))
    flood = [relist(30 + n, of=1) for n in range(6)]
    outgoing = await stage.process(sent(*flood, relist(90, of=2)))
    told, held = alerts_on("alerts", outgoing), alerts_on("held-alerts", outgoing)
    assert [(one.kind, one.listing.listing_id) for one in told] == [
        *(("relist", f"l{30 + n}") for n in range(3)),
        ("flood", "l33"),
        ("relist", "l90"),
    ]
    assert [(one.kind, one.listing.listing_id) for one in held] == [
        ("relist", f"l{33 + n}") for n in range(3)
    ]
    assert told[3].evidence == (FloodEvidence(listings=4, minutes=60),)
    kinds = [dict(one.headers)["ce_type"] for one in outgoing]
    assert Counter(kinds) == {b"relistwatch.alert.relist": 7, b"relistwatch.alert.flood": 1}
    assert all(one.key == dict(one.headers)["ce_id"] for one in outgoing)
    assert counted(stage, "relistwatch_alerts_held_total") == 3
    assert counted(stage, "relistwatch_alerts_total", kind="flood") == 1
    assert counted(stage, "relistwatch_alerts_total", kind="relist") == 4


async def test_without_a_guard_nothing_is_held() -> None:
    for guard in (None, FloodGuard(0, 60)):
        outgoing = await stage_of(takedown(1), guard=guard).process(
            sent(*(relist(30 + n, of=1) for n in range(9)))
        )
        assert [one.topic.name for one in outgoing] == ["alerts"] * 9


async def test_what_is_still_up_is_never_held() -> None:
    down = msgspec.structs.replace(takedown(1), taken_down_at=START)
    stage = stage_of(down, guard=FloodGuard(1, 60))
    await stage.process(sent(*(relist(30 + n, of=1) for n in range(3))))
    seen = [listing(1, observed_at=START + timedelta(minutes=n), description=str(n)) for n in range(1, 4)]
    outgoing = await stage.process(sent(*seen))
    assert [(one.kind) for one in alerts_on("alerts", outgoing)] == ["still_up"] * 3
    assert alerts_on("held-alerts", outgoing) == []


async def test_a_batch_done_anew_one_by_one_still_tells_its_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last listing of the batch fails inside: the others must not find the flood told already."""
    stage = stage_of(takedown(1), guard=FloodGuard(2, 60))
    from streams.stages import match as match_stage

    real = match_stage.match_listing

    def failing(fingerprint: Any, *args: Any, **named: Any) -> Any:
        if fingerprint.listing.listing_id == "l34":
            raise RuntimeError("a mistake of ours")
        return real(fingerprint, *args, **named)

    monkeypatch.setattr(match_stage, "match_listing", failing)
    outgoing = await stage._process_guarded(sent(*(relist(30 + n, of=1) for n in range(5))))
    assert [one.kind for one in alerts_on("alerts", outgoing)] == ["relist", "relist", "flood"]
    assert len(alerts_on("held-alerts", outgoing)) == 2
    assert sum(one.topic.name == "dead-letters" for one in outgoing) == 1


async def test_a_clock_that_runs_ahead_does_not_blind_the_guard() -> None:
    stage = stage_of(takedown(1), guard=FloodGuard(3, 60))
    ahead = relist(29, of=1, observed_at=datetime.now(UTC) + timedelta(days=9000))
    now = datetime.now(UTC) - timedelta(minutes=1)
    outgoing = await stage.process(sent(ahead, *(relist(30 + n, of=1, observed_at=now) for n in range(6))))
    assert [one.kind for one in alerts_on("alerts", outgoing)] == ["relist"] * 3 + ["flood"]
    assert len(alerts_on("held-alerts", outgoing)) == 4


async def test_alerts_are_the_same_with_and_without_a_shadow() -> None:
    events = [listing(30), *(relist(31 + n, of=1 + n % 3) for n in range(9)), listing(50)]
    takedowns = [takedown(n) for n in range(1, 4)]
    alone = await stage_of(*takedowns, guard=FloodGuard(2, 60)).process(sent(*events))
    stage = stage_of(*takedowns, guard=FloodGuard(2, 60), rules=Rules(shadow=QUIET))
    beside = await stage.process(sent(*events))

    def timeless(outgoing: list[Outgoing], topic: str) -> list[Alert]:
        return [msgspec.structs.replace(one, matched_at=START) for one in alerts_on(topic, outgoing)]

    for topic in ("alerts", "held-alerts"):
        assert timeless(alone, topic) == timeless(beside, topic) != []
    differences = [
        msgspec.json.decode(one.value, type=PolicyDifference)
        for one in beside
        if one.topic.name == "policy-differences"
    ]
    assert {one.kind for one in differences} == {"only_live"}
    assert [one.listing.key for one in differences] == [event.key for event in events[1:10]]
    keys = [one.key.decode() for one in beside if one.topic.name == "policy-differences"]
    assert keys == [event.key for event in events[1:10]]
    assert counted(stage, "relistwatch_policy_differences_total", kind="only_live") == 9
    assert {one.topic.name for one in alone} == {"alerts", "held-alerts"}
