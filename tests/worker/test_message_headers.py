"""Headers are anybody's words: what is no time is none, and costs no alert."""

import msgspec
import pytest
from listing_records import relist, takedown
from sent_message import Sent

from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.kafka_clients.message_headers import RECEIVED_HEADER, received_ms
from streams.kafka_clients.outbox import Outbox
from streams.metrics.metrics import Metrics
from streams.settings import Settings
from streams.stages.match import MatchListings


@pytest.mark.parametrize(
    "value", [None, b"", b"-5", b"1.5", b"soon", b"9" * 16, b"9" * 5000, "１２".encode()]
)
def test_what_is_no_time_of_arrival_is_none(value: bytes | None) -> None:
    assert received_ms([("other", b"1"), (RECEIVED_HEADER, value)]) is None


def test_the_time_of_arrival_is_read_where_it_is_one() -> None:
    assert received_ms([(RECEIVED_HEADER, b"1764147600000")]) == 1_764_147_600_000
    assert received_ms(None) is None


async def test_an_absurd_time_of_arrival_keeps_no_alert_back() -> None:
    """Python refuses to read 5,000 digits, and the alert would have become a dead letter."""
    bank, metrics = TakedownBank(), Metrics()
    bank.put(fingerprint_takedown(takedown(1), []))
    stage = MatchListings(Outbox(Settings(), metrics), metrics, bank, Rules())
    message = Sent(msgspec.json.encode(fingerprint_listing(relist(2, of=1), [])), 0)
    message.headers = [(RECEIVED_HEADER, b"9" * 5000)]
    outgoing = await stage.process([message])
    assert [each.topic.name for each in outgoing] == ["alerts"]
