"""Pushes arrive over real HTTP: signed, of the right types, again where refused, some twice, none too early."""

import json
import threading
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from simulated_listings import FIRST, MAIN, NOON, SHOP, SetClock, listing, world_of
from waiting import until

from connectors.events import EventType
from connectors.lazada.signature import sign_push as lazada_sign
from connectors.sample.listing_ids import LAZADA, SHOPEE, TIKTOK, TOKOPEDIA
from connectors.shopee.signature import sign_push as shopee_sign
from connectors.simulator.pusher import PushOptions
from connectors.simulator.simulator import Simulator
from connectors.tiktok.signature import sign_push as tiktok_sign

PATIENCE_SECONDS = 20
REASON = "imported second-hand clothing"


class Receiver:
    """Takes pushes on 127.0.0.1; answers as `answers` say, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers["Authorization"], body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Requests are not worth a line each."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/pushes?of=shop"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def bodies(self) -> list[dict]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def clock():
    return SetClock()


def patient(receiver, **other) -> PushOptions:
    """A busy machine may be late; that is no refusal."""
    return PushOptions(receiver.url, timeout_seconds=PATIENCE_SECONDS, **other)


def settled(sim) -> bool:
    """All pushes that were sent have ended, well or not."""
    pushes = sim.stats.pushes
    return pushes["sent"] - pushes["retried"] == pushes["accepted"] + pushes["lost"]


def updated(event, at=NOON):
    return msgspec.structs.replace(event, type=EventType.UPDATED, title="Jaket lain", observed_at=at)


def test_lazada_pushes_created_edited_deleted_and_banned(receiver, clock):
    world = world_of("lazada", 3, clock)
    with Simulator("lazada", world, clock=clock, push=patient(receiver)) as sim:
        known = sim.credentials
        world.put(listing(LAZADA, 10))
        world.put(updated(listing(LAZADA, 0)))
        world.remove(listing(LAZADA, 1).key)
        world.ban(listing(LAZADA, 2).key, reason=REASON)
        until(lambda: sim.stats.pushes["accepted"] == 5)
    # The listing that was new at the very moment the simulator started is pushed too, as created.
    by_type = {body["message_type"]: body for body in receiver.bodies}
    assert Counter(body["message_type"] for body in receiver.bodies) == {3: 2, 4: 1, 5: 1, 1: 1}
    assert {body["seller_id"] for body in receiver.bodies} == {SHOP[LAZADA]}
    assert {body["site"] for body in receiver.bodies} == {"lazada_id"}
    assert (by_type[4]["data"]["item_id"], by_type[5]["data"]["item_id"]) == (
        FIRST[LAZADA],
        FIRST[LAZADA] + 1,
    )
    assert (by_type[1]["data"]["itemId"], by_type[1]["data"]["status"], by_type[1]["data"]["reason"]) == (
        FIRST[LAZADA] + 2,
        "LOCK",
        REASON,
    )
    assert {body["data"]["item_id"] for body in receiver.bodies if body["message_type"] == 3} == {
        str(FIRST[LAZADA] + 2),
        str(FIRST[LAZADA] + 10),
    }
    assert all(sign == lazada_sign(known.app, known.secret, body) for sign, body in receiver.got)


def test_shopee_pushes_only_what_it_took_down(receiver, clock):
    world = world_of("shopee", 3, clock)
    with Simulator("shopee", world, clock=clock, push=patient(receiver)) as sim:
        known = sim.credentials
        world.put(listing(SHOPEE, 10))
        world.put(updated(listing(SHOPEE, 0)))
        world.remove(listing(SHOPEE, 1).key)
        world.ban(listing(SHOPEE, 2).key, reason=REASON)
        until(lambda: sim.stats.pushes["accepted"] == 1)
    assert len(receiver.got) == 1
    sign, raw = receiver.got[0]
    body = receiver.bodies[0]
    assert (body["code"], body["shop_id"]) == (16, int(SHOP[SHOPEE]))
    assert (body["data"]["item_id"], body["data"]["item_status"]) == (FIRST[SHOPEE] + 2, "BANNED")
    assert body["data"]["item_status_details"][0]["violation_reason"] == REASON
    assert sign == shopee_sign(known.secret, receiver.url, raw)


def test_tiktok_pushes_of_all_types_with_ids_as_numbers_and_a_notification_id(receiver, clock):
    world = world_of("tiktok", 2, clock)
    clock.go(seconds=1)
    with Simulator("tiktok", world, clock=clock, push=patient(receiver)) as sim:
        known = sim.credentials
        world.put(listing(TOKOPEDIA, 10, clock()))
        world.put(updated(listing(TIKTOK, 0), clock()))
        world.ban(listing(TIKTOK, 1).key, reason=REASON)
        until(lambda: sim.stats.pushes["accepted"] == 6)
    bodies = receiver.bodies
    by_type = {body["type"]: body for body in bodies}
    assert Counter(body["type"] for body in bodies) == {35: 1, 16: 1, 5: 2, 15: 1, 37: 1}
    assert len({body["tts_notification_id"] for body in bodies}) == 6
    assert by_type[16]["data"]["product_id"] == FIRST[TOKOPEDIA] + 10 > 2**53
    assert by_type[15]["data"]["product_id"] == str(FIRST[TIKTOK])
    assert by_type[37]["data"]["audit"]["status"] == "FAILED"
    assert by_type[35]["data"] == {
        "tts_shop_id": SHOP[TIKTOK],
        "update_time": int(clock().timestamp()),
        "mirror_status": "MIRRORED",
    }
    assert {body["shop_id"] for body in bodies if body["type"] != 35} == {SHOP[TIKTOK]}
    assert {body["data"]["status"] for body in bodies if body["type"] == 5} == {
        "PRODUCT_FIRST_PASS_REVIEW",
        "PRODUCT_STATUS_CHANGED",
    }
    assert all(sign == tiktok_sign(known.app, known.secret, body) for sign, body in receiver.got)


def test_a_push_is_repeated_until_it_is_taken_and_then_lost(receiver, clock):
    receiver.answers = [500, 302, 200]
    world = world_of("lazada", 1, clock)
    clock.go(seconds=1)
    options = patient(receiver, attempts=3, retry_seconds=0.01)
    with Simulator("lazada", world, clock=clock, push=options) as sim:
        world.remove(listing(LAZADA, 0).key)
        until(lambda: sim.stats.pushes["accepted"] == 1)
        assert +sim.stats.pushes == {"sent": 3, "retried": 2, "accepted": 1}
        assert len({body for _, body in receiver.got}) == 1
        receiver.answers = [500] * 3
        world.put(listing(LAZADA, 5, clock()))
        until(lambda: sim.stats.pushes["lost"] == 1)
        assert len(receiver.got) == 6


def test_a_receiver_that_is_not_there_ends_nothing(clock):
    world = world_of("lazada", 1, clock)
    options = PushOptions("http://127.0.0.1:9/nobody", attempts=2, retry_seconds=0.01)
    with Simulator("lazada", world, clock=clock, push=options) as sim:
        until(lambda: sim.stats.pushes["lost"] == 1)
        world.put(listing(LAZADA, 5, clock()))
        until(lambda: sim.stats.pushes["lost"] == 2)


def test_a_share_of_pushes_comes_twice_byte_for_byte(receiver, clock):
    world = world_of("lazada", 1, clock)
    clock.go(seconds=1)
    with Simulator("lazada", world, clock=clock, push=patient(receiver, duplicates=0.4)) as sim:
        for number in range(50):
            world.put(listing(LAZADA, 100 + number, clock()))
        until(lambda: len({body for _, body in receiver.got}) == 50 and settled(sim))
    times = Counter(body for _, body in receiver.got)
    assert set(times.values()) == {1, 2}
    assert 8 < sum(count == 2 for count in times.values()) < 35
    assert sim.stats.pushes["duplicates"] == sum(count == 2 for count in times.values())


@pytest.mark.parametrize("kind", ["lazada", "tiktok"])
def test_what_comes_later_is_pushed_when_its_time_has_come_and_the_past_never(receiver, clock, kind):
    world = world_of(kind, 5, clock)
    later = listing(MAIN[kind], 50, NOON + timedelta(hours=1))
    world.put(later)
    clock.go(seconds=1)
    with Simulator(kind, world, clock=clock, push=patient(receiver)) as sim:
        world.put(listing(MAIN[kind], 51, clock()))
        fence = 1 if kind == "lazada" else 2
        until(lambda: sim.stats.pushes["accepted"] == fence)
        clock.go(hours=1)
        until(lambda: sim.stats.pushes["accepted"] == 2 * fence)
    items = [int(body["data"].get("item_id") or body["data"]["product_id"]) for body in receiver.bodies]
    assert items == [FIRST[MAIN[kind]] + 51] * fence + [FIRST[MAIN[kind]] + 50] * fence
