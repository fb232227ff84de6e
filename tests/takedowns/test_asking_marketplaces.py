"""Listings that nobody has seen are asked for at their marketplace, over real HTTP."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asked_shops import KINDS, listed, shop
from kafka_client import KafkaClient
from takedown_records import changes, newest, request, send_requests, statuses

from connectors.context import Context
from connectors.errors import OptionsError
from connectors.events import EventType, ListingEvent, Takedown
from connectors.registry import source_type
from connectors.sdk import FetchesListings, make
from streams.resolving.connectors import REST_SECONDS, ConnectorSpec, ListingConnectors, connector_specs
from streams.resolving.resolution import Resolved, Unresolved

Resolve = Callable[..., dict[str, int]]


def asked_for(number: int, event: ListingEvent, **fields: Any) -> Any:
    target = {
        "marketplace": event.marketplace,
        "listing_id": event.listing_id,
        "received_at": datetime.now(UTC),
    }
    return request(number, **target | fields)


@pytest.mark.parametrize("marketplace", KINDS)
def test_a_source_tells_one_listing_by_its_id(marketplace: str, tmp_path: Path) -> None:
    event = listed(marketplace)
    with shop(marketplace, tmp_path, event) as (market, _):
        options = market.credentials_for(KINDS[marketplace][1]).options(market.base_url)
        source = make(source_type(KINDS[marketplace][0]), options)
        assert isinstance(source, FetchesListings)
        source.open(Context("toko-7", folder=tmp_path / "toko-7"))
        try:
            assert source.can_fetch(marketplace, event.listing_id)
            assert not source.can_fetch("pasar-lain", event.listing_id)
            assert not source.can_fetch(marketplace, "toko/jaket")
            found = source.fetch(marketplace, event.listing_id)
            assert found is not None
            assert (found.key, found.title, found.seller_id) == (event.key, event.title, event.seller_id)
            assert [image.url for image in found.images] == [image.url for image in event.images]
            missing = event.listing_id[:-3] + "999"
            assert source.can_fetch(marketplace, missing)
            assert source.fetch(marketplace, missing) is None
        finally:
            source.close()


@pytest.mark.kafka
def test_a_listing_never_seen_is_asked_for(client: KafkaClient, resolve: Resolve, tmp_path: Path) -> None:
    event, other = listed("shopee-id"), listed("lazada-id")
    with shop("shopee-id", tmp_path, event) as (_, shopee), shop("lazada-id", tmp_path, other) as (_, lazada):
        stranger = asked_for(3, event, listing_id="999.1")
        send_requests(client, asked_for(1, event), asked_for(2, other), stranger)
        # First each is put on record as unresolved, so that nobody waits for a marketplace; then it is asked.
        assert resolve(shopee, lazada) == {"not-seen": 3, "connector": 2}
    found = statuses(client)
    assert [(found[each].how, found[each].via) for each in ("r1", "r2")] == [("connector", "toko-7")] * 2
    assert (found["r3"].reason, found["r3"].detail) == ("not-seen", None)
    taken = newest(client, "takedowns", Takedown)
    assert {each.listing.title for each in taken.values()} == {event.title, other.title}
    assert all(each.listing.images for each in taken.values())
    # It was there when it was asked for, after its takedown was received: still up.
    assert [each.what for each in changes(client)] == ["listing seen"] * 2


@pytest.mark.kafka
def test_what_the_marketplace_does_not_know_is_asked_for_again(
    client: KafkaClient, resolve: Resolve, tmp_path: Path
) -> None:
    event = listed("shopee-id")
    with shop("shopee-id", tmp_path) as (market, shopee):
        send_requests(client, asked_for(1, event))
        assert resolve(shopee) == {"not-seen": 1, "gone": 1}
        assert resolve(shopee) == {}
        assert statuses(client)["r1"].attempts == 1
    assert resolve(shopee, first_retry_minutes=0.001) == {}
    clock = _Later(timedelta(minutes=6))
    assert resolve(shopee, clock=clock) == {"connector-away": 1}
    status = statuses(client)["r1"]
    assert "shopee" in (status.detail or "").lower() or "127.0.0.1" in (status.detail or "")
    with shop("shopee-id", tmp_path, event, port=int(market.base_url.rpartition(":")[2])) as (_, again):
        assert resolve(again, clock=_Later(timedelta(minutes=30))) == {"connector": 1}
    assert [each.state for each in statuses(client)["r1"].changes] == [
        "received", "unresolved", "unresolved", "unresolved", "resolved", "published",
    ]  # fmt: skip


@pytest.mark.kafka
def test_what_is_off_sale_but_still_told_is_enough(
    client: KafkaClient, resolve: Resolve, tmp_path: Path
) -> None:
    event = listed("lazada-id", type=EventType.REMOVED)
    with shop("lazada-id", tmp_path, event) as (_, lazada):
        send_requests(client, asked_for(1, event))
        counts = resolve(lazada)
    assert counts == {"not-seen": 1, "connector": 1}
    assert [each.what for each in changes(client)] == ["listing removed"]


class _Later:
    """The machine's clock, ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        raise AssertionError("not asked")

    def wait(self, stop: Any, seconds: float) -> bool:
        raise AssertionError("not asked")


def test_connectors_are_named_with_their_file_and_instance() -> None:
    assert connector_specs(["shopee=a.toml, lazada@toko-7=b.toml", ""]) == [
        ConnectorSpec("shopee", "shopee", Path("a.toml")),
        ConnectorSpec("lazada", "toko-7", Path("b.toml")),
    ]
    with pytest.raises(OptionsError, match="NAME=FILE"):
        connector_specs(["shopee"])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("jsonlines=ok.toml", "cannot tell one listing"),
        ("shopee=none.toml", "cannot read"),
        ("shopee=torn.toml", "not TOML"),
        ("shopee=wrong.toml", "partner"),
    ],
)
def test_a_connector_that_is_configured_wrongly_is_named(spec: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "ok.toml").write_text('path = "x"\n')
    (tmp_path / "torn.toml").write_text("= =")
    (tmp_path / "wrong.toml").write_text("x = 1\n")
    name, _, file = spec.partition("=")
    with pytest.raises(OptionsError, match=why):
        ListingConnectors([ConnectorSpec(name, name, tmp_path / file)], tmp_path, threading.Event())


def test_a_refused_connector_rests_and_the_reason_is_told(tmp_path: Path) -> None:
    event = listed("shopee-id")
    with shop("shopee-id", tmp_path, event) as (_, spec):
        file = tmp_path / "shopee-id.toml"
        text = file.read_text()
        file.write_text(text.replace("partner_key = '", "partner_key = 'wrong"))
        with closing(ListingConnectors(connector_specs([spec]), tmp_path, threading.Event())) as refused:
            first = refused.ask("shopee-id", event.listing_id, 0.0)
            assert isinstance(first, Unresolved)
            assert first.reason == "connector-refused"
            assert "wrong" not in (first.detail or "")
            file.write_text(text)
            again = refused.ask("shopee-id", event.listing_id, REST_SECONDS - 1)
            assert isinstance(again, Unresolved)
            assert "lately" in (again.detail or "")
        with closing(ListingConnectors(connector_specs([spec]), tmp_path, threading.Event())) as allowed:
            assert isinstance(allowed.ask("shopee-id", event.listing_id, 0.0), Resolved)


def test_a_marketplace_that_is_away_is_no_refusal(tmp_path: Path) -> None:
    event = listed("shopee-id")
    with shop("shopee-id", tmp_path, event) as (_, spec):
        pass
    with closing(ListingConnectors(connector_specs([spec]), tmp_path, threading.Event())) as connectors:
        outcome = connectors.ask("shopee-id", event.listing_id, 0.0)
    assert isinstance(outcome, Unresolved)
    assert outcome.reason == "connector-away"
