"""The hostile source against a real Kafka and a worker: each record ends where it must, and nowhere else."""

from collections import Counter

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import relist, takedown
from worker_steps import alerts_of, publish_takedowns

from connectors.events import DeadLetter
from connectors.hostile import HostileOptions, HostileSource, planted
from connectors.kafka import KafkaSink, KafkaSinkOptions
from connectors.runner import Failure, Problem, Runner
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings
from streams.worker.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka
OPTIONS = HostileOptions(seed=5, honest=120)


def test_every_attack_ends_where_it_must(
    worker: WorkerProcess, client: KafkaClient, worker_settings: Settings
) -> None:
    publish_takedowns(client, takedown(1))
    sink = KafkaSink(
        KafkaSinkOptions(topic=client.name("listings"), client=client_options(worker_settings.kafka))
    )
    problems: list[Problem] = []
    counts = Runner(HostileSource(OPTIONS), sink, on_problem=problems.append).run()
    story = planted(OPTIONS)
    refused = [each for each in story if each.fate == "refused"]
    assert counts.failed == len(refused) == sum(isinstance(problem, Failure) for problem in problems)
    assert counts.written == len(story) - len(refused)

    wanted = {each.key for each in story if each.fate == "fingerprint"}
    got = client.read_until(
        "fingerprints", lambda messages: wanted <= {m.key for m in messages}, seconds=90, quiet=0.5
    )
    assert {message.key for message in got} == wanted
    bad = Counter((each.key, each.value) for each in story if each.fate == "dead letter")
    letters = client.read_until("dead-letters", lambda messages: len(messages) >= bad.total(), quiet=0.5)
    decoded = [msgspec.json.decode(message.value, type=DeadLetter) for message in letters]
    assert Counter((letter.key, letter.value) for letter in decoded) == bad
    assert {letter.error for letter in decoded} == {"malformed-json", "invalid-record"}

    # And it still does what it is there for.
    back = relist(11, of=1)
    client.send_all("listings", [(back.key, back)])
    alerts = alerts_of(client.read_until("alerts", lambda messages: len(messages) >= 1))
    assert [alert.listing.key for alert in alerts] == [back.key]
    assert worker.is_ready()
