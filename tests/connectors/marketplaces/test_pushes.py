"""Pushes of Lazada and TikTok Shop: signed on the raw bytes, read as hints, each confirmed by the detail."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import local_http
import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_shapes import any_json
from simulated_shops import SHOPS, credentials, offer
from waiting import until

from connectors.backoff import Backoff
from connectors.checkpoints import MemoryCheckpoints
from connectors.clock import SetClock
from connectors.context import Context
from connectors.events import EventType, ListingEvent
from connectors.hints import Hint
from connectors.lazada import push as lazada_push
from connectors.lazada.source import LazadaSource
from connectors.memory import MemorySink
from connectors.push_receiver import PushRefused, PushRequest, PushUnreadable, Verifier
from connectors.runner import Problem, Runner
from connectors.sdk import Notice, make
from connectors.secret import Secret
from connectors.simulator.pusher import PushOptions
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World
from connectors.tiktok import push as tiktok_push
from connectors.tiktok.signature import sign_push
from connectors.tiktok.source import TikTokSource, TokopediaSource
from streams.worker.worker_process import free_port

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEY, SECRET = "123456", "3412gyo124goi3124"
SHOP = "1234567"
LAZADA = lazada_push.verifier(KEY, Secret(SECRET), SHOP, SetClock(NOW))
TIKTOK = tiktok_push.verifier(KEY, Secret(SECRET), SHOP, SetClock(NOW))


def request(body: Any, **headers: str) -> PushRequest:
    """As it comes in, signed unless `authorization` is given."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PushRequest("/p", "", {"authorization": sign_push(KEY, SECRET, raw), **headers}, raw)


def hint(verify: Verifier, body: Any) -> Hint:
    (one,) = verify(request(body))
    return one


def test_the_documented_vector_is_verified_before_its_body_is_read() -> None:
    body = b'{"seller_id":"1234567", "message_type":0, "data":{...}..}'
    signed = "f3d2ca947f16a50b577c036adecd18bec126ea19cadedd59816e255d3b6104ab"
    with pytest.raises(PushUnreadable):
        LAZADA(PushRequest("/p", "", {"authorization": signed}, body))
    for forged in ("", "f" * 64, signed.upper(), signed[:-1], "\udcff", "é" * 64):
        with pytest.raises(PushRefused):
            LAZADA(PushRequest("/p", "", {"authorization": forged}, body))
    with pytest.raises(PushRefused):
        LAZADA(PushRequest("/p", "", {}, body))


@pytest.mark.parametrize("verify", [LAZADA, TIKTOK])
def test_other_spacing_is_another_body(verify: Verifier) -> None:
    raw = b'{"type": 5}'
    with pytest.raises(PushRefused):
        verify(PushRequest("/p", "", {"authorization": sign_push(KEY, SECRET, b'{"type":5}')}, raw))


@pytest.mark.parametrize(
    ("kind", "data", "what"),
    [
        (1, {"itemId": 2202832065, "status": "Lock"}, "unknown"),
        (3, {"item_id": "2202832065", "action": "PUBLISHED"}, "created"),
        (4, {"item_id": 2202832065, "action": "EDITED_UPDATED"}, "updated"),
        (5, {"item_id": 2202832065, "action": "DELETED"}, "removed"),
        (5, {"item_id": 2202832065, "action": "EDITED_DELETED"}, "updated"),
    ],
)
def test_lazadas_types(kind: int, data: dict[str, Any], what: str) -> None:
    body = json.dumps({"seller_id": SHOP, "message_type": kind, "data": data}).encode()
    assert hint(LAZADA, body) == Hint(hashlib.sha256(body).hexdigest(), "2202832065", what, NOW)  # type: ignore[arg-type]
    # Repeated, it has the same bytes and so the same id.
    assert hint(LAZADA, body).hint_id == hint(LAZADA, body).hint_id


@pytest.mark.parametrize(
    ("kind", "product_id", "what"),
    [
        (5, 576486316948490001, "unknown"),
        (15, "576486316948490001", "updated"),
        (16, 576486316948490001, "created"),
        (37, 576486316948490001, "unknown"),
    ],
)
def test_tiktoks_types_with_ids_as_numbers(kind: int, product_id: Any, what: str) -> None:
    body = {
        "type": kind,
        "tts_notification_id": "7327112393057371910",
        "shop_id": SHOP,
        "data": {"product_id": product_id},
    }
    assert hint(TIKTOK, body) == Hint("7327112393057371910", "576486316948490001", what, NOW)  # type: ignore[arg-type]


def test_a_repeated_notification_has_the_same_id_and_one_without_has_its_digest() -> None:
    body = {"type": 5, "tts_notification_id": 7327112393057371910, "shop_id": SHOP, "data": {"product_id": 1}}
    assert (
        hint(TIKTOK, body).hint_id == hint(TIKTOK, body | {"timestamp": 2}).hint_id == "7327112393057371910"
    )
    bare = {"type": 5, "shop_id": SHOP, "data": {"product_id": 1}}
    assert hint(TIKTOK, bare).hint_id == hashlib.sha256(json.dumps(bare).encode()).hexdigest()


def test_a_mirrored_shop_is_a_hint_of_the_whole_shop() -> None:
    body = {
        "type": 35,
        "tts_notification_id": "9",
        "data": {"tts_shop_id": SHOP, "mirror_status": "MIRRORED"},
    }
    assert hint(TIKTOK, body).listing_id == "shop:MIRRORED"


@pytest.mark.parametrize(
    ("verify", "body"),
    [
        (LAZADA, {"seller_id": "999", "message_type": 4, "data": {"item_id": 1}}),
        (LAZADA, {"seller_id": SHOP, "message_type": 0, "data": {"trade_order_id": "1"}}),
        (LAZADA, {"seller_id": SHOP, "message_type": 11}),
        (TIKTOK, {"type": 15, "shop_id": "999", "data": {"product_id": "1"}}),
        (TIKTOK, {"type": 35, "data": {"tts_shop_id": "999"}}),
        (TIKTOK, {"type": 1, "shop_id": SHOP, "data": {"order_id": "1"}}),
    ],
)
def test_of_another_seller_or_another_matter_there_is_no_hint(verify: Verifier, body: dict[str, Any]) -> None:
    assert verify(request(body)) == ()


@pytest.mark.parametrize(
    ("verify", "body", "says"),
    [
        (LAZADA, {"seller_id": SHOP, "message_type": 4, "data": {}}, "item_id"),
        (LAZADA, {"seller_id": SHOP, "message_type": 4, "data": {"item_id": 1.5}}, "item_id"),
        (LAZADA, {"seller_id": SHOP, "message_type": 4}, "data"),
        (LAZADA, b"[]", "lazada"),
        (LAZADA, b"\xff", "lazada"),
        (TIKTOK, {"type": 5, "shop_id": SHOP, "data": {"product_id": 5.76486316948490e17}}, "lost digits"),
        (TIKTOK, {"type": 5, "shop_id": SHOP, "data": []}, "data"),
        (TIKTOK, {"type": "5"}, "type"),
        (TIKTOK, b"[" * 100_000, "tiktok"),
    ],
)
def test_signed_but_not_understood_is_said_so(verify: Verifier, body: Any, says: str) -> None:
    with pytest.raises(PushUnreadable, match=says):
        verify(request(body))


@given(
    any_json
    | st.fixed_dictionaries(
        {"type": st.sampled_from([5, 15, 35]), "message_type": st.sampled_from([1, 4]), "data": any_json},
        optional={"shop_id": st.just(SHOP), "seller_id": st.just(SHOP), "tts_notification_id": any_json},
    )
)
def test_any_signed_body_gives_hints_or_is_unreadable(body: Any) -> None:
    for verify in (LAZADA, TIKTOK):
        try:
            hints = verify(request(body))
        except PushUnreadable:
            continue
        assert all(isinstance(each, Hint) for each in hints)


class Listening:
    """A source that takes pushes of a simulated marketplace, by the real clock; it polls once an hour."""

    def __init__(self, source: Any, kind: str, folder: Path, market: Simulator, port: int) -> None:
        options = {
            **credentials(market), "poll_seconds": 3600, "settle_seconds": 0,
            "push_listen": f"127.0.0.1:{port}", "push_path": "/pushes", "requests_per_second": 1000,
        }  # fmt: skip
        self.source = make(source, options)
        self.sink = MemorySink()
        self.problems: list[Problem] = []
        self.stop = threading.Event()
        quick = Backoff(first=0.01, most=0.05)
        self._runner = Runner(
            self.source, self.sink, stop=self.stop, backoff=quick, checkpoints=MemoryCheckpoints(),
            context=Context(kind, folder=folder, backoff=Backoff(first=0.01, most=0.02, attempts=2)),
            on_problem=self.problems.append,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._runner.run, name=kind)

    def __enter__(self) -> "Listening":
        self._thread.start()
        until(lambda: self.source.push_port is not None and listens(self.source.push_port))
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def kinds(self, listing_id: str) -> list[tuple[str, EventType]]:
        """What came of a listing so far."""
        return [
            (event.marketplace, event.type)
            for event in list(self.sink.events)
            if isinstance(event, ListingEvent) and event.listing_id == listing_id
        ]

    def held(self) -> int:
        """Hints that are not done yet."""
        return int(self.source._pushes._inbox.held())


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def marketplace(kind: str, first: str, **push: Any) -> Iterator[tuple[World, Simulator, int]]:
    """A simulated marketplace with one old listing that pushes to a port."""
    port = free_port()
    world = World()
    world.put(offer(first, 0), at=datetime(2026, 1, 1, tzinfo=UTC))
    options = PushOptions(url=f"http://127.0.0.1:{port}/pushes", **push)
    with Simulator(kind, world, push=options) as market:
        yield world, market, port


def seen_now(marketplace_name: str, number: int, **changes: Any) -> ListingEvent:
    """A listing put up at this moment."""
    now = datetime.now(UTC)
    return offer(marketplace_name, number, observed_at=now, listed_at=now, **changes)


@pytest.mark.parametrize(
    ("kind", "source", "name"), [("lazada", LazadaSource, "lazada-id"), ("tiktok", TikTokSource, "tiktok-id")]
)
def test_a_push_is_confirmed_by_the_detail_long_before_the_next_poll(
    kind: str, source: Any, name: str, tmp_path: Path
) -> None:
    with (
        marketplace(kind, name, duplicates=1.0) as (world, market, port),
        Listening(source, kind, tmp_path, market, port) as run,
    ):
        put = seen_now(name, 1)
        world.put(put)
        until(lambda: run.kinds(put.listing_id) == [(name, EventType.CREATED)])
        (event,) = [
            each
            for each in run.sink.events
            if isinstance(each, ListingEvent) and each.listing_id == put.listing_id
        ]
        assert event.images == put.images
        world.ban(put.key)
        until(lambda: run.kinds(put.listing_id)[1:] == [(name, EventType.REMOVED)])
        # Each push came twice, and each version was yielded once.
        until(lambda: market.stats.pushes["duplicates"] > 0 or market.stats.pushes["accepted"] >= 4)
        until(lambda: run.held() == 0)
        assert len(run.kinds(put.listing_id)) == 2


def test_tokopedia_hears_of_its_own_and_of_the_shops_mirroring(tmp_path: Path) -> None:
    with (
        marketplace("tiktok", "tiktok-id") as (world, market, port),
        Listening(TokopediaSource, "tokopedia", tmp_path, market, port) as run,
    ):
        put = seen_now("tiktok-id", 1)
        world.put(put, also=("tokopedia-id",))
        until(lambda: run.kinds(put.listing_id) == [("tokopedia-id", EventType.CREATED)])
        until(lambda: any(isinstance(each, Notice) and "MIRRORED" in each.detail for each in run.problems))
        until(lambda: run.held() == 0)


def test_a_hint_that_could_not_be_confirmed_is_still_there_after_a_restart(tmp_path: Path) -> None:
    with marketplace("lazada", "lazada-id") as (world, market, port):
        market.faults.always("server-error", on="detail")
        put = seen_now("lazada-id", 1)
        with Listening(LazadaSource, "lazada", tmp_path, market, port) as run:
            world.put(put)
            until(lambda: market.faults.met["server-error"] >= 1)
            until(lambda: run.held() == 1)
            assert run.kinds(put.listing_id) == []
        market.faults.clear()
        with Listening(LazadaSource, "lazada", tmp_path, market, port) as run:
            until(lambda: run.kinds(put.listing_id) == [("lazada-id", EventType.CREATED)])
            until(lambda: run.held() == 0)


def test_a_deleted_item_that_is_gone_leaves_no_hint(tmp_path: Path) -> None:
    body = {"seller_id": SHOPS["lazada-id"], "message_type": 5, "data": {"item_id": 77, "action": "DELETED"}}
    with (
        marketplace("lazada", "lazada-id") as (_, market, port),
        Listening(LazadaSource, "lazada", tmp_path, market, port) as run,
    ):
        raw = json.dumps(body).encode()
        app = market.credentials
        signed = {"Authorization": sign_push(app.app, app.secret, raw)}
        url = f"http://127.0.0.1:{port}/pushes"
        assert local_http.post(url, content=raw, headers=signed).status_code == 200
        assert local_http.post(url, content=raw, headers={"Authorization": "f" * 64}).status_code == 401
        until(lambda: market.stats.requests["detail"] == 1 and run.held() == 0)
        # Of one that is new the index may be late: it is asked for again, later.
        new = json.dumps({**body, "message_type": 3, "data": {"item_id": 78}}).encode()
        signed = {"Authorization": sign_push(app.app, app.secret, new)}
        assert local_http.post(url, content=new, headers=signed).status_code == 200
        until(lambda: market.stats.requests["detail"] == 2)
        assert run.held() == 1
