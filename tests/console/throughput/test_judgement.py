"""Each condition appears when it is so and goes when it is over, with words, and with a place in the runbook."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flow_facts import connector, facts_of, instance, later, offsets_of, store_of
from heartbeat_records import NOON, heartbeat

from streams.console.instances import Instances
from streams.console.judgement import CONDITIONS, Asked, Facts, Finding, Level, judge, named, places
from streams.console.runbook import runbook_html
from streams.console.words import ALL, LANGUAGES, word
from streams.health.heartbeat import IndexState

LOST = instance("lost", silent=90, instance="worker-host-2-ff", at=later(-90))
OLD_INDEX = IndexState(
    takedowns=1, photos=1, memory_bytes=1, disk_bytes=1, age_seconds=90, snapshot_age_seconds=None
)
LOOKBACK = instance("ready", kind="lookback", instance="lookback-1", partitions={})
RESOLVER = instance("lost", kind="resolver", instance="resolver-1", partitions={}, index=None)
SILENT = connector(connector=heartbeat().connector.__class__(  # type: ignore[union-attr]
    connector="shopee", read=1, written=1, skipped=0, failed=0, notices=0, retries=9, requests=9, throttled=0,
    checkpoints=0, last_success_at=later(-700), requests_per_second=1.0,
))  # fmt: skip

CASES: list[tuple[str, Level, str, dict[str, Any]]] = [
    ("kafka-is-away", "act", "away", {"kafka_age": 6.0, "kafka_failure": "TimeoutError: no answer"}),
    ("kafka-is-away", "act", "never", {"kafka_age": None, "offsets": None, "kafka_failure": "no broker"}),
    ("topics-are-missing", "act", "missing", {"offsets": offsets_of(missing=("alerts",))}),
    ("no-worker-runs", "act", "none", {"parts": ()}),
    ("no-worker-runs", "act", "none", {"parts": (LOST,), "done_per_second": 4.0}),
    ("no-worker-runs", "warn", "silent", {"parts": (), "done_per_second": 4.0}),
    ("a-partition-has-no-worker", "act", "uncovered", {"uncovered": {("listings", 1): 31.0, ("listings", 0): 3.0}}),
    ("messages-were-dropped-unread", "act", "dropped", {"offsets": offsets_of(begin=130)}),
    ("lag-grows", "act", "grows", {"offsets": offsets_of(5000), "lag_before": 3000}),
    ("lag-grows", "warn", "high", {"offsets": offsets_of(5000), "lag_before": 5000}),
    ("lag-grows", "warn", "high", {"offsets": offsets_of(5000), "lag_before": None}),
    ("a-partition-stands-still", "act", "still", {"offsets": offsets_of(3), "still": {("listings", 0): 130.0}}),
    ("a-worker-is-failing", "act", "failing", {"parts": (instance("failing", detail="lag, and nothing finished"),)}),
    ("a-worker-is-failing", "act", "failing", {"parts": (instance(), instance("failed", instance="w9", detail="x"))}),
    ("a-worker-is-failing", "warn", "slow", {"parts": (instance("starting", started_at=later(-400)),)}),
    ("a-worker-is-lost", "warn", "lost", {"parts": (instance(), LOST)}),
    ("a-takedown-index-is-old", "act", "old", {"parts": (instance(index=OLD_INDEX),)}),
    ("a-connector-is-silent", "act", "lost", {"parts": (instance(), connector("lost"))}),
    ("a-connector-is-silent", "act", "failed", {"parts": (instance(), connector("failed", detail="AbortError: 401"))}),
    ("a-connector-is-silent", "act", "refused",
     {"parts": (instance(), SILENT), "asked": {"shopee-toko-7": Asked(9, 0, 5)}}),
    ("a-connector-is-throttled", "warn", "some", {"asked": {"shopee-toko-7": Asked(300, 2, 2)}}),
    ("a-connector-is-throttled", "act", "much", {"asked": {"shopee-toko-7": Asked(20, 15, 15)}}),
    ("dead-letters-appear", "warn", "appear", {"store": store_of(recent=1)}),
    ("dead-letters-appear", "act", "appear", {"store": store_of(recent=10)}),
    ("alerts-are-late", "act", "late", {"store": store_of(p95=1500, minute=1400)}),
    ("alerts-are-late", "warn", "past", {"store": store_of(p95=1500, minute=400)}),
    ("alerts-are-late", "warn", "past", {"store": store_of(p95=1500)}),
    ("alerts-are-late", "warn", "lag", {"store": store_of(p95=1500, minute=1400), "offsets": offsets_of(5000)}),
    ("lookback-or-resolver-is-gone", "act", "resolver", {"parts": (instance(), RESOLVER)}),
    ("lookback-or-resolver-is-gone", "act", "lookback",
     {"parts": (instance(), instance("failing", kind="lookback", instance="lookback-1", detail="no disk"))}),
    ("the-console-is-impaired", "act", "impaired", {"failures": {"feed": "OSError: no space left"}}),
]  # fmt: skip
WELL: dict[str, dict[str, Any]] = {
    "kafka away for the blink of an election": {"kafka_age": 4.0},
    "the console has just started": {"kafka_age": None, "watched": 2.0, "offsets": None, "store": None, "parts": ()},
    "a partition is being handed over": {"uncovered": {("listings", 1): 12.0}},
    "some messages wait": {"offsets": offsets_of(900), "lag_before": 0},
    "a quiet partition does not move": {"still": {("listings", 0): 9000.0}},
    "another worker was started instead": {"parts": (instance(started_at=later(-30)), LOST)},
    "a worker was stopped in good order": {"parts": (instance(), instance("stopped", instance="w9"))},
    "a quiet connector asks and nothing is new": {
        "parts": (instance(), SILENT), "asked": {"shopee-toko-7": Asked(50, 0, 0)},
    },
    "a connector was stopped by someone": {"parts": (instance(), connector("stopped"))},
    "old dead letters": {"store": store_of(recent=0)},
    "one slow alert of five": {"store": store_of(p95=4000, count=5)},
    "a look back that replaced the lost one": {
        "parts": (instance(), LOOKBACK, instance("lost", kind="lookback", instance="lookback-0", partitions={})),
    },
}  # fmt: skip


def found(facts: Facts, condition: str) -> Finding:
    return next(finding for finding in judge(facts) if finding.condition == condition)


@pytest.mark.parametrize(
    ("condition", "level", "says", "changes"),
    CASES,
    ids=[f"{c}-{s}-{i}" for i, (c, _, s, _) in enumerate(CASES)],
)
def test_it_appears_with_words_and_goes(
    condition: str, level: Level, says: str, changes: dict[str, Any]
) -> None:
    finding = found(facts_of(**changes), condition)
    assert (finding.level, finding.says) == (level, says)
    for language in LANGUAGES:
        sentence = word(language, f"judge.{condition}.{says}", **finding.values)
        assert "{" not in sentence
        assert word(language, f"judge.{condition}.do")
        assert word(language, f"judge.{condition}")
    assert found(facts_of(), condition).level == "ok"


@pytest.mark.parametrize("changes", WELL.values(), ids=WELL.keys())
def test_nobody_is_disturbed_for_what_is_well(changes: dict[str, Any]) -> None:
    assert [finding for finding in judge(facts_of(**changes)) if finding.level != "ok"] == []


def test_every_condition_and_sentence_is_tried_here_and_none_is_left_over() -> None:
    assert {condition for condition, *_ in CASES} == CONDITIONS.keys()
    tried = {f"judge.{condition}.{says}" for condition, _, says, _ in CASES}
    meant = tried | {f"judge.{condition}{end}" for condition in CONDITIONS for end in ("", ".do")}
    assert meant == {key for key in ALL if key.startswith("judge.")}


def test_the_runbook_has_a_chapter_for_each_condition_and_for_prometheus_alerts_and_no_other() -> None:
    rules = (Path(__file__).parents[3] / "deploy/prometheus/rules/relistwatch.rules.yml").read_text()
    anchors = re.findall(r'<h\d id="([^"]+)">', runbook_html())
    assert anchors[: len(CONDITIONS) + 1] == ["runbook", *CONDITIONS]
    others = anchors[len(CONDITIONS) + 1 :]
    assert set(others) <= set(re.findall(r"runbook\.md#(\S+)", rules))


def test_what_must_be_done_stands_first() -> None:
    levels = [finding.level for finding in judge(facts_of(parts=(), store=store_of(recent=1)))]
    assert levels == sorted(levels, key=["act", "warn", "ok"].index)
    assert levels[:2] == ["act", "warn"]


def test_while_kafka_is_away_only_that_is_said() -> None:
    away = facts_of(kafka_age=60.0, parts=(), offsets=offsets_of(9000, begin=500), lag_before=1)
    wrong = [finding.condition for finding in judge(away) if finding.level != "ok"]
    assert wrong == ["kafka-is-away"]


def test_many_names_are_shortened() -> None:
    assert named(["a", "b", "c", "d", "e"]) == "a, b, c (+2)"
    assert places([("listings", 3), ("listings", 0), ("takedowns", 1)]) == "listings 0, 3; takedowns 1"


def standings(instances: Instances, clock: float) -> Sequence[str]:
    return [one.standing for one in instances.all(clock)]


def test_a_part_is_lost_after_three_heartbeats_for_an_hour() -> None:
    instances = Instances()
    instances.hear(heartbeat(state="ready", every_seconds=2.0), 100.0, 0)
    assert standings(instances, 106.0) == ["ready"]
    assert standings(instances, 106.1) == ["lost"]
    assert standings(instances, 100.0 + 3600) == ["lost"]
    assert standings(instances, 100.0 + 3601) == []


def test_last_words_tell_stopped_from_failed() -> None:
    instances = Instances()
    instances.hear(heartbeat(instance="a", state="stopping"), 0.0, 0)
    instances.hear(heartbeat(instance="b", state="failing"), 0.0, 0)
    assert standings(instances, 1.0) == ["stopping", "failing"]
    assert standings(instances, 60.0) == ["stopped", "failed"]
    assert standings(instances, 301.0) == ["failed"]


def test_a_heartbeat_that_comes_late_changes_nothing_and_a_restart_does() -> None:
    instances = Instances()
    assert instances.hear(heartbeat(at=later(4)), 0.0, 0)
    assert not instances.hear(heartbeat(at=later(2), state="failing"), 1.0, 0)
    assert not instances.hear(heartbeat(at=later(4)), 1.0, 0)
    assert instances.hear(
        heartbeat(started_at=NOON, at=NOON + timedelta(seconds=1), state="starting"), 2.0, 0
    )
    assert standings(instances, 2.0) == ["starting"]
