"""Held alerts are let through as they are, each once, and only those that are asked for."""

import msgspec
import pytest
from alert_records import alert
from kafka_client import KafkaClient

from connectors.events import Alert
from streams.settings import Settings
from streams.verdicts.held_alerts import Release, release

HEADERS = [("ce_id", b"alert-1"), ("odd", b"\xff")]


def of(takedown_id: str, number: int, cluster: tuple[str, ...] = ()) -> Alert:
    made = alert(number)
    takedown = msgspec.structs.replace(made.takedown, takedown_id=takedown_id)
    return msgspec.structs.replace(made, takedown=takedown, cluster=cluster)


@pytest.mark.kafka
def test_those_of_a_takedown_or_one_with_it_go_through_once_and_as_they_are(
    topics: Settings, client: KafkaClient
) -> None:
    raw = b" " + msgspec.json.encode(of("t1", 1))
    client.send("held-alerts", "alert-1", raw, HEADERS)
    client.send("held-alerts", "alert-1", raw, HEADERS)
    client.send_all("held-alerts", [(f"alert-{each}", of("t1", each)) for each in (2, 3)])
    client.send_all("alerts", [("alert-3", of("t1", 3))])
    client.send("held-alerts", "alert-4", of("t9", 4, cluster=("t1", "t9")))
    client.send("held-alerts", "alert-5", of("t9", 5, cluster=("t8", "t9")))
    # None of these is an alert of its own key.
    for key, value in (("alert-6", of("t1", 7)), ("torn", b"{"), ("gone", None), (None, of("t1", 8))):
        client.send("held-alerts", key, value)
    client.flush()
    assert release(topics, "t1") == Release(released=3, there=1)
    sent = client.read_until("alerts", lambda got: len(got) >= 4, quiet=0.3)
    assert sorted(one.key for one in sent) == [b"alert-1", b"alert-2", b"alert-3", b"alert-4"]
    (first,) = (one for one in sent if one.key == b"alert-1")
    assert (first.value, first.headers) == (raw, HEADERS)
    assert release(topics, "t1") == Release(released=0, there=4)
    assert release(topics, "t7") == Release(released=0, there=0)
