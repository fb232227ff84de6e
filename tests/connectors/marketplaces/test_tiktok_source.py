"""The sources `tiktok` and `tokopedia` against the simulated marketplace: pages, details, full windows, tokens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from simulated_shops import SHOPS, START, Shopfront, offer, shopfront

from connectors.events import EventType, ListingEvent, Price
from connectors.sdk import AbortError, Notice, OptionsError, make
from connectors.secret import redact
from connectors.simulator import tiktok as simulated_tiktok
from connectors.simulator.endless import EndlessWorld
from connectors.simulator.faults import Faults
from connectors.tiktok import answers, source
from connectors.tiktok.source import TikTokSource, TokopediaSource

BOTH = ["tiktok-id", "tokopedia-id"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shopfront]:
    with shopfront("tiktok", tmp_path) as front:
        yield front


def fill(front: Shopfront, count: int, apart: int = 1, also: tuple[str, ...] = ()) -> set[str]:
    """So many listings on TikTok Shop, one every few seconds; their ids."""
    put = [front.world.put(offer("tiktok-id", number * apart), also=also) for number in range(count)]
    return {str(version.item) for version in put}


def test_every_listing_of_every_page_comes_once_with_its_photos(shop: Shopfront) -> None:
    wanted = fill(shop, 250, apart=14)
    harvest = shop.run(TikTokSource)
    assert harvest.ids == wanted
    assert len(harvest.listings) == 250
    assert harvest.unread == []
    assert all(event.images and event.description for event in harvest.listings)
    # One detail for each product, though the search shows the overlap again.
    assert shop.market.stats.requests["detail"] == 250


def test_what_is_put_up_is_what_comes(shop: Shopfront) -> None:
    put = offer("tiktok-id", 7)
    shop.world.put(put)
    (seen,) = shop.run(TikTokSource).listings
    assert (seen.listing_id, seen.title, seen.seller_id) == (put.listing_id, put.title, SHOPS["tiktok-id"])
    assert (seen.description, seen.images, seen.listed_at) == (put.description, put.images, put.listed_at)
    assert (seen.type, seen.price) == (EventType.CREATED, Price(amount="85000", currency="IDR"))
    assert seen.url == f"https://shop-id.tokopedia.com/view/product/{put.listing_id}"


def test_a_version_already_read_is_not_fetched_again(shop: Shopfront) -> None:
    fill(shop, 5, apart=600)
    harvest = shop.run(TikTokSource, window_minutes=5, overlap_seconds=280)
    assert len(harvest.listings) == 5
    assert shop.market.stats.requests["detail"] == 5


def test_a_product_on_both_platforms_is_an_event_of_each(shop: Shopfront) -> None:
    fill(shop, 3, also=("tokopedia-id",))
    shop.world.put(offer("tiktok-id", 10))
    shop.world.put(offer("tokopedia-id", 11))
    assert by_marketplace(shop.run(TikTokSource)) == {"tiktok-id": 4}
    assert by_marketplace(shop.run(TokopediaSource)) == {"tokopedia-id": 4}


def test_one_source_yields_both_for_one_detail_each(shop: Shopfront) -> None:
    fill(shop, 3, also=("tokopedia-id",))
    harvest = shop.run(TikTokSource, marketplaces=BOTH)
    assert by_marketplace(harvest) == {"tiktok-id": 3, "tokopedia-id": 3}
    assert shop.market.stats.requests["detail"] == 3


def test_details_are_fetched_only_for_the_marketplaces_asked_for(shop: Shopfront) -> None:
    fill(shop, 20)
    shop.world.put(offer("tokopedia-id", 30))
    assert by_marketplace(shop.run(TokopediaSource)) == {"tokopedia-id": 1}
    assert shop.market.stats.requests["detail"] == 1


def test_tokopedias_events_are_told_apart_and_say_whether_they_are_used(shop: Shopfront) -> None:
    shop.world.put(offer("tokopedia-id", 1, condition="used"))
    shop.world.put(offer("tokopedia-id", 2, condition="new"))
    shop.world.put(offer("tiktok-id", 3, condition="used"), also=("tokopedia-id",))
    harvest = shop.run(TokopediaSource)
    conditions = {int(event.listing_id) % 1000: event.condition for event in harvest.listings}
    assert conditions == {1: "used", 2: "new", 3: "unknown"}
    assert {event.source and event.source.connector for event in harvest.listings} == {"tokopedia"}
    assert {event.url for event in harvest.listings} == {None}


def test_removed_and_banned_on_one_platform_alone(shop: Shopfront) -> None:
    fill(shop, 3, also=("tokopedia-id",))
    shop.world.remove(offer("tiktok-id", 0).key, at=START + timedelta(minutes=10))
    shop.world.ban(offer("tiktok-id", 1).key, at=START + timedelta(minutes=10), on="tokopedia-id")
    harvest = shop.run(TikTokSource, marketplaces=BOTH)
    kinds = {(event.marketplace, int(event.listing_id) % 1000): event.type for event in harvest.listings}
    removed = {key for key, kind in kinds.items() if kind is EventType.REMOVED}
    assert removed == {("tiktok-id", 0), ("tokopedia-id", 0), ("tokopedia-id", 1)}
    assert len(kinds) == 6
    # What is off sale everywhere needs no detail.
    assert shop.market.stats.requests["detail"] == 2


def test_a_product_that_is_gone_before_its_detail_is_told(shop: Shopfront) -> None:
    fill(shop, 3)
    original = shop.market._api.answer

    def meddle(operation: str, call: Any) -> Any:
        reply = original(operation, call)
        if operation == "list":
            shop.world.forget(offer("tiktok-id", 1).key)
        return reply

    shop.market._api.answer = meddle  # type: ignore[method-assign]
    harvest = shop.run(TikTokSource)
    assert len(harvest.listings) == 2
    (notice,) = [problem for problem in shop.problems if isinstance(problem, Notice)]
    assert "was gone before its detail was read" in notice.detail


def test_19_digit_ids_survive_exactly(shop: Shopfront) -> None:
    # Neighbours that one double stands for.
    for number in range(16):
        shop.world.put(offer("tiktok-id", number))
    assert float(offer("tiktok-id", 1).listing_id) == float(offer("tiktok-id", 2).listing_id)
    original = shop.market._api.answer

    def as_numbers(operation: str, call: Any) -> Any:
        reply = original(operation, call)
        for record in shop.market._api.records(operation, reply.data):
            record["id"] = int(record["id"])
        return reply

    shop.market._api.answer = as_numbers  # type: ignore[method-assign]
    assert shop.run(TikTokSource).ids == {offer("tiktok-id", number).listing_id for number in range(16)}


@pytest.mark.slow
def test_a_window_over_the_cap_is_halved_and_nothing_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert simulated_tiktok.MOST_FOUND == answers.MOST_PRODUCTS == 10_000
    for module, cap in (
        (simulated_tiktok, "MOST_FOUND"),
        (answers, "MOST_PRODUCTS"),
        (source, "MOST_PRODUCTS"),
    ):
        monkeypatch.setattr(module, cap, 1000)
    world = EndlessWorld(count=1040, start=START, pace=timedelta(milliseconds=3000))
    with shopfront("tiktok", tmp_path, shows=world) as front:
        harvest = front.run(TikTokSource)
        assert len(harvest.ids) == len(harvest.listings) == 1040
        assert harvest.unread == []
        assert front.market.stats.requests["detail"] == 1040


def test_a_token_that_ends_in_mid_run_is_renewed(shop: Shopfront) -> None:
    wanted = fill(shop, 120)
    shop.market.fail_next(1, "expired", on="detail")
    harvest = shop.run(TikTokSource)
    assert harvest.ids == wanted
    assert shop.market.tokens.refreshes == 1


def test_the_end_of_a_token_is_a_moment_and_not_a_span(tmp_path: Path) -> None:
    with shopfront("tiktok", tmp_path, token_minutes=30) as front:
        fill(front, 10)
        front.market.fail_next(1, "expired")
        front.run(TikTokSource)
        assert front.market.tokens.refreshes == 1
        saved = msgspec.json.decode((tmp_path / "tiktok" / "tokens.json").read_bytes())["tokens"]
        # Taken for a span of seconds, it would be in the year 2083.
        assert saved["access_until"] == (START + timedelta(hours=2, minutes=30)).isoformat().replace(
            "+00:00", "Z"
        )
        # Half of its 30 minutes later it is renewed before it is refused.
        refused = front.market.stats.refused
        front.clock.move(20 * 60)
        front.run(TikTokSource, until=(START + timedelta(hours=2)).isoformat())
        assert front.market.tokens.refreshes == 2
        assert front.market.stats.refused == refused


def test_without_a_shop_that_allows_it_the_run_ends_and_says_what_to_do(shop: Shopfront) -> None:
    fill(shop, 3)
    options = shop.market.credentials.options(shop.market.base_url)
    shop.market.tokens.revoke()
    with pytest.raises(AbortError) as caught:
        shop.run(TikTokSource)
    message = str(caught.value)
    assert "authorise the app again" in message
    assert redact(message) == message
    for name in ("app_secret", "access_token", "refresh_token"):
        assert options[name] not in message


def test_a_wrong_secret_ends_the_run_and_is_not_shown(shop: Shopfront) -> None:
    fill(shop, 3)
    with pytest.raises(AbortError, match="check app_key, app_secret and this machine's clock") as caught:
        shop.run(TikTokSource, app_secret="salah-sekali-rahasia")
    assert "salah-sekali" not in str(caught.value)


def test_a_wrong_key_and_a_wrong_cipher_are_told_apart(shop: Shopfront) -> None:
    fill(shop, 3)
    with pytest.raises(AbortError, match="check app_key"):
        shop.run(TikTokSource, app_key="999")
    with pytest.raises(AbortError, match="check shop_cipher"):
        shop.run(TikTokSource, shop_cipher="ID_lain")


def test_a_clock_that_is_minutes_off_is_told(shop: Shopfront) -> None:
    fill(shop, 3)
    shop.market._clock = lambda: shop.clock.now() + timedelta(minutes=6)
    with pytest.raises(AbortError, match="this machine's clock"):
        shop.run(TikTokSource)


@pytest.mark.parametrize("on", ["list", "detail"])
@pytest.mark.parametrize(
    "fault",
    [
        "throttled",
        "throttled-429",
        "inside-200",
        "server-error",
        "torn",
        "cut-json",
        "not-json",
        "hang-up",
        "reset",
    ],
)
def test_what_passes_costs_nothing(shop: Shopfront, fault: str, on: str) -> None:
    wanted = fill(shop, 120)
    shop.market.fail_next(2, fault, on=on)
    harvest = shop.run(TikTokSource)
    assert shop.market.faults.met[fault] == 2
    assert harvest.ids == wanted
    assert len(harvest.listings) == 120
    assert harvest.unread == []
    assert harvest.counts.throttled == (2 if fault.startswith("throttled") else 0)


def test_many_failures_of_all_kinds_lose_nothing(tmp_path: Path) -> None:
    among = (
        "throttled",
        "inside-200",
        "server-error",
        "hang-up",
        "torn",
        "cut-json",
        "not-json",
        "expired",
        "repeated",
        "huge-page",
        "empty-page",
        "endless",
    )
    faults = Faults(seed=5, share=0.1, among=among)
    with shopfront("tiktok", tmp_path, faults=faults) as front:
        wanted = fill(front, 200, apart=17)
        harvest = front.run(TikTokSource, window_minutes=5, attempts=None)
        assert harvest.ids == wanted
        assert len(harvest.listings) == 200
        assert faults.met.total() >= 10


@pytest.mark.parametrize("fault", ["endless", "empty-page", "huge-page", "repeated"])
def test_pages_that_lie_once_lose_nothing(shop: Shopfront, fault: str) -> None:
    wanted = fill(shop, 120)
    shop.market.fail_next(1, fault)
    harvest = shop.run(TikTokSource)
    assert harvest.ids == wanted
    assert len(harvest.listings) == 120
    assert shop.market.faults.met[fault] == 1


@pytest.mark.parametrize("fault", ["endless", "empty-page"])
def test_cursors_that_never_end_end_the_run_and_not_the_memory(shop: Shopfront, fault: str) -> None:
    fill(shop, 60)
    shop.market.faults.always(fault)
    with pytest.raises(AbortError, match=r"only what earlier pages had|the pages do not end"):
        shop.run(TikTokSource, attempts=3)
    assert shop.market.stats.requests["list"] < 30


def test_a_cursor_that_leads_back_ends_the_run(shop: Shopfront) -> None:
    fill(shop, 350)
    original = shop.market._api.answer

    def lead_back(operation: str, call: Any) -> Any:
        reply = original(operation, call)
        if operation == "list" and call.get("page_token"):
            reply.data["data"]["next_page_token"] = call.get("page_token")
        return reply

    shop.market._api.answer = lead_back  # type: ignore[method-assign]
    with pytest.raises(AbortError, match="leads back to an earlier one"):
        shop.run(TikTokSource, attempts=2)


def test_a_list_that_shifts_between_two_pages_is_read_again(shop: Shopfront) -> None:
    wanted = fill(shop, 250)
    original = shop.market._api.answer
    moved: list[Any] = []

    def meddle(operation: str, call: Any) -> Any:
        if operation == "list" and call.get("page_token") and not moved:
            # Read already, it changes now: all behind it move up by one.
            moved.append(shop.world.put(offer("tiktok-id", 3), at=START + timedelta(minutes=70)))
        return original(operation, call)

    shop.market._api.answer = meddle  # type: ignore[method-assign]
    assert shop.run(TikTokSource).ids == wanted


def test_records_of_another_form_are_kept_whole_and_the_rest_comes(shop: Shopfront) -> None:
    fill(shop, 40)
    shop.market.fail_next(1, "schema-change", on="list")
    harvest = shop.run(TikTokSource)
    assert len(harvest.unread) > 0
    assert len(harvest.listings) + len(harvest.unread) == 40
    for record in harvest.unread:
        assert msgspec.json.decode(record.value)
        assert record.why is not None
        assert record.why.startswith("tiktok: ")
        assert "`" in record.why


def test_a_detail_of_another_form_is_kept_whole(shop: Shopfront) -> None:
    fill(shop, 1)
    original = shop.market._api.answer

    def odd(operation: str, call: Any) -> Any:
        reply = original(operation, call)
        if operation == "detail":
            reply.data["data"]["title"] = {"text": "Jaket"}
        return reply

    shop.market._api.answer = odd  # type: ignore[method-assign]
    (record,) = shop.run(TikTokSource).unread
    assert record.key == offer("tiktok-id", 0).key
    assert b'{"text":"Jaket"}' in record.value
    assert record.why is not None
    assert "`$.title`" in record.why


def test_a_detail_of_another_product_is_not_taken_for_the_one_asked_for(shop: Shopfront) -> None:
    fill(shop, 2)
    original = shop.market._api.answer

    def mix_up(operation: str, call: Any) -> Any:
        reply = original(operation, call)
        if operation == "detail":
            reply.data["data"]["id"] = "1730000000000000001"
        return reply

    shop.market._api.answer = mix_up  # type: ignore[method-assign]
    harvest = shop.run(TikTokSource)
    assert harvest.listings == []
    assert harvest.counts.skipped == 2


def test_a_record_that_cannot_be_read_comes_once_though_windows_overlap(shop: Shopfront) -> None:
    for number in (240, 241):
        shop.world.put(offer("tiktok-id", number))
    shop.market.faults.always("schema-change", on="list")
    harvest = shop.run(TikTokSource, window_minutes=5, overlap_seconds=280)
    # The first two windows show both.
    assert shop.market.stats.records == 2 + 2 + 1
    assert len(harvest.unread) == len(harvest.listings) == 1


@pytest.mark.parametrize("source", [TikTokSource, TokopediaSource])
@pytest.mark.parametrize("name", ["base_url", "auth_url"])
def test_tokopedias_own_api_has_ended_and_the_options_say_so(source: type[TikTokSource], name: str) -> None:
    given = {
        "app_key": "1", "app_secret": "rahasia", "shop_id": "1", "shop_cipher": "x",
        name: "https://fs.tokopedia.net/inventory/v1",
    }  # fmt: skip
    with pytest.raises(
        OptionsError, match=r"ended on 30 September 2025; its listings come through TikTok Shop"
    ):
        make(source, given)


def test_the_options_of_each_source_have_its_marketplace(shop: Shopfront) -> None:
    fill(shop, 1)
    assert shop.make(TikTokSource).options.marketplaces == ("tiktok-id",)
    assert shop.make(TokopediaSource).options.marketplaces == ("tokopedia-id",)
    with pytest.raises(OptionsError, match="marketplaces"):
        shop.make(TikTokSource, marketplaces=[])
    with pytest.raises(OptionsError, match="marketplaces"):
        shop.make(TikTokSource, marketplaces=["shopee-id"])


def by_marketplace(harvest: Any) -> dict[str, int]:
    """How many listings of each."""
    listings: list[ListingEvent] = harvest.listings
    return {
        name: sum(event.marketplace == name for event in listings)
        for name in {each.marketplace for each in listings}
    }
