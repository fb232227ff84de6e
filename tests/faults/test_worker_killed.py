"""Workers that die and join while 8,000 listings flow: nothing missing, duplicates by id only."""

import time
from collections import defaultdict

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown

from connectors.events import Alert

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LISTINGS = 8_000
EVERY = 100
"""One listing in this many is a relist."""


def test_nothing_is_missing_after_sigkill_and_a_new_worker(start_worker, client: KafkaClient) -> None:
    first, second = start_worker(), start_worker()
    first.wait_ready()
    second.wait_ready()
    planted = LISTINGS // EVERY
    client.send_all("takedowns", [(f"t{n}", takedown(n)) for n in range(planted)])
    client.read_until("takedown-fingerprints", lambda got: len(got) >= planted, quiet=1)

    def event(number: int):
        of, is_relist = divmod(number, EVERY)
        return relist(100_000 + number, of=of) if is_relist == 0 else listing(100_000 + number)

    for number in range(LISTINGS):
        one = event(number)
        client.send("listings", one.key, one)
        if number == LISTINGS // 3:
            second.kill()
        if number == LISTINGS // 2:
            start_worker()
        if number % 80 == 0:
            time.sleep(0.05)  # about 1,600 listings a second at the most, so that the faults fall in between
    client.flush()

    expected = {f"pasar-uji:l{100_000 + n}".encode() for n in range(LISTINGS)}
    seen = client.read_until("fingerprints", lambda got: expected <= {m.key for m in got}, seconds=120)
    assert {m.key for m in seen} == expected
    wanted = {(f"l{100_000 + n * EVERY}", f"t{n}") for n in range(planted)}

    def pairs(messages) -> dict[tuple[str, str], set[str]]:
        ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        for message in messages:
            alert = msgspec.json.decode(message.value, type=Alert)
            ids[alert.listing.listing_id, alert.takedown.takedown_id].add(alert.alert_id)
        return ids

    alerts = client.read_until("alerts", lambda got: wanted <= pairs(got).keys(), seconds=60, quiet=2)
    found = pairs(alerts)
    assert found.keys() == wanted
    assert all(len(ids) == 1 for ids in found.values()), "a duplicate carries the same alert id"
    # Shown with `pytest -s`, for docs/decisions/005.
    print(
        f"\n{LISTINGS} listings: {len(seen) - LISTINGS} duplicate fingerprints, {len(alerts) - planted} alerts"
    )
    assert client.read_until("dead-letters", lambda _: True, quiet=1) == []
