"""Shopee's pushes: believed only where signed, hints only where they are about an item of this shop."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import local_http
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopee_shop import FIRST, NOW, SHOP, Shop
from waiting import until

from connectors.clock import SetClock, SystemClock
from connectors.context import Context
from connectors.events import EventType, ListingEvent
from connectors.hints import Hint, well_formed
from connectors.http_listener import PushRequest
from connectors.memory import MemorySink
from connectors.push_receiver import PushRefused, PushUnreadable
from connectors.runner import Runner
from connectors.sdk import AbortError, OptionsError, Secret, make
from connectors.shopee.push import ITEM_PUSHES, ShopeePushes
from connectors.shopee.signature import sign_push
from connectors.shopee.source import ShopeeSource
from connectors.simulator.pusher import PushOptions
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World
from streams.worker.worker_process import free_port

KEY = "57615053704d6470644f554a78656d50484143644964436a5568777544524579"
URL = "https://example.com/shopee/push"
ITEM = FIRST + 1


def pushes(tell: Callable[[str], None] = lambda _: None) -> ShopeePushes:
    return ShopeePushes(partner_key=Secret(KEY), url=URL, shop_id=int(SHOP), clock=SetClock(NOW), tell=tell)


def request(body: bytes, sign: str | None) -> PushRequest:
    return PushRequest("/shopee", "", {} if sign is None else {"authorization": sign}, body)


def signed(push: Any) -> PushRequest:
    body = push if isinstance(push, bytes) else msgspec.json.encode(push)
    return request(body, sign_push(KEY, URL, body))


def violation(**changes: Any) -> dict[str, Any]:
    data = {"item_id": ITEM, "item_name": "Jaket", "item_status": "BANNED", "deboost": False}
    return {"code": 16, "shop_id": int(SHOP), "timestamp": 1_795_000_000, "data": data | changes}


def test_the_signature_vector_is_taken() -> None:
    body = b'{"shop_id":123,"code":1}'
    given = "5f2ca9f6c64e58aa5af5d28ae9e62a49363df59072cdc501232e444720923f89"
    assert pushes()(request(body, given)) == ()
    with pytest.raises(PushRefused):
        pushes()(request(body + b" ", given))


@pytest.mark.parametrize("sign", [None, "", "0" * 64, "Bearer x", "\udcff\u00e9"])
def test_what_is_not_signed_is_refused(sign: str | None) -> None:
    with pytest.raises(PushRefused):
        pushes()(request(msgspec.json.encode(violation()), sign))


def test_the_same_bytes_under_another_address_or_key_are_refused() -> None:
    body = msgspec.json.encode(violation())
    for sign in (
        sign_push(KEY, URL + "/", body),
        sign_push(KEY[:-1], URL, body),
        sign_push(KEY, URL, body).upper(),
    ):
        with pytest.raises(PushRefused):
            pushes()(request(body, sign))


def test_a_violation_is_a_hint_of_its_item() -> None:
    told = signed(violation())
    (hint,) = pushes()(told)
    assert (hint.listing_id, hint.what, hint.received_at) == (f"{SHOP}.{ITEM}", "removed", NOW)
    assert pushes()(told) == (hint,), "sent again it is the same hint"
    (lowered,) = pushes()(signed(violation(item_status="NORMAL", deboost=True)))
    assert lowered.what == "updated"
    assert lowered.hint_id != hint.hint_id


@pytest.mark.parametrize("code", sorted(ITEM_PUSHES))
def test_every_push_about_an_item(code: int) -> None:
    assert len(pushes()(signed(violation() | {"code": code}))) == 1


def test_other_codes_are_taken_and_counted_known_or_not() -> None:
    verify = pushes()
    for code in (0, 1, 3, 3, 8, 99_999):
        assert verify(signed({"code": code, "shop_id": int(SHOP), "data": {"ordersn": "x"}})) == ()
    assert verify.codes == {0: 1, 1: 1, 3: 2, 8: 1, 99_999: 1}


def test_as_many_codes_as_there_may_be_are_counted_and_no_more() -> None:
    verify = pushes()
    for code in range(1500):
        verify(signed({"code": code * 100}))
    assert len(verify.codes) == 1000


def test_another_shops_item_is_taken_and_is_no_hint() -> None:
    verify = pushes()
    assert verify(signed(violation() | {"shop_id": 7})) == ()
    assert verify.other_shops == 1


@pytest.mark.parametrize(
    "push",
    [b"", b"{", b"\xff", b"[" * 50_000, [], 7, {}, {"code": "16"}, {"code": True}, {"code": 16}, {"code": 16, "data": []},
     violation(item_id="7"), violation(item_id=0), violation(item_id=2**70), violation() | {"shop_id": "7"}],
    ids=range(15),
)  # fmt: skip
def test_signed_but_of_another_form(push: Any) -> None:
    with pytest.raises(PushUnreadable):
        pushes()(signed(push))


@pytest.mark.parametrize(
    ("push", "said"),
    [
        ({"code": 12, "data": {"shop_expire_soon": [7, int(SHOP)], "expire_before": 1_796_000_000}}, "ends before 2026-11-30"),
        ({"code": 12, "data": {"shop_expire_soon": [int(SHOP)]}}, "ends within a week"),
        ({"code": 12, "data": {"shop_expire_soon": [7]}}, None),
        ({"code": 2, "data": {"shopid": int(SHOP), "authorize_type": "expiry"}}, "withdrawn or has ended"),
        ({"code": 2, "data": {"shop_id_list": [int(SHOP)]}}, "withdrawn or has ended"),
        ({"code": 2, "data": {"shop_id": 7}}, None),
        ({"code": 12, "data": {"shop_expire_soon": {"a": 1}}}, None),
    ],
)  # fmt: skip
def test_what_becomes_of_the_authorisation_is_told(push: Any, said: str | None) -> None:
    told: list[str] = []
    assert pushes(told.append)(signed(push)) == ()
    assert len(told) == (0 if said is None else 1)
    assert said is None or said in told[0]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@settings(deadline=None)
@given(
    push=JSON
    | st.builds(
        lambda base, **over: base | over,
        st.just(violation()),
        code=JSON | st.integers(0, 30),
        data=JSON,
        shop_id=JSON,
    )
    | st.builds(violation, item_id=JSON, item_status=JSON)
)
def test_whatever_is_signed_is_hints_or_not_understood(push: Any) -> None:
    try:
        hints = pushes()(signed(push))
    except PushUnreadable:
        return
    assert all(map(well_formed, hints))


@settings(deadline=None)
@given(body=st.binary(max_size=60), sign=st.text(max_size=70))
def test_whatever_is_not_signed_is_refused(body: bytes, sign: str) -> None:
    with pytest.raises(PushRefused):
        pushes()(request(body, sign))


def test_a_pushed_ban_arrives_without_a_poll_and_its_hint_is_done_when_it_is_acknowledged(
    tmp_path: Path,
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/shopee"
    world = World()
    with Simulator("shopee", world, push=PushOptions(url, duplicates=1.0)) as sim:
        listed = Shop(tmp_path, world, SetClock(NOW), sim).put(1, SystemClock().now())
        given = sim.credentials_for(SHOP).options(sim.base_url)
        given |= {"push_listen": f"127.0.0.1:{port}", "push_url": url, "poll_seconds": 3600.0}  # type: ignore[dict-item]
        source, sink, stop = make(ShopeeSource, given), MemorySink(), threading.Event()
        context = Context("shop-7", folder=tmp_path, stop=stop)
        running = threading.Thread(target=Runner(source, sink, context=context).run)
        running.start()
        try:
            until(lambda: hasattr(source, "_pushed"))
            local_http.post(url, content=b'{"code":16}', headers={"Authorization": "0" * 64})
            world.ban(listed.key)
            until(lambda: bool(sink.events))
            pushed = source._pushed
            assert pushed is not None
            until(lambda: pushed._inbox.held() == 0)
            until(lambda: pushed.counts.duplicates == 1)
        finally:
            stop.set()
            running.join(30)
    (event,) = sink.events
    assert isinstance(event, ListingEvent)
    assert (event.key, event.type, event.title) == (listed.key, EventType.REMOVED, listed.title)
    assert (pushed.counts.accepted, pushed.counts.refused) == (1, 1)
    assert sim.stats.requests["list"] == 0, "nothing was polled"


def test_a_hint_whose_details_fail_comes_again(tmp_path: Path) -> None:
    clock = SetClock(NOW)
    world = World(clock.now)
    with Simulator("shopee", world, clock=clock.now) as sim:
        listed = Shop(tmp_path, world, clock, sim).put(1, NOW)
        given = sim.credentials_for(SHOP).options(sim.base_url) | {
            "push_listen": "127.0.0.1:0",
            "push_url": URL,
        }
        source = make(ShopeeSource, given)
        source.open(Context("shop-7", clock=clock, folder=tmp_path))
        try:
            assert source._pushed is not None
            hint = Hint("h1", listed.listing_id, "updated", NOW)
            assert source._pushed._inbox.add([hint]) == [True]
            assert source.waiting()
            sim.fail_next(9, "inside-200", on="detail")
            with pytest.raises(Exception, match="error_server"):
                list(source.between())
            sim.faults.clear()
            source.acknowledged()
            assert not source.waiting()
            clock.move(120)
            assert source.waiting()
            assert [event.key for event in source.between() if isinstance(event, ListingEvent)] == [
                listed.key
            ]
            assert source._pushed._inbox.held() == 1, "not done before the sink has it"
            source.acknowledged()
            assert source._pushed._inbox.held() == 0
        finally:
            source.close()


def test_listening_needs_the_address_that_is_signed(tmp_path: Path) -> None:
    given = {"partner_id": 1, "partner_key": "k" * 20, "shop_id": 7, "access_token": "a" * 20}
    source = make(ShopeeSource, given | {"push_listen": "127.0.0.1:0"})
    with pytest.raises(OptionsError, match="push_url"):
        source.open(Context("shop-7", folder=tmp_path))
    source.close()


def test_an_address_that_is_taken_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    given = {"partner_id": 1, "partner_key": "k" * 20, "shop_id": 7, "access_token": "a" * 20}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        source = make(ShopeeSource, given | {"push_listen": listen, "push_url": URL})
        with pytest.raises(AbortError, match="push|listen"):
            source.open(Context("shop-7", folder=tmp_path))
        source.close()
