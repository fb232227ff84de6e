"""What is seen second by second becomes a snapshot: rates, silence, how long something has been so."""

from collections.abc import Sequence
from typing import Any

from flow_facts import PLACES, later, offsets_of, store_of
from heartbeat_records import NOON, heartbeat

from streams.console.heartbeat_reader import Heard
from streams.console.watch_core import Seen, Snapshot, WatchCore
from streams.health.heartbeat import ConnectorHealth, Flow, Heartbeat
from streams.health.topic_offsets import Offsets, PartitionLag
from streams.settings import Settings

START = NOON.timestamp()
ALL = {"listings": (0, 1), "fingerprints": (0,), "takedowns": (0,)}


class Driver:
    """Seconds that go by."""

    def __init__(self) -> None:
        self.core, self.at = WatchCore(Settings()), 1000.0
        self.offsets: Offsets | None = offsets_of(at=self.at)
        self.snapshot: Snapshot | None = None

    def second(
        self, *beats: Heartbeat, offsets: Offsets | None = None, late: float = 0.0, **seen: Any
    ) -> Snapshot:
        self.at += 1
        if offsets is not None:
            self.offsets = offsets
        heard = [Heard(beat, late) for beat in beats]
        self.snapshot = self.core.see(Seen(self.at, START + self.at - 1000, heard, self.offsets, **seen))
        return self.snapshot

    def levels(self) -> dict[str, str]:
        assert self.snapshot is not None
        return {
            finding.condition: finding.level for finding in self.snapshot.findings if finding.level != "ok"
        }


def worker(second: int, taken: int = 0, **changes: Any) -> Heartbeat:
    flows = (Flow(stage="fingerprint", marketplace="pasar-uji", taken=taken, given=taken),)
    return heartbeat(
        **({"at": later(second), "partitions": ALL, "connector": None, "flows": flows} | changes)
    )


def look(driver: Driver, **changes: Any) -> Offsets:
    return offsets_of(at=driver.at + 1, **changes)


def run(driver: Driver, seconds: int, *, beats: bool = True, **changes: Any) -> None:
    for _ in range(seconds):
        second = int(driver.at - 1000) + 1
        driver.second(*([worker(second)] if beats else []), offsets=look(driver, **changes))


def test_rates_come_from_heartbeats_and_from_the_topics_growth() -> None:
    driver = Driver()
    for second in range(1, 12):
        driver.second(
            worker(second, taken=second * 40),
            offsets=look(driver, sizes={"listings": second * 100, "alerts": second}),
            store=store_of(),
        )
    assert driver.snapshot is not None
    series = driver.snapshot.series
    assert series["in:fingerprint:pasar-uji"] == 40
    assert (series["topic:listings"], series["topic:alerts"]) == (100, 1)
    assert (series["lag:listings"], series["alerts:relist"]) == (0, 3)
    assert driver.levels() == {}


def test_a_silent_worker_is_lost_and_its_partitions_are_missed_after_a_while() -> None:
    driver = Driver()
    run(driver, 5)
    run(driver, 5, beats=False)
    assert driver.levels() == {}
    run(driver, 2, beats=False)
    assert driver.levels() == {"no-worker-runs": "act", "a-worker-is-lost": "warn"}
    partly = {"listings": (0,), "fingerprints": (0,), "takedowns": (0,)}
    for second in range(30):
        beat = worker(
            second, instance="other", partitions=partly, started_at=later(13), at=later(13 + second)
        )
        driver.second(beat, offsets=look(driver))
    assert driver.levels() == {"a-partition-has-no-worker": "act"}
    found = next(f for f in driver.snapshot.findings if f.level == "act")  # type: ignore[union-attr]
    assert found.values["places"] == "listings 1"


def test_nobody_falls_silent_while_kafka_is_away() -> None:
    driver = Driver()
    run(driver, 5)
    for _ in range(120):
        driver.second(kafka_failure="BrokerUnavailableError: no answer", failures={"heartbeats": "no answer"})
    assert driver.levels() == {"kafka-is-away": "act"}
    assert driver.snapshot is not None
    assert driver.snapshot.series == {}
    run(driver, 12, beats=False)
    assert driver.levels() == {}
    run(driver, 10, beats=False)
    assert driver.levels() == {"no-worker-runs": "act", "a-worker-is-lost": "warn"}


def test_lag_that_grows_over_a_minute_is_red_and_amber_before_anyone_knows() -> None:
    driver = Driver()
    for second in range(1, 80):
        driver.second(worker(second), offsets=look(driver, lag=second * 100))
        if second == 30:
            assert driver.levels() == {"lag-grows": "warn"}
    assert driver.levels() == {"lag-grows": "act"}
    run(driver, 30, lag=900)
    assert driver.levels() == {}


def test_a_partition_that_is_not_committed_for_minutes_stands_still() -> None:
    driver = Driver()
    run(driver, 200)
    run(driver, 119, lag=3)
    assert driver.levels() == {}
    run(driver, 5, lag=3)
    assert driver.levels() == {"a-partition-stands-still": "act"}
    run(driver, 1, lag=2, committed=101)
    assert driver.levels() == {}


def test_a_console_that_starts_hears_who_was_lost_before() -> None:
    driver = Driver()
    driver.second(worker(1, instance="lost", at=later(-600)), late=600.0)
    driver.second(worker(2))
    parts = driver.snapshot.parts if driver.snapshot else ()
    assert {one.beat.instance: one.standing for one in parts} == {
        "lost": "lost",
        "worker-host-1-0a1b2c3d": "ready",
    }
    assert parts[0].heard_ms == int((START + 1 - 600) * 1000)


def connector(second: int, requests: int, throttled: int) -> Heartbeat:
    health = ConnectorHealth(
        connector="shopee", read=0, written=0, skipped=0, failed=0, notices=0, retries=throttled, requests=requests,
        throttled=throttled, checkpoints=0, last_success_at=later(second), requests_per_second=2.0,
    )  # fmt: skip
    return heartbeat(
        kind="connector", instance="shopee", at=later(second), connector=health, partitions={}, index=None
    )


def test_a_refusal_is_told_for_five_minutes() -> None:
    driver = Driver()
    for second in range(1, 700):
        asked, refused = second * 2, 0 if second < 100 else 3
        driver.second(worker(second), connector(second, asked, refused), offsets=look(driver))
        expected = {"a-connector-is-throttled": "warn"} if 100 <= second < 400 else {}
        assert driver.levels() == expected, second


def test_a_part_of_the_console_that_fails_for_a_moment_is_no_news() -> None:
    driver = Driver()
    run(driver, 3)
    failing: dict[str, Any] = {"failures": {"database": "OperationalError: gone"}}
    seen: Sequence[dict[str, str]] = []
    for second in range(4, 20):
        driver.second(worker(second), offsets=look(driver), **failing)
        seen = [*seen, driver.levels()]
    assert seen[0] == {}
    assert seen[-1] == {"the-console-is-impaired": "act"}


def test_lag_counts_from_what_the_topic_still_has() -> None:
    assert PartitionLag(begin=50, end=80, committed=None).lag == 30
    assert PartitionLag(begin=50, end=80, committed=20).lag == 30
    assert PartitionLag(begin=50, end=80, committed=20).dropped == 30
    assert PartitionLag(begin=0, end=80, committed=90).lag == 0
    assert offsets_of(7).lag_by_topic() == {"listings": 7, "fingerprints": 0, "takedowns": 0}
    assert set(offsets_of().lags) == set(PLACES)
