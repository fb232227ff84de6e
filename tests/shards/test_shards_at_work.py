"""On a real Kafka, while listings flow: one worker, then two shards, then four, and a shard that is lost.

What one bank with all takedowns says of each fingerprint is worked out here, from the topics; whatever number of shards
was at work, the alerts are those.
"""

import threading
from collections import defaultdict
from collections.abc import Callable

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import START, drawn_photo, inline, listing, relist, takedown, told
from waiting import until

from connectors.events import Alert, ListingEvent, Takedown
from streams.doctor.doctor import examine
from streams.engine.pipeline import match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.settings import Settings
from streams.shards import shard_of
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

PHOTOS = [drawn_photo(number) for number in range(4)]
MOST_LISTINGS = 20_000


def taken_down() -> list[Takedown]:
    """Forty; every tenth has a photo that three others have, and the last ten the titles of the first."""
    made = []
    for number in range(40):
        changes = {"title": takedown(number - 30).listing.title} if number >= 30 else {}
        photo = {"images": inline(PHOTOS[number // 10])} if number % 10 < 4 else {}
        made.append(takedown(number, description=told(number % 5), **changes, **photo))
    return made


def event(number: int) -> ListingEvent:
    """Of five listings one is a relist by its title; one in 25 by its photo; the others are honest."""
    if number % 25 == 1:
        return listing(1000 + number, images=inline(PHOTOS[number // 25 % 4]))
    if number % 5 == 0:
        return relist(1000 + number, of=number // 5 % 40, description=told(number % 5))
    return listing(1000 + number)


class Flow:
    """Sends listings, some twenty a second, until it is left."""

    def __init__(self, client: KafkaClient) -> None:
        self._client, self._stop = client, threading.Event()
        self.sent: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        for number in range(MOST_LISTINGS):
            one = event(number)
            self._client.send("listings", one.key, one).get(timeout=30)
            self.sent.append(one.key)
            if self._stop.wait(0.05):
                return

    def __enter__(self) -> "Flow":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def some_more(self, listings: int = 30) -> None:
        """Return when so many more were sent."""
        until = len(self.sent) + listings
        while len(self.sent) < until:
            assert self._thread.is_alive()
            self._stop.wait(0.05)


def alerts_by_id(client: KafkaClient) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for message in client.existing("alerts"):
        alert = msgspec.json.decode(message.value, type=Alert)
        found[alert.alert_id].append(msgspec.structs.replace(alert, matched_at=START))
    return found


def expected(client: KafkaClient) -> dict[str, Alert]:
    """What one bank says of all that was fingerprinted."""
    bank = TakedownBank()
    for message in client.existing("takedown-fingerprints"):
        bank.put(msgspec.json.decode(message.value, type=TakedownFingerprint))
    made: dict[str, Alert] = {}
    for message in client.existing("fingerprints"):
        record = msgspec.json.decode(message.value, type=ListingFingerprint)
        alert = match_listing(record, bank, Rules(), matched_at=START).alert
        if alert is not None:
            made[alert.alert_id] = alert
    return made


def reached(client: KafkaClient, keys: set[str]) -> None:
    """Return when every alert about these listings is there."""
    due = {alert_id for alert_id, alert in expected(client).items() if alert.listing.key in keys}
    client.read_until("alerts", lambda got: due <= {each.key.decode() for each in got}, seconds=90)


def sent_now(flow: Flow, client: KafkaClient) -> set[str]:
    """The listings of the next second, once they are fingerprinted."""
    before = len(flow.sent)
    flow.some_more()
    keys = set(flow.sent[before:])
    client.read_until("fingerprints", lambda got: keys <= {each.key.decode() for each in got}, seconds=90)
    return keys


def metric(worker: WorkerProcess, name: str) -> float:
    (line,) = (line for line in worker.metrics().splitlines() if line.startswith(name))
    return float(line.split()[-1])


@pytest.mark.slow
def test_one_worker_then_two_shards_then_four_and_a_lost_one(
    start_worker: Callable[..., WorkerProcess], client: KafkaClient, settings: Settings
) -> None:
    whole = start_worker()
    whole.wait_ready()
    down = taken_down()
    client.send_all("takedowns", [(each.takedown_id, each) for each in down])
    client.read_until("takedown-fingerprints", lambda got: len(got) >= len(down), quiet=1)
    with Flow(client) as flow:
        reached(client, sent_now(flow, client))

        # A shard that does not gather waits for the one that does, in whatever order they are started.
        two = [start_worker("--shard", "2/2"), start_worker("--shard", "1/2")]
        for each in two:
            each.wait_ready()
        flow.some_more()
        assert whole.stop() == 0
        first_hop = start_worker("--only", "fingerprint")
        first_hop.wait_ready()
        reached(client, sent_now(flow, client))

        four = [start_worker("--shard", f"{number}/4") for number in (1, 2, 3, 4)]
        for each in four:
            each.wait_ready()
        flow.some_more()
        # The one that gathers ends first, or it waits for the others: then it ends uncommitted, as is checked below.
        for each in reversed(two):
            assert each.stop() == 0
        by_four = sent_now(flow, client)
        reached(client, by_four)

        # What is lost is waited for, and said; nothing of it is missing in the end.
        four[2].kill()
        until(lambda: metric(four[0], 'relistwatch_shard_wait_seconds{shard="3/4"}') > 0)
        until(lambda: any(each.check == "shards" and each.state == "fail" for each in examine(settings)))
        assert four[0].stop() == 70, "it ends, though what it has in hand waits for another shard"
        for number in (1, 3):
            start_worker("--shard", f"{number}/4").wait_ready()
        reached(client, sent_now(flow, client))

    reached(client, set(flow.sent))
    due = expected(client)
    found = alerts_by_id(client)
    assert found.keys() == due.keys()
    for alert_id, copies in found.items():
        for copy in copies:
            assert copy == due[alert_id]
    clusters = [
        alert.cluster for alert in due.values() if alert.listing.key in by_four and len(alert.cluster) > 1
    ]
    assert any(len({shard_of(each, 4) for each in cluster}) > 1 for cluster in clusters)
    assert {alert.listing.key for alert in due.values()} & by_four
