"""Requests resolved from what was seen, on a real Kafka: each becomes one takedown, and its status says how."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from kafka_client import KafkaClient
from listing_records import START, drawn_photo, inline, listing, told
from noise_prints import noise_print
from takedown_records import RECEIVED, after, changes, newest, request, send_requests, statuses

from connectors.clock import SetClock
from connectors.events import DeadLetter, EventType, Image, ListingEvent, Takedown
from connectors.takedown_status import TakedownChange
from streams.engine.carried_prints import prints_of
from streams.engine.pipeline import PhotoOutcome, fingerprint_listing
from streams.resolving.request_group import RequestGroup
from streams.resolving.resolution import takedown_id_of
from streams.settings import Settings
from streams.takedowns.desk import request_of, send_request, target_of, withdraw

pytestmark = pytest.mark.kafka
Resolve = Callable[..., dict[str, int]]
T1 = takedown_id_of("pasar-uji", "l1")
PHOTOS = (Image(url="https://photos.invalid/1.jpg"), Image(url="https://photos.invalid/2.jpg"))


def takedowns(client: KafkaClient) -> dict[str, Takedown]:
    return newest(client, "takedowns", Takedown)


def removal(event: ListingEvent, **fields: Any) -> ListingEvent:
    bare = {"type": EventType.REMOVED, "event_id": f"{event.event_id}.gone", "title": ""}
    return msgspec.structs.replace(event, **bare | fields)


def see(client: KafkaClient, *events: ListingEvent) -> None:
    client.send_all("listings", [(event.key, event) for event in events])


def fingerprinted(client: KafkaClient, event: ListingEvent, photos: tuple[PhotoOutcome, ...] = ()) -> None:
    client.send_all("fingerprints", [(event.key, fingerprint_listing(event, photos))])


def carried(client: KafkaClient, takedown_id: str = T1) -> Any:
    (*_, message) = [each for each in client.existing("takedowns") if each.key == takedown_id.encode()]
    return prints_of(message.headers)


def test_a_listing_that_was_seen_becomes_a_takedown(client: KafkaClient, resolve: Resolve) -> None:
    see(client, listing(1), listing(2))
    fingerprinted(client, listing(1))
    send_requests(client, request(1))
    assert resolve() == {"seen": 1}
    (takedown,) = takedowns(client).values()
    assert takedown.takedown_id == T1
    assert (takedown.listing.title, takedown.listing.event_id) == (listing(1).title, "e1")
    assert (takedown.authority, takedown.reason, takedown.source) == (
        "kementerian",
        "barang palsu",
        "ministry",
    )
    assert takedown.taken_down_at == RECEIVED
    status = statuses(client)["r1"]
    assert (status.state, status.how, status.takedown_id, status.attempts) == ("published", "seen", T1, 1)
    assert [change.state for change in status.changes] == ["received", "resolved", "published"]
    assert status.request == request(1)


def test_photos_fingerprints_of_when_it_was_seen_go_along(client: KafkaClient, resolve: Resolve) -> None:
    event = listing(1, images=PHOTOS)
    see(client, event)
    fingerprinted(client, event, (noise_print(1), noise_print(2)))
    send_requests(client, request(1))
    resolve()
    assert [photo.print for photo in carried(client).photos] == [noise_print(1), noise_print(2)]
    assert statuses(client)["r1"].photos_kept == 2
    assert takedowns(client)[T1].listing.images == PHOTOS


def test_fingerprints_of_another_version_do_not(client: KafkaClient, resolve: Resolve) -> None:
    old = listing(1, images=PHOTOS)
    new = listing(1, images=PHOTOS[::-1], event_id="e1b", observed_at=START + timedelta(minutes=9))
    fingerprinted(client, old, (noise_print(1), noise_print(2)))
    see(client, old, new)
    send_requests(client, request(1))
    assert resolve(print_wait_seconds=60.0) == {"being-fingerprinted": 1}
    assert statuses(client)["r1"].attempts == 0
    assert resolve(clock=SetClock(after(days=400)), print_wait_seconds=60.0) == {"seen": 1}
    assert takedowns(client)[T1].listing.images == PHOTOS[::-1]
    assert carried(client) is None


def test_the_fingerprint_that_was_waited_for_is_taken_at_once(client: KafkaClient, resolve: Resolve) -> None:
    event = listing(1, images=PHOTOS)
    see(client, event)
    send_requests(client, request(1))
    assert resolve(print_wait_seconds=60.0) == {"being-fingerprinted": 1}
    fingerprinted(client, event, (noise_print(1), noise_print(2)))
    assert resolve(print_wait_seconds=60.0) == {"seen": 1}
    assert len(carried(client).photos) == 2
    assert [change.state for change in statuses(client)["r1"].changes] == [
        "received", "unresolved", "resolved", "published",
    ]  # fmt: skip


def test_a_listing_of_which_only_the_fingerprint_is_left(client: KafkaClient, resolve: Resolve) -> None:
    event = listing(1, images=PHOTOS, description=told(1), category="jaket")
    fingerprinted(client, event, (noise_print(1), None))
    send_requests(client, request(1))
    assert resolve() == {"seen": 1}
    known = takedowns(client)[T1].listing
    assert (known.title, known.seller_id, known.category, known.images) == (event.title, "s1", "jaket", ())
    prints = carried(client)
    assert prints.photos[0].print == noise_print(1)
    assert prints.description is not None
    assert prints.contacts


def test_photos_within_the_record_need_no_fingerprints(client: KafkaClient, resolve: Resolve) -> None:
    event = listing(1, images=inline(drawn_photo(1)))
    see(client, event)
    fingerprinted(client, event, (noise_print(1),))
    send_requests(client, request(1))
    resolve()
    assert carried(client) is None
    assert takedowns(client)[T1].listing.images == event.images


def test_a_removal_is_no_end_of_what_was_seen(client: KafkaClient, resolve: Resolve) -> None:
    gone = removal(listing(1), observed_at=START + timedelta(minutes=30))
    see(client, listing(1), gone)
    fingerprinted(client, listing(1))
    send_requests(client, request(1))
    assert resolve() == {"seen": 1}
    assert takedowns(client)[T1].listing.title == listing(1).title
    (change,) = changes(client)
    assert (change.takedown_id, change.what, change.at) == (T1, "listing removed", gone.observed_at)


def test_a_removal_that_still_tells_the_listing_is_enough(client: KafkaClient, resolve: Resolve) -> None:
    see(client, removal(listing(1), title=listing(1).title))
    send_requests(client, request(1))
    assert resolve(print_wait_seconds=60.0) == {"seen": 1}
    assert takedowns(client)[T1].listing.title == listing(1).title


def test_requests_for_one_listing_are_one_takedown_and_each_stays_on_record(
    client: KafkaClient, resolve: Resolve
) -> None:
    see(client, listing(1))
    send_requests(client, request(1))
    resolve()
    send_requests(client, request(1, request_id="r1b", authority="bpom", link="https://other.form/l1"))
    assert resolve() == {"same takedown": 1}
    assert len(client.existing("takedowns")) == 1
    assert takedowns(client)[T1].authority == "kementerian"
    found = statuses(client)
    assert {found[each].takedown_id for each in ("r1", "r1b")} == {T1}
    assert [found[each].request.authority for each in ("r1", "r1b")] == ["kementerian", "bpom"]


def test_two_requests_for_one_listing_in_one_batch(client: KafkaClient, resolve: Resolve) -> None:
    see(client, listing(1))
    send_requests(client, request(1), request(1, request_id="r1b", authority="bpom"))
    assert resolve() == {"seen": 1, "same takedown": 1}
    assert len(client.existing("takedowns")) == 1


def test_a_request_that_comes_again_changes_nothing(client: KafkaClient, resolve: Resolve) -> None:
    see(client, listing(1))
    send_requests(client, request(1), request(1))
    assert resolve() == {"seen": 1, "repeated": 1}
    send_requests(client, request(1))
    assert resolve() == {"repeated": 1}
    assert len(client.existing("takedowns")) == len(client.existing("takedown-status")) == 1


def test_a_listing_seen_after_the_request_resolves_it_at_once(client: KafkaClient, resolve: Resolve) -> None:
    send_requests(client, request(1), request(2))
    assert resolve() == {"not-seen": 2}
    see(client, listing(1))
    assert resolve() == {"seen": 1}
    found = statuses(client)
    assert (found["r1"].state, found["r2"].state) == ("published", "unresolved")
    assert found["r2"].attempts == 1


def test_an_unresolved_request_is_tried_at_longer_and_longer_pauses_and_then_given_up(
    client: KafkaClient, resolve: Resolve
) -> None:
    send_requests(client, request(1))
    tries = []
    clock = SetClock(RECEIVED)
    for _ in range(30):
        resolve(clock=clock, first_retry_minutes=60.0, longest_retry_hours=4.0, give_up_days=0.5)
        status = statuses(client)["r1"]
        tries.append(status.tried_at - RECEIVED)
        if status.next_try_at is None:
            break
        if len(tries) == 1:
            assert resolve(clock=clock, first_retry_minutes=60.0) == {}, "before its time"
        clock.move((status.next_try_at - clock.now()).total_seconds())
    hours = [each.total_seconds() / 3600 for each in tries]
    assert hours == [0, 1, 3, 7, 11, 15]
    assert [change.state for change in status.changes] == ["received", "unresolved"]
    see(client, listing(1))
    assert resolve() == {"seen": 1}


def test_a_link_that_leads_to_no_listing_is_not_tried_again(client: KafkaClient, resolve: Resolve) -> None:
    send_requests(client, request(1, marketplace=None, listing_id=None))
    assert resolve() == {"no-listing": 1}
    status = statuses(client)["r1"]
    assert (status.reason, status.next_try_at) == ("no-listing", None)


def test_what_is_no_request_goes_to_the_dead_letters(client: KafkaClient, resolve: Resolve) -> None:
    client.send_all("takedown-requests", [("k", b"{torn"), ("k", None), ("k", b'{"request_id": "r9"}')])
    see(client, listing(1))
    send_requests(client, request(1))
    assert resolve() == {"dead-letters": 3, "seen": 1}
    letters = [msgspec.json.decode(each.value, type=DeadLetter) for each in client.existing("dead-letters")]
    assert {(letter.stage, letter.error) for letter in letters} == {
        ("resolve-takedowns", "malformed-json"),
        ("resolve-takedowns", "empty-value"),
        ("resolve-takedowns", "invalid-record"),
    }


def test_a_shop_and_slug_are_found_by_the_links_of_seen_listings(
    client: KafkaClient, resolve: Resolve
) -> None:
    slug = "toko-uji/jaket-varsity-hitam"
    event = listing(
        1, marketplace="tokopedia-id", listing_id="1730811847233275332",
        url="https://www.tokopedia.com/toko-uji/jaket-varsity-hitam?extParam=x",
    )  # fmt: skip
    asked = {"marketplace": "tokopedia-id", "listing_id": None, "slug": slug}
    send_requests(client, request(1, **asked), request(2, **asked | {"slug": "toko-uji/lain"}))
    assert resolve() == {"not-seen": 2}
    see(client, event)
    assert resolve() == {"seen": 1}
    assert set(takedowns(client)) == {takedown_id_of("tokopedia-id", "1730811847233275332")}
    # By its fingerprint alone, as after a week.
    later = msgspec.structs.replace(
        event, listing_id="1730811847233275999", url="https://tokopedia.com/toko-uji/lain"
    )
    fingerprinted(client, later)
    assert resolve() == {"seen": 1}


def test_a_withdrawn_takedown_stays_withdrawn_though_its_request_comes_again(
    settings: Settings, client: KafkaClient, resolve: Resolve
) -> None:
    see(client, listing(1))
    send_requests(client, request(1))
    resolve()
    withdraw(settings, T1, at=after(hours=2), by="analyst-7", reason="licence shown")
    assert takedowns(client) == {}
    send_requests(client, request(1, request_id="r1b"))
    assert resolve() == {"withdrawn": 1}
    assert takedowns(client) == {}
    (change,) = changes(client)
    assert (change.what, change.by, change.reason, change.at) == (
        "withdrawn", "analyst-7", "licence shown", after(hours=2),
    )  # fmt: skip
    # Asked for anew, it is in force again.
    send_requests(client, request(1, request_id="r1c", received_at=after(hours=3)))
    assert resolve() == {"seen": 1}
    assert takedowns(client)[T1].taken_down_at == after(hours=3)


def test_a_withdrawal_that_ended_half_way_is_ended(
    settings: Settings, client: KafkaClient, resolve: Resolve
) -> None:
    see(client, listing(1))
    send_requests(client, request(1))
    resolve()
    change = TakedownChange(
        takedown_id=T1, what="withdrawn", at=after(hours=2), by="analyst-7", reason="error"
    )
    client.send_all("takedown-audit", [(change.key, change)])
    resolve()
    assert takedowns(client) == {}


def test_what_another_producer_does_is_on_the_record_once(client: KafkaClient, resolve: Resolve) -> None:
    foreign = Takedown(takedown_id="theirs-1", listing=msgspec.convert(
        {"marketplace": "pasar-uji", "listing_id": "l5", "title": "Jaket"}, Takedown.__annotations__["listing"]),
        authority="bpom", source="ai")  # fmt: skip
    client.send("takedowns", "theirs-1", foreign, [("ce_source", b"their/program")])
    client.flush()
    resolve()
    client.send("takedowns", "theirs-1", None)
    client.flush()
    resolve()
    told = len(client.existing("takedown-audit"))
    resolve()
    assert len(client.existing("takedown-audit")) == told == 2
    published, withdrawn = changes(client)
    assert (published.what, published.by, published.authority, published.source) == (
        "published", "their/program", "bpom", "ai",
    )  # fmt: skip
    assert (withdrawn.what, withdrawn.by) == ("withdrawn", "an unknown producer")


def test_a_taken_down_listing_that_is_seen_again_is_on_the_record(
    client: KafkaClient, resolve: Resolve
) -> None:
    see(client, listing(1))
    send_requests(client, request(1))
    resolve()
    assert changes(client) == []
    see(client, listing(1, observed_at=after(hours=-0.5)))
    resolve()
    assert changes(client) == []
    see(client, *(listing(1, observed_at=after(minutes=5 * n)) for n in range(1, 4)))
    resolve()
    see(client, listing(1, observed_at=after(minutes=20)))
    resolve()
    (seen,) = changes(client)
    assert (seen.what, seen.at) == ("listing seen", after(minutes=15))
    see(client, removal(listing(1), observed_at=after(minutes=30)))
    resolve()
    see(client, listing(1, observed_at=after(minutes=40)))
    resolve()
    assert [(each.what, each.at) for each in changes(client)] == [
        ("listing removed", after(minutes=30)),
        ("listing seen", after(minutes=40)),
    ]


def test_a_lost_file_is_made_again_from_kafka(
    settings: Settings, client: KafkaClient, resolve: Resolve
) -> None:
    from pathlib import Path

    see(client, listing(1), listing(2))
    send_requests(client, request(1), request(3))
    resolve()
    folder = Path(settings.worker.data_dir) / "resolve"
    (path,) = folder.glob("*.sqlite")
    path.write_bytes(b"no database at all" * 1000)
    for rest in folder.glob("*.sqlite-*"):
        rest.unlink()
    send_requests(client, request(2), request(1))
    assert resolve() == {"seen": 1, "repeated": 1}


def test_a_person_asks_for_one_listing(settings: Settings, client: KafkaClient, resolve: Resolve) -> None:
    see(client, listing(1))
    asked = request_of(
        "pasar-uji:l1", target_of("pasar-uji:l1"), received_at=RECEIVED, by="analyst-7", reason="palsu"
    )
    send_request(settings, asked)
    assert resolve() == {"seen": 1}
    assert (takedowns(client)[T1].source, takedowns(client)[T1].reason) == ("platform", "palsu")
    assert statuses(client)[asked.request_id].changes[0].detail == "analyst-7"


def test_a_member_without_partitions_is_not_done(client: KafkaClient, topics: Settings) -> None:
    """As one whose group still waits for an earlier member: it has read nothing."""
    send_requests(client, request(1))
    hurried = threading.Event()
    hurried.set()
    with closing(RequestGroup(topics)) as group:
        group.join(hurried)
        assert not group.partitions()
        assert not group.is_done(), "nothing is committed, and no partition is ours"
    with closing(RequestGroup(topics)) as group:
        group.join(threading.Event())
        assert [json.loads(record.value)["request_id"] for record in until_polled(group)] == ["r1"]
        assert group.is_done()
        group.commit()
    with closing(RequestGroup(topics)) as again:
        again.join(hurried)
        assert not again.partitions()
        assert again.is_done(), "committed by another is done"


def test_a_member_that_the_group_does_not_know_joins_again(client: KafkaClient, topics: Settings) -> None:
    """As kafka-python does when it takes itself for a member and is none: it polls, and is given nothing."""
    send_requests(client, request(1))
    with closing(RequestGroup(topics, lost_seconds=0.5)) as group:
        group.join(threading.Event())
        until_polled(group)
        assert group._guard.knows(group._consumer), (
            "one that is known stays, though others may have all partitions"
        )
        group._consumer.unsubscribe()
        group._consumer.assign([])
        assert not group._guard.knows(group._consumer)
        assert [json.loads(record.value)["request_id"] for record in until_polled(group)] == ["r1"]
        assert group.is_done()


def until_polled(group: RequestGroup) -> list[Any]:
    deadline = time.monotonic() + 60
    while not (records := group.poll(200)):
        assert time.monotonic() < deadline
    return records
