"""From a real Kafka into both databases: all that is there, what comes live, and what interrupts it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from alert_records import alert, dead_letter, seller_link, verdict
from console_client import served
from kafka.admin import NewPartitions
from kafka_client import KafkaClient
from listing_records import takedown
from postgres_server import PostgresServer
from sqlalchemy import Table, func, select
from takedown_records import request, takedown_change, takedown_status
from waiting import until

from connectors.events import Image
from streams.console import feeder, parts
from streams.console.context import Console
from streams.console.database import Database
from streams.console.feeder import Feeder, FeedState
from streams.console.live import Live
from streams.console.parts import Parts
from streams.console.tables import (
    ALERTS,
    CHANGES,
    DEAD_LETTERS,
    OFFSETS,
    REQUESTS,
    SELLER_LINKS,
    TAKEDOWN_PHOTOS,
    TAKEDOWNS,
    VERDICTS,
)
from streams.kafka_clients import topic_admin
from streams.kafka_clients.topic_admin import administration, create_topics
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings, Topics
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka
SECONDS = 30.0


class HeardLive(Live):
    """Remembers what pages would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def publish(self, kind: str, data: str) -> None:
        self.heard.append(kind)
        super().publish(kind, data)


class Fed:
    """A console whose feed runs."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.live = HeardLive()
        self.console = Console(settings, Database(url), live=self.live)
        self.feeder = Feeder()
        self.parts = Parts(self.console, (self.feeder,))
        self.console.services[Parts] = self.parts

    @property
    def state(self) -> FeedState:
        return self.feeder.state

    def count(self, table: Table) -> int:
        with self.console.database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(table)) or 0)

    def states(self) -> dict[str, str]:
        with self.console.database.read() as connection:
            return {row.alert_id: row.state for row in connection.execute(select(ALERTS))}


@contextmanager
def feed(settings: Settings, url: str) -> Iterator[Fed]:
    """A console that feeds, once it is ready."""
    fed = Fed(settings, url)
    fed.parts.start()
    try:
        until(lambda: fed.state.is_ready, f"not ready: {fed.parts.failures}")
        yield fed
    finally:
        fed.parts.stop()
        fed.console.close()


@dataclass
class Sent:
    """How many alerts, and as many dead letters, were sent."""

    alerts: int = 0


@contextmanager
def endless(client: KafkaClient) -> Iterator[Sent]:
    """Alerts and dead letters without a pause, so that whatever is killed meanwhile is killed in the middle."""
    sent, stop = Sent(), threading.Event()

    def send() -> None:
        while not stop.is_set():
            numbers = range(sent.alerts, sent.alerts + 200)
            client.send_all("alerts", [(f"alert-{n}", alert(n)) for n in numbers])
            client.send_all("dead-letters", [(f"k{n}", dead_letter(offset=n)) for n in numbers])
            sent.alerts += 200

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        stop.set()
        sender.join()


def send_one_of_each(client: KafkaClient) -> None:
    client.send_all("alerts", [(f"alert-{n}", alert(n)) for n in range(3)])
    client.send_all("held-alerts", [("alert-9", alert(9))])
    client.send_all("verdicts", [("alert-2", verdict(2, "relist")), ("alert-5", verdict(5, "unsure"))])
    client.send_all("takedowns", [("t1", takedown(1, images=(Image(url="https://photos.invalid/1"),)))])
    digests = {"takedown": {"takedown_id": "t1"}, "prints": {"photos": [{"image": 0, "sha256": "0" * 64}]}}
    client.send_all("takedown-fingerprints", [("t1", digests)])
    client.send_all("takedown-requests", [(request(n).key, request(n)) for n in (1, 2)])
    client.send_all("takedown-status", [("r1", takedown_status(request(1)))])
    client.send_all("takedown-audit", [(takedown_change().key, takedown_change())])
    client.send_all("seller-links", [(seller_link(1).key, seller_link(1))])
    client.send_all("dead-letters", [("k", dead_letter()), ("k", b"no letter")])


def test_every_topic_gets_there_and_news_is_told(
    topics: Settings, client: KafkaClient, database_url: str
) -> None:
    send_one_of_each(client)
    with feed(topics, database_url) as fed:
        assert fed.states() == {
            "alert-0": "open",
            "alert-1": "open",
            "alert-2": "relist",
            "alert-5": "unsure",
            "alert-9": "open",
        }
        counts = {ALERTS: 5, VERDICTS: 2, TAKEDOWNS: 1, TAKEDOWN_PHOTOS: 1, REQUESTS: 2, CHANGES: 1,
                  SELLER_LINKS: 1, DEAD_LETTERS: 1}  # fmt: skip
        assert {table: fed.count(table) for table in counts} == counts
        with fed.console.database.read() as connection:
            photos = connection.scalar(select(TAKEDOWNS.c.photos))
        assert msgspec.json.decode(photos or "") == [[0, "0" * 64, "https://photos.invalid/1"]]
        assert fed.state.is_feeding
        assert set(fed.live.heard) == {"alerts", "takedowns", "requests", "seller-links", "dead-letters"}
        fed.live.heard.clear()
        client.send_all("verdicts", [("alert-0", verdict(0, "same backdrop")), ("alert-2", None)])
        until(lambda: fed.states()["alert-0"] == "same backdrop", "the verdict did not come")
        until(lambda: fed.states()["alert-2"] == "open", "the verdict was not taken back")
        assert set(fed.live.heard) == {"alerts"}
        until(lambda: fed.state.unreadable == 1, "the letter that is none was not counted")


def test_the_ready_page_waits_for_what_is_there(
    topics: Settings, client: KafkaClient, database_url: str
) -> None:
    fed = Fed(topics, database_url)
    with served(fed.console) as site:
        stranger = site.visitor(None)
        assert (stranger.get("/livez").status_code, stranger.get("/livez").text) == (200, "ok\n")
        assert (stranger.get("/readyz").status_code, stranger.get("/readyz").text) == (
            503,
            "the feed has not started\n",
        )
        send_one_of_each(client)
        fed.parts.start()
        until(lambda: stranger.get("/readyz").status_code == 200, "never ready")
        assert len(fed.states()) == 5
        fed.parts.stop()
    fed.console.close()


def test_killed_in_the_middle_nothing_is_missing_or_twice(
    topics: Settings, client: KafkaClient, database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    dashboard = msgspec.structs.replace(topics.dashboard, database=database_url)
    settings = msgspec.structs.replace(topics, dashboard=dashboard)

    def console() -> WorkerProcess:
        return WorkerProcess(settings, tmp_path / "dashboard.log", ("dashboard",))

    def read() -> int:
        with database.read() as connection:
            return int(connection.scalar(select(func.sum(OFFSETS.c.next))) or 0)

    with endless(client) as sent:
        for _ in range(2):
            before = read()
            with console() as killed:
                until(lambda: read() > before, "nothing was read")  # noqa: B023
                killed.kill()
    with console() as last:
        last.wait_ready()
        assert last.stop() == 0
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(ALERTS)) == sent.alerts
        assert connection.scalar(select(func.count()).select_from(DEAD_LETTERS)) == sent.alerts
        assert connection.scalar(select(func.count(DEAD_LETTERS.c.topic_offset.distinct()))) == sent.alerts
    assert read() == 2 * sent.alerts
    database.close()


def test_a_second_console_shows_what_the_first_feeds_and_takes_over(
    topics: Settings, client: KafkaClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeder, "WAIT_SECONDS", 0.1)
    client.send_all("alerts", [("alert-0", alert(0))])
    with feed(topics, database_url) as first, feed(topics, database_url) as second:
        assert (first.state.is_feeding, second.state.is_feeding) == (True, False)
        client.send_all("alerts", [("alert-1", alert(1))])
        client.send_all("seller-links", [(seller_link(1).key, seller_link(1))])
        until(lambda: set(second.live.heard) == {"alerts", "seller-links"}, "the second heard nothing")
        first.parts.stop()
        until(lambda: second.state.is_feeding, "the second did not take over")
        client.send_all("alerts", [("alert-2", alert(2))])
        until(lambda: len(second.states()) == 3, "what came afterwards is missing")


def test_other_topics_are_read_anew(topics: Settings, client: KafkaClient, database_url: str) -> None:
    client.send_all("alerts", [("alert-0", alert(0)), ("alert-1", alert(1))])
    with feed(topics, database_url) as fed:
        assert len(fed.states()) == 2
    renamed = msgspec.structs.replace(topics.topics, prefix=f"{topics.topics.prefix}other-")
    others = msgspec.structs.replace(topics, topics=renamed)
    create_topics(others)
    writer = KafkaClient(others)
    writer.send_all("alerts", [("alert-7", alert(7))])
    writer.close()
    with feed(others, database_url) as fed:
        assert list(fed.states()) == ["alert-7"]


def test_partitions_that_are_added_are_read(
    topics: Settings, client: KafkaClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeder, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(parts, "FIRST_PAUSE_SECONDS", 0.1)
    with feed(topics, f"sqlite:///{tmp_path / 'console.sqlite'}") as fed:
        client.send_all("alerts", [("alert-0", alert(0))])
        until(lambda: len(fed.states()) == 1, "the first is missing")
        with administration(topics) as admin:
            admin.create_partitions({client.name("alerts"): NewPartitions(total_count=9)})
        until(lambda: fed.parts.failures, "the new partitions were not noticed")
        assert "more partitions" in fed.parts.failures["feed"].why
        until(lambda: not fed.parts.failures, "the feed did not go on")
        writer = KafkaClient(topics)
        writer.send_all("alerts", [(f"alert-{n}", alert(n)) for n in range(40)])
        writer.close()
        until(lambda: len(fed.states()) == 40, "what is in the new partitions is missing")
        with fed.console.database.read() as connection:
            alerts = select(OFFSETS.c.partition).where(OFFSETS.c.topic == client.name("alerts"))
            assert max(connection.scalars(alerts)) > topics.topics.partitions - 1


def test_a_database_that_was_away_is_fed_again(
    topics: Settings, client: KafkaClient, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FIRST_PAUSE_SECONDS", 0.1)
    with feed(topics, postgres.database()) as fed:
        client.send_all("alerts", [("alert-0", alert(0))])
        until(lambda: len(fed.states()) == 1, "the first is missing")
        postgres.stop()
        client.send_all("alerts", [("alert-1", alert(1))])
        until(lambda: "feed" in fed.parts.failures, "nobody noticed")
        postgres.start_again()
        until(lambda: not fed.parts.failures, "the feed did not go on")
        assert len(fed.states()) == 2


@pytest.mark.slow
def test_a_broker_that_was_away_is_followed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(topic_admin, "TIMEOUT_MS", 1000)
    monkeypatch.setattr(parts, "FIRST_PAUSE_SECONDS", 0.1)
    with LocalKafka(tmp_path / "kafka", die_with_parent=True) as broker:
        settings = Settings(
            kafka=Kafka(bootstrap_servers=broker.bootstrap_servers), topics=Topics(partitions=1)
        )
        create_topics(settings)
        client = KafkaClient(settings)
        client.send_all("alerts", [("alert-0", alert(0))])
        with feed(settings, f"sqlite:///{tmp_path / 'console.sqlite'}") as fed:
            broker.stop_node(0)
            until(lambda: "feed" in fed.parts.failures, "nobody noticed")
            assert fed.state.is_ready, "pages show what is there"
            broker.start_node(0)
            client.send_all("alerts", [("alert-1", alert(1))])
            until(lambda: len(fed.states()) == 2, "what came afterwards is missing")
            until(lambda: not fed.parts.failures, "the failure is over but still shown")
        client.close()
