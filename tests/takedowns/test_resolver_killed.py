"""Resolvers as processes: what they wait for comes at once, and one that is killed loses nothing."""

import time
from pathlib import Path

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing
from resolver_process import ResolverProcess
from takedown_records import request, send_requests, statuses

from streams.engine.pipeline import fingerprint_listing
from streams.resolving.resolution import takedown_id_of
from streams.settings import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
LISTINGS = 3000
SEEN = 2500


def test_nothing_is_lost_when_one_is_killed_and_another_takes_over(
    worker_settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    quick = msgspec.structs.replace(worker_settings.resolve, batch=100, print_wait_seconds=0.0)
    settings = msgspec.structs.replace(worker_settings, resolve=quick)
    events = [listing(number) for number in range(SEEN)]
    client.send_all("listings", [(each.key, each) for each in events])
    client.send_all("fingerprints", [(each.key, fingerprint_listing(each, [])) for each in events])
    send_requests(client, *(request(number) for number in range(LISTINGS)))

    with ResolverProcess(settings, tmp_path / "first.log") as first:
        client.read_until("takedowns", lambda got: len(got) >= 300, seconds=60)
        first.kill()
    before = len(client.existing("takedown-status"))
    assert before < LISTINGS, "killed too late to show anything"
    with (
        ResolverProcess(settings, tmp_path / "second.log") as second,
        ResolverProcess(settings, tmp_path / "third.log") as third,
    ):
        deadline = time.monotonic() + 120
        while len(found := statuses(client)) < LISTINGS:
            assert time.monotonic() < deadline, f"{len(found)} of {LISTINGS}"
            time.sleep(0.5)
        assert (second.stop(), third.stop()) == (0, 0)

    assert {each.state for each in found.values()} == {"published", "unresolved"}
    published = {each.request_id for each in found.values() if each.state == "published"}
    assert published == {f"r{number}" for number in range(SEEN)}
    # What was in hand when it was killed comes twice at most, byte for byte the same takedown.
    made: dict[bytes, set[bytes]] = {}
    for message in client.existing("takedowns"):
        made.setdefault(message.key, set()).add(message.value)
    assert set(made) == {takedown_id_of("pasar-uji", f"l{number}").encode() for number in range(SEEN)}
    assert all(len(values) == 1 for values in made.values())
    # How each was found is not forgotten by the repetition.
    assert {each.how for each in found.values() if each.state == "published"} == {"seen"}


def test_a_running_one_notices_a_listing_that_comes_after_its_request(
    worker_settings: Settings, client: KafkaClient, tmp_path: Path
) -> None:
    quick = msgspec.structs.replace(worker_settings.resolve, print_wait_seconds=0.0)
    settings = msgspec.structs.replace(worker_settings, resolve=quick)
    with ResolverProcess(settings, tmp_path / "resolver.log") as resolver:
        send_requests(client, request(1), request(2))
        client.read_until("takedown-status", lambda got: len(got) == 2)
        assert {each.reason for each in statuses(client).values()} == {"not-seen"}
        client.send_all("listings", [("pasar-uji:l2", listing(2))])
        # Its next try would be minutes away.
        (made,) = client.read_until("takedowns", bool, seconds=20)
        assert made.key == takedown_id_of("pasar-uji", "l2").encode()
        assert resolver.stop() == 0
