"""The source against the simulated Shopee over real HTTP: everything arrives, whatever happens on the way."""

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopee_shop import FIRST, NOW, SHOP, SINCE, Shop, Watched, opened

from connectors.backoff import Backoff
from connectors.clock import SetClock
from connectors.context import Context
from connectors.events import EventType, ListingEvent
from connectors.sdk import AbortError, ConnectorError, OptionsError, RawRecord, Skipped, make
from connectors.shopee import api
from connectors.shopee.listing import STATUSES
from connectors.shopee.source import ShopeeSource
from connectors.windows import Window


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as made:
        yield made


def key(number: int) -> str:
    return f"shopee-id:{SHOP}.{FIRST + number}"


def keys(count: int) -> set[str]:
    return {key(number) for number in range(count)}


def error(name: str, message: str = "") -> httpx.Response:
    return httpx.Response(200, json={"error": name, "message": message, "request_id": "req-1"})


def test_every_item_arrives_once_as_the_world_has_it(shop: Shop) -> None:
    put = shop.fill(230)
    run = shop.run()
    assert run.error is None
    assert run.problems == []
    assert sorted(event.key for event in run.events) == sorted(keys(230))
    for wanted in put:
        event = run.by_key[wanted.key]
        assert event.title == wanted.title
        assert event.price == wanted.price, "of items with models too"
        assert (event.description or "").replace("\n", " ") == wanted.description, "extended ones too"
        assert event.url == f"https://shopee.co.id/product/{SHOP}/{wanted.listing_id.partition('.')[2]}"
        assert event.seller_id == SHOP
        assert event.type is EventType.CREATED
    assert shop.sim.stats.requests["models"] > 0
    assert shop.sim.stats.requests["detail"] == 5


def test_a_second_run_goes_on_where_the_first_ended(shop: Shop) -> None:
    shop.fill(30)
    assert len(shop.run().events) == 30
    shop.clock.move(600)
    shop.put(3, NOW + timedelta(minutes=5), title="Kemeja yang diubah")
    run = shop.run(since=NOW - timedelta(minutes=1))
    assert [(event.key, event.type) for event in run.events] == [(key(3), EventType.UPDATED)]


def test_what_is_banned_or_deleted_is_removed(shop: Shop) -> None:
    shop.fill(3)
    shop.world.ban(key(0), at=SINCE + timedelta(minutes=30))
    shop.world.remove(key(1), at=SINCE + timedelta(minutes=31))
    run = shop.run()
    assert {event.key: event.type for event in run.events} == {
        key(0): EventType.REMOVED,
        key(1): EventType.REMOVED,
        key(2): EventType.CREATED,
    }


def test_what_vanishes_between_list_and_details_is_removed_after_a_second_look(shop: Shop) -> None:
    shop.fill(5)
    shop.before = before_details(lambda: shop.world.forget(key(2)))
    run = shop.run()
    gone = run.by_key[key(2)]
    assert (gone.type, gone.title) == (EventType.REMOVED, "")
    assert gone.event_id.endswith(".gone")
    assert len(run.events) == 5
    assert shop.sim.stats.requests["detail"] == 2


def before_details(act: Any) -> Any:
    done: list[bool] = []

    def before(request: httpx.Request) -> None:
        if request.url.path == api.DETAILS and not done:
            done.append(True)
            act()

    return before


def test_an_item_that_spoils_its_batch_is_found_and_removed(shop: Shop) -> None:
    shop.fill(60)
    spoilt = str(FIRST + 17)

    def before(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.params.get("item_id_list", "").split(",")
        return error("error_item_not_found", "Product not found") if spoilt in asked else None

    shop.before = before
    run = shop.run()
    assert run.error is None
    assert run.by_key[key(17)].type is EventType.REMOVED
    assert run.by_key.keys() == keys(60)


def test_what_shopee_warns_of_is_not_taken_for_removed(shop: Shop) -> None:
    shop.fill(5)

    def before(request: httpx.Request) -> httpx.Response | None:
        if str(FIRST + 2) not in request.url.params.get("item_id_list", ""):
            return None
        told = {"error": "", "warning": "some items could not be\nread", "response": {"item_list": []}}
        return httpx.Response(200, json=told)

    shop.before = before
    run = shop.run()
    assert run.events == []
    assert [problem for problem in run.problems if isinstance(problem, Skipped)] == [
        Skipped(
            f"Shopee leaves item {SHOP}.{FIRST + number} out of its details: some items could not be read"
        )
        for number in range(5)
    ]


def test_an_item_that_was_not_asked_for_is_no_event(shop: Shop) -> None:
    shop.fill(1)

    def before(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != api.DETAILS:
            return None
        told = {"error": "", "response": {"item_list": [{"item_id": 99, "item_name": "another shop's"}]}}
        return httpx.Response(200, json=told)

    shop.before = before
    run = shop.run()
    assert [event.type for event in run.events] == [EventType.REMOVED]
    assert all("not asked for" in str(problem) for problem in run.problems)


def test_an_item_that_moves_the_list_while_it_is_paged_loses_no_other(shop: Shop) -> None:
    shop.fill(250)
    asked: list[str] = []

    def before(request: httpx.Request) -> None:
        if request.url.path == api.LIST:
            asked.append(request.url.params["offset"])
            if asked == ["0", "100"]:
                # It leaves the window, and the item at 100 moves to 99, which was read already.
                shop.put(5, NOW - timedelta(seconds=1), title="Kemeja yang diubah")

    shop.before = before
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(250)
    assert asked == ["0", "100", "200"] * 3
    shop.before = lambda _: None
    shop.clock.move(120)
    later = shop.run(since=NOW - timedelta(minutes=1))
    assert [(event.key, event.title) for event in later.events] == [(key(5), "Kemeja yang diubah")]


def test_a_list_that_never_rests_is_read_in_smaller_windows(shop: Shop) -> None:
    shop.fill(250)
    moved: list[int] = []

    def before(request: httpx.Request) -> None:
        if request.url.path == api.LIST and int(request.url.params["offset"]) and len(moved) < 40:
            moved.append(len(moved))
            shop.put(moved[-1], NOW - timedelta(seconds=1), title=f"Diubah {moved[-1]}")

    shop.before = before
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(250)


def test_more_pages_than_may_be_read_halve_the_window(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_PAGES", 2)
    shop.fill(900)
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(900)
    assert len(run.events) == 900


def test_shopees_own_limit_of_an_offset_halves_the_window(shop: Shop) -> None:
    shop.fill(350)

    def before(request: httpx.Request) -> httpx.Response | None:
        if int(request.url.params.get("offset", "0")) < 200:
            return None
        return error("error_param", "get items offset over limit, please use the next field")

    shop.before = before
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(350)


def test_a_token_that_is_refused_in_mid_run_is_refreshed_once(shop: Shop) -> None:
    shop.fill(230)
    shop.before = before_details(shop.sim.tokens.expire)
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(230)
    assert shop.sim.tokens.refreshes == 1
    assert run.counts.retries == 0
    again = shop.run()
    assert again.by_key.keys() == keys(230)
    assert shop.sim.tokens.refreshes == 1, "the next run goes on with the saved tokens"


def test_a_token_is_refreshed_before_it_ends(shop: Shop) -> None:
    shop.fill(5)
    shop.sim.tokens.expire()
    shop.run()
    refused = shop.sim.stats.statuses[403]
    shop.clock.move(3 * 3600)
    run = shop.run()
    assert run.error is None
    assert shop.sim.tokens.refreshes == 2
    assert shop.sim.stats.statuses[403] == refused, "none was refused"


def test_a_lost_answer_to_a_refresh_ends_with_what_to_do_and_new_tokens_mend_it(shop: Shop) -> None:
    shop.fill(5)
    shop.sim.tokens.expire()
    shop.sim.fail_next(1, "hang-up-after", on="refresh")
    run = shop.run()
    assert isinstance(run.error, AbortError)
    assert "put new tokens into the options access_token and refresh_token" in str(run.error)
    secret = json.loads((shop.folder / "tokens.json").read_text())["tokens"]["refresh"]
    assert secret not in run.told
    granted = shop.sim.tokens.grant(SHOP, int(shop.clock.now().timestamp() * 1000))
    mended = shop.run(access_token=granted.access_token, refresh_token=granted.refresh_token)
    assert mended.error is None
    assert mended.by_key.keys() == keys(5)


def test_a_refresh_that_fails_for_now_leaves_the_old_token_serving_and_says_so(shop: Shop) -> None:
    shop.fill(5)
    shop.sim.tokens.expire()
    shop.run()
    shop.clock.move(3 * 3600)
    shop.sim.faults.always("server-error", on="refresh")
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(5)
    assert "no new tokens yet, the old one serves on" in run.told


def test_too_many_requests_are_waited_for_and_all_arrives(tmp_path: Path) -> None:
    with opened(tmp_path, requests_per_second=5, burst=5) as shop:
        shop.fill(230)
        run = shop.run()
        assert run.error is None
        assert run.by_key.keys() == keys(230)
        assert run.counts.throttled > 0
        assert shop.sim.stats.throttled == run.counts.throttled


PASSING = ["throttled", "throttled-429", "inside-200", "server-error", "hang-up", "hang-up-after", "torn"]
PASSING += ["reset", "cut-json", "not-json", "not-utf8", "repeated", "huge-page", "empty-page", "endless"]


@pytest.mark.parametrize("on", ["list", "detail", "models"])
@pytest.mark.parametrize("how", PASSING)
def test_what_passes_costs_nothing(shop: Shop, how: str, on: str) -> None:
    shop.fill(120)
    shop.sim.fail_next(3, how, on=on)
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() == keys(120)
    assert len({event.event_id for event in run.events}) == len(run.events)
    assert shop.sim.faults.met[how] == 3


def test_an_endless_cursor_is_an_error_that_may_pass(shop: Shop) -> None:
    shop.fill(20)
    shop.sim.faults.always("endless", on="list")
    run = shop.run()
    assert isinstance(run.error, AbortError)
    assert "3 pages in a row bring nothing new" in str(run.error)
    assert run.by_key.keys() == keys(20), "what was read is delivered"
    assert run.counts.checkpoints == 0


@pytest.mark.parametrize("told", [0, -1, "100", None, True, 2**40])
def test_a_cursor_that_does_not_lead_on_is_an_error_that_may_pass(shop: Shop, told: Any) -> None:
    page = {"item": [], "total_count": 500, "has_next_page": True, "next_offset": told}
    shop.before = lambda request: (
        httpx.Response(200, json={"error": "", "response": page}) if request.url.path == api.LIST else None
    )
    run = shop.run()
    assert "next_offset does not lead on from 0" in str(run.error)
    assert run.counts.checkpoints == 0


@pytest.mark.parametrize(
    "response",
    [{"items": [], "total_count": 3}, {"total_count": None}, {"item": {}}, [], None, {"has_next_page": 1}],
)
def test_a_list_of_another_form_is_no_empty_shop(shop: Shop, response: Any) -> None:
    shop.before = lambda request: (
        httpx.Response(200, json={"error": "", "response": response})
        if request.url.path == api.LIST
        else None
    )
    run = shop.run()
    assert "get_item_list: the answer has" in str(run.error)
    assert run.counts.checkpoints == 0


def test_an_empty_list_without_the_field_is_an_empty_shop(shop: Shop) -> None:
    told = {"error": "", "response": {"total_count": 0, "has_next_page": False}}
    shop.before = lambda request: httpx.Response(200, json=told) if request.url.path == api.LIST else None
    run = shop.run()
    assert (run.error, run.events, run.counts.checkpoints) == (None, [], 1)


def test_a_changed_schema_loses_nothing(shop: Shop) -> None:
    shop.fill(40)
    shop.sim.faults.always("schema-change", on="detail")
    run = shop.run()
    assert run.error is None
    assert run.raw
    assert all(raw.why and raw.why.startswith("Shopee item: ") for raw in run.raw)
    told = {int(msgspec.json.decode(raw.value)["item_id"]) - FIRST for raw in run.raw}
    assert run.by_key.keys() | {key(number) for number in told} == keys(40)
    assert not any(event.type is EventType.REMOVED for event in run.events), "nothing is taken for removed"
    # Read again, as two windows overlap, they are not sent again by the same process.
    assert len(run.raw) == len({raw.value for raw in run.raw})


def test_unreadable_entries_of_the_list_are_passed_on_as_they_are(shop: Shop) -> None:
    shop.fill(8)
    shop.sim.faults.always("schema-change", on="list")
    run = shop.run()
    assert run.error is None
    told = {int(msgspec.json.decode(raw.value)["item_id"]) - FIRST for raw in run.raw}
    assert told
    assert run.by_key.keys() | {key(number) for number in told} == keys(8)


@pytest.mark.parametrize("on", ["list", "detail"])
def test_times_from_nowhere_do_no_harm(shop: Shop, on: str) -> None:
    shop.fill(30)
    shop.sim.faults.always("clock-jump", on=on)
    run = shop.run()
    assert run.error is None
    assert run.by_key.keys() | {raw.key for raw in run.raw} == keys(30)


def test_a_body_that_is_too_large_ends_the_run(shop: Shop) -> None:
    shop.fill(1)
    shop.sim.fail_next(1, "huge-body", on="list")
    assert "more than" in str(shop.run().error)


def test_a_wrong_key_says_so_and_tells_no_secret(shop: Shop) -> None:
    shop.fill(1)
    run = shop.run(partner_key="not-the-partner-key")
    assert isinstance(run.error, AbortError)
    assert "error_sign" in str(run.error)
    assert "check the option partner_key" in str(run.error)
    credentials = shop.sim.credentials_for(SHOP)
    for secret in ("not-the-partner-key", credentials.access_token, credentials.refresh_token):
        assert secret not in run.told


def test_another_shops_tokens_say_so(shop: Shop) -> None:
    shop.fill(1)
    run = shop.run(shop_id=7)
    assert isinstance(run.error, AbortError)
    assert "check partner_id and shop_id" in str(run.error)


def test_a_withdrawn_permission_ends_the_run_with_what_to_do(shop: Shop) -> None:
    shop.fill(1)
    shop.sim.credentials_for(SHOP)
    shop.sim.tokens.revoke()
    run = shop.run()
    assert isinstance(run.error, AbortError)
    assert "let the seller authorise the app again" in str(run.error)


def test_a_clock_that_is_wrong_says_so(shop: Shop) -> None:
    shop.fill(1)
    shop.before = lambda request: shop.clock.move(-400 if request.url.path == api.LIST else 0)
    run = shop.run()
    assert "check this machine's clock" in run.told


def test_without_tokens_it_says_where_they_come_from(shop: Shop) -> None:
    run = shop.run(access_token=None, refresh_token=None)
    assert isinstance(run.error, OptionsError)
    assert "access_token and refresh_token" in str(run.error)


@pytest.mark.parametrize(
    ("option", "value"), [("partner_id", "x"), ("shop_id", 0), ("requests_per_second", 0), ("partnerid", 1)]
)
def test_a_wrong_option_is_named(option: str, value: Any) -> None:
    given = {"partner_id": 1, "partner_key": "k" * 20, "shop_id": 7, "access_token": "a" * 20} | {
        option: value
    }
    with pytest.raises(OptionsError, match=option):
        make(ShopeeSource, given)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
ENTRY = JSON | st.fixed_dictionaries(
    {"item_id": st.integers(1, 5), "update_time": st.integers(1, 9)},
    optional={"item_name": JSON, "item_status": st.sampled_from(STATUSES), "has_model": JSON, "image": JSON},
)
FIELDS = {"item": st.lists(ENTRY, max_size=4), "item_list": st.lists(ENTRY, max_size=4), "model": JSON}
FIELDS |= {"has_next_page": JSON, "next_offset": JSON | st.integers(0, 300), "total_count": JSON}
ANSWER = JSON | st.fixed_dictionaries(
    {"response": JSON | st.fixed_dictionaries({}, optional=FIELDS)}, optional={"error": JSON, "warning": JSON}
)


@settings(deadline=None)
@given(answers=st.lists(ANSWER, min_size=1, max_size=6))
def test_whatever_shopee_answers_it_is_items_or_one_of_our_errors_within_bounds(answers: list[Any]) -> None:
    asked: list[str] = []

    def before(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json=answers[len(asked) % len(answers)])

    given = {
        "partner_id": 1,
        "partner_key": "k" * 20,
        "shop_id": 7,
        "access_token": "a" * 20,
        "base_url": "http://x",
    }
    source = make(ShopeeSource, given)
    clock = SetClock(NOW)
    with tempfile.TemporaryDirectory() as folder:
        context = Context(
            "shop-7",
            clock=clock,
            folder=Path(folder),
            transport=Watched(before),
            backoff=Backoff(0.0, 0.0, attempts=2),
        )
        source.open(context)
        try:
            items = list(source.window(Window(SINCE, NOW)))
        except ConnectorError as error:
            items = []
            assert str(error)  # noqa: PT017
        finally:
            source.close()
    assert len(asked) < 300
    for item in items:
        assert isinstance(item, ListingEvent | RawRecord | Skipped)
        if not isinstance(item, Skipped):
            msgspec.json.encode(item)


def test_events_of_one_item_come_in_the_order_of_its_versions(shop: Shop) -> None:
    shop.put(1, SINCE + timedelta(minutes=1), title="Pertama")
    first = shop.run(until=SINCE + timedelta(minutes=5))
    shop.put(1, SINCE + timedelta(minutes=10), title="Kedua")
    second = shop.run()
    versions = [event.event_id for event in [*first.events, *second.events]]
    assert versions == sorted(versions)
    assert [event.title for event in [*first.events, *second.events]] == ["Pertama", "Kedua"]
