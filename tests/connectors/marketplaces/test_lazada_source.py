"""The source `lazada` against the simulated marketplace: pages, full windows, tokens, refusals, torn answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from simulated_shops import SHOPS, START, Shopfront, offer, shopfront

from connectors.events import EventType, Price
from connectors.lazada.options import LazadaOptions
from connectors.lazada.source import LazadaSource
from connectors.sdk import AbortError, Notice, OptionsError, make
from connectors.secret import redact
from connectors.simulator.endless import EndlessWorld


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shopfront]:
    with shopfront("lazada", tmp_path) as front:
        yield front


def fill(front: Shopfront, count: int, apart: int = 1) -> set[str]:
    """So many listings, one every few seconds; their ids."""
    put = [front.world.put(offer("lazada-id", number * apart)) for number in range(count)]
    return {str(version.item) for version in put}


def test_every_listing_of_every_page_comes_once(shop: Shopfront) -> None:
    wanted = fill(shop, 180, apart=20)
    harvest = shop.run(LazadaSource)
    assert harvest.ids == wanted
    assert len(harvest.listings) == 180
    assert harvest.unread == []
    assert harvest.counts.read == harvest.counts.written == 180


def test_what_is_put_up_is_what_comes(shop: Shopfront) -> None:
    put = offer("lazada-id", 7)
    shop.world.put(put)
    (seen,) = shop.run(LazadaSource).listings
    assert (seen.listing_id, seen.title, seen.seller_id) == (put.listing_id, put.title, SHOPS["lazada-id"])
    assert (seen.description, seen.images, seen.listed_at) == (put.description, put.images, put.listed_at)
    assert seen.type is EventType.CREATED
    assert seen.price is not None
    assert seen.price.currency == "IDR"
    assert abs(seen.observed_at - shop.clock.now()) < timedelta(seconds=1)


def test_both_forms_of_every_record_are_read(shop: Shopfront) -> None:
    # The simulator writes ids as texts or numbers and images as lists or encoded lists, by the item's number.
    fill(shop, 60)
    harvest = shop.run(LazadaSource)
    assert harvest.unread == []
    assert all(event.images for event in harvest.listings)


def test_a_special_price_of_zero_is_none(shop: Shopfront) -> None:
    fill(shop, 60)
    assert {event.price for event in shop.run(LazadaSource).listings} == {
        Price(amount="85000", currency="IDR")
    }


def test_changes_and_removals_come_in_their_order(shop: Shopfront) -> None:
    put = offer("lazada-id", 10)
    shop.world.put(put)
    changed = msgspec.structs.replace(put, type=EventType.UPDATED, title="Jaket lain")
    shop.world.put(changed, at=START + timedelta(minutes=20))
    shop.world.ban(put.key, at=START + timedelta(minutes=40))
    # The list shows an item as it is now: read at three times.
    shop.clock.move(-3600 - 3000)
    seen = []
    for minutes in (15, 20, 35):
        until = (shop.clock.now() - timedelta(seconds=5)).isoformat()
        seen += [(event.type, event.title) for event in shop.run(LazadaSource, until=until).listings]
        shop.clock.move(minutes * 60)
    assert seen == [
        (EventType.CREATED, put.title),
        (EventType.UPDATED, "Jaket lain"),
        (EventType.REMOVED, "Jaket lain"),
    ]


def test_deleted_and_suspended_listings_come_as_removed(shop: Shopfront) -> None:
    fill(shop, 3)
    shop.world.remove(offer("lazada-id", 0).key, at=START + timedelta(minutes=10))
    shop.world.ban(offer("lazada-id", 1).key, at=START + timedelta(minutes=10))
    kinds = {event.listing_id: event.type for event in shop.run(LazadaSource).listings}
    assert [kinds[offer("lazada-id", number).listing_id] for number in range(3)] == [
        EventType.REMOVED,
        EventType.REMOVED,
        EventType.CREATED,
    ]


def test_a_window_over_the_cap_is_halved_and_nothing_is_cut_off(tmp_path: Path) -> None:
    world = EndlessWorld(count=10_400, start=START, pace=timedelta(milliseconds=300))
    with shopfront("lazada", tmp_path, shows=world) as front:
        harvest = front.run(LazadaSource)
        assert len(harvest.ids) == 10_400
        assert harvest.unread == []
        assert len(harvest.listings) == 10_400


def test_a_token_that_ends_in_mid_run_is_renewed(shop: Shopfront) -> None:
    wanted = fill(shop, 120)
    shop.market.fail_next(1, "expired", on="list")
    harvest = shop.run(LazadaSource)
    assert harvest.ids == wanted
    assert shop.market.tokens.refreshes == 1
    shop.market.tokens.expire()
    # The next run goes on with the saved tokens, not with the options'.
    shop.world.put(offer("lazada-id", 3000))
    shop.clock.move(60)
    again = shop.run(LazadaSource, until=(START + timedelta(hours=2)).isoformat())
    assert offer("lazada-id", 3000).listing_id not in again.ids or shop.market.tokens.refreshes == 2
    assert shop.market.tokens.refreshes == 2


def test_the_answer_says_how_long_a_token_lives(tmp_path: Path) -> None:
    with shopfront("lazada", tmp_path, token_minutes=30) as front:
        fill(front, 10)
        front.market.fail_next(1, "expired")
        front.run(LazadaSource)
        assert front.market.tokens.refreshes == 1
        # Half of its 30 minutes later it is renewed before it is refused.
        refused = front.market.stats.refused
        front.clock.move(20 * 60)
        front.run(LazadaSource, until=(START + timedelta(hours=2)).isoformat())
        assert front.market.tokens.refreshes == 2
        assert front.market.stats.refused == refused


def test_without_a_shop_that_allows_it_the_run_ends_and_says_what_to_do(shop: Shopfront) -> None:
    fill(shop, 3)
    source = shop.make(LazadaSource)
    shop.market.tokens.revoke()
    with pytest.raises(AbortError) as caught:
        shop.run(LazadaSource)
    assert "authorise the app again" in str(caught.value)
    assert_no_secrets(str(caught.value), source.options)


def test_a_wrong_secret_ends_the_run_and_is_not_shown(shop: Shopfront) -> None:
    fill(shop, 3)
    with pytest.raises(AbortError, match="check app_key, app_secret and this machine's clock") as caught:
        shop.run(LazadaSource, app_secret="salah-sekali-rahasia")
    assert "salah-sekali" not in str(caught.value)
    assert "request " in str(caught.value)


def test_a_clock_that_is_hours_off_is_told(shop: Shopfront) -> None:
    fill(shop, 3)
    stamped = shop.clock.now
    shop.market._clock = lambda: stamped() + timedelta(hours=3)
    with pytest.raises(AbortError, match="this machine's clock"):
        shop.run(LazadaSource)


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
def test_what_passes_costs_nothing(shop: Shopfront, fault: str) -> None:
    wanted = fill(shop, 120)
    for place in (2, 4):
        shop.market.faults.at(place, fault)
    harvest = shop.run(LazadaSource)
    assert shop.market.faults.met[fault] == 2
    assert harvest.ids == wanted
    assert len(harvest.listings) == 120
    assert harvest.unread == []
    assert harvest.counts.throttled == (2 if fault.startswith(("throttled", "inside")) else 0)


def test_an_answer_without_end_ends_the_run_and_not_the_memory(shop: Shopfront) -> None:
    fill(shop, 3)
    shop.market.fail_next(1, "huge-body", on="list")
    with pytest.raises(AbortError, match="an answer of more than"):
        shop.run(LazadaSource)


def test_the_seconds_of_a_ban_are_waited(shop: Shopfront) -> None:
    fill(shop, 3)
    shop.market.fail_next(1, "throttled")
    before = shop.clock.monotonic()
    shop.run(LazadaSource)
    assert shop.clock.monotonic() - before >= 1.0


def test_many_failures_of_all_kinds_lose_nothing(tmp_path: Path) -> None:
    from connectors.simulator.faults import Faults

    faults = Faults(
        seed=5,
        share=0.2,
        among=(
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
        ),
    )
    with shopfront("lazada", tmp_path, faults=faults) as front:
        wanted = fill(front, 400, apart=8)
        harvest = front.run(LazadaSource, window_minutes=5, attempts=None)
        assert harvest.ids == wanted
        assert len(harvest.listings) == 400
        assert faults.met.total() >= 5


@pytest.mark.parametrize("fault", ["endless", "empty-page", "huge-page", "repeated"])
def test_pages_that_lie_once_lose_nothing(shop: Shopfront, fault: str) -> None:
    wanted = fill(shop, 120)
    shop.market.fail_next(1, fault)
    harvest = shop.run(LazadaSource)
    assert harvest.ids == wanted
    assert len(harvest.listings) == 120
    assert shop.market.faults.met[fault] == 1


def test_pages_that_never_end_end_the_run_and_not_the_memory(shop: Shopfront) -> None:
    fill(shop, 60)
    shop.market.faults.always("endless")
    with pytest.raises(AbortError, match="no more than 10000 can be paged through"):
        shop.run(LazadaSource, attempts=3)


def test_a_list_that_shifts_between_two_pages_is_read_again(shop: Shopfront) -> None:
    wanted = fill(shop, 120)
    source = shop.make(LazadaSource)
    assert isinstance(source, LazadaSource)
    original = shop.market._api.answer
    moved = offer("lazada-id", 3)

    def meddle(operation: str, call: Any) -> Any:
        if (
            operation == "list"
            and call.get("offset") == "50"
            and call.get("filter") == "all"
            and not moved_at
        ):
            # Read already, it changes now: all behind it move up by one.
            moved_at.append(shop.world.put(moved, at=START + timedelta(minutes=70)))
        return original(operation, call)

    moved_at: list[Any] = []
    shop.market._api.answer = meddle  # type: ignore[method-assign]
    assert shop.run(LazadaSource).ids == wanted


def test_records_of_another_form_are_kept_whole_and_the_rest_comes(shop: Shopfront) -> None:
    fill(shop, 40)
    shop.market.fail_next(1, "schema-change", on="list")
    harvest = shop.run(LazadaSource, overlap_seconds=0)
    assert len(harvest.unread) > 0
    assert len(harvest.listings) + len(harvest.unread) == 40
    for record in harvest.unread:
        assert msgspec.json.decode(record.value)
        assert record.why is not None
        assert "`" in record.why


def test_text_that_is_no_utf8_is_kept_whole(shop: Shopfront) -> None:
    fill(shop, 5)
    shop.market.fail_next(1, "not-utf8", on="list")
    harvest = shop.run(LazadaSource)
    assert len(harvest.ids) + len(harvest.unread) >= 5


def test_the_first_run_needs_tokens(shop: Shopfront) -> None:
    fill(shop, 1)
    with pytest.raises(OptionsError, match="no tokens of Lazada's seller"):
        shop.run(LazadaSource, access_token=None)


def test_options_that_are_wrong_are_named() -> None:
    given = {"app_key": "1", "app_secret": "rahasia-besar", "seller_id": "abc"}
    with pytest.raises(OptionsError, match=r"seller_id"):
        make(LazadaSource, given)
    with pytest.raises(OptionsError, match=r"no option 'secret'"):
        make(LazadaSource, given | {"secret": "x"})
    options = msgspec.convert(given | {"seller_id": "1", "app_secret": "rahasia-besar"}, dict)
    assert "rahasia" not in repr(make(LazadaSource, options).options)


def test_notices_of_the_tokens_reach_the_runner(shop: Shopfront) -> None:
    fill(shop, 3)
    shop.market.fail_next(1, "expired", on="list")
    shop.market.fail_next(1, "server-error", on="refresh")
    harvest = shop.run(LazadaSource)
    assert len(harvest.listings) == 3
    assert not [
        problem for problem in shop.problems if isinstance(problem, Notice) and "TTP" in problem.detail
    ]


def assert_no_secrets(text: str, options: LazadaOptions) -> None:
    """Nothing of the app's secret or the tokens."""
    assert redact(text) == text
    for secret in (options.app_secret, options.access_token, options.refresh_token):
        assert secret is None or secret.reveal() not in text
