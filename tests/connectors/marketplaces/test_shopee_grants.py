"""A shop's first tokens for a code, and a lost refresh mended with a resend code; then the simulated Shopee."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from shopee_shop import SHOP, Run, Shop, opened

from connectors.clock import SetClock
from connectors.http_client import HttpClient
from connectors.rate import Rate
from connectors.sdk import AbortError, RetryError, Secret
from connectors.shopee.answers import judge_refresh
from connectors.shopee.grants import EXCHANGE, REFRESH, RESEND, ShopeeGrants
from connectors.shopee.signature import sign

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CODE = "7867624d4e766166"
RESENT = "resend5a4d6e6a7a74"


class Desk:
    """Gives the simulated Shopee's tokens for each code once, where the request is right."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.good = {CODE, RESENT}
        self.asked: list[str] = []

    def before(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if path not in {EXCHANGE, RESEND}:
            return None
        app, asked = self._shop.sim.credentials_for(SHOP), request.url.params
        assert asked["sign"] == sign(app.secret, int(app.app), path, int(asked["timestamp"]))
        body = msgspec.json.decode(request.content)
        code = body.pop("code" if path == EXCHANGE else "resend_code")
        assert body == ({"partner_id": int(app.app), "shop_id": int(SHOP)} if path == EXCHANGE else {})
        self.asked.append(code)
        if code not in self.good:
            return httpx.Response(
                200, json={"error": "invalid_code", "message": "The code is expired or used or invalid"}
            )
        self.good.remove(code)
        granted = self._shop.sim.tokens.grant(SHOP, int(self._shop.clock.now().timestamp() * 1000))
        told = {
            "access_token": granted.access_token,
            "refresh_token": granted.refresh_token,
            "expire_in": 14_400,
        }
        return httpx.Response(200, json={"error": "", "message": "", **told})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as made:
        made.fill(3)
        yield made


def run(shop: Shop, **options: Any) -> Run:
    return shop.run(access_token=None, refresh_token=None, **options)


def test_a_code_is_exchanged_once_and_may_stay_in_the_options(shop: Shop) -> None:
    desk = Desk(shop)
    shop.before = desk.before
    assert len(run(shop, code=CODE).events) == 3
    assert len(run(shop, code=CODE).events) == 3
    assert desk.asked == [CODE]


def test_a_used_code_says_so_and_is_not_told(shop: Shop) -> None:
    desk = Desk(shop)
    desk.good.clear()
    shop.before = desk.before
    ended = run(shop, code=CODE)
    assert isinstance(ended.error, AbortError)
    assert "take another" in str(ended.error)
    assert CODE not in ended.told


def test_a_lost_refresh_is_mended_with_a_resend_code(shop: Shop) -> None:
    desk = Desk(shop)
    shop.before = desk.before
    assert run(shop, code=CODE).error is None
    shop.sim.tokens.expire()
    shop.sim.fail_next(1, "hang-up-after", on="refresh")
    shop.clock.move(60)
    lost = run(shop, code=CODE)
    assert isinstance(lost.error, AbortError)
    assert "resend code" in str(lost.error)
    assert run(shop, code=RESENT).error is None
    assert run(shop, code=RESENT).error is None
    assert desk.asked == [CODE, RESENT]


def granted(told: dict[str, Any]) -> Any:
    """The tokens that an answer to a refresh gives, at `AT`."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json=told if request.url.path == REFRESH else {})
    )
    client = HttpClient(
        "http://x",
        rate=Rate(9),
        clock=SetClock(AT),
        stop=threading.Event(),
        judge=judge_refresh,
        transport=transport,
    )
    with client:
        return ShopeeGrants(client, 1, 7).refreshed(Secret("refresh-token-1"))


@pytest.mark.parametrize(
    ("expire_in", "seconds"),
    [
        (14_400, 14_400),
        (int(AT.timestamp()) + 600, 600),
        (int(AT.timestamp()) - 600, None),
        (0, None),
        (-5, None),
        (None, None),
        ("14400", None),
        (10**30, None),
        ({}, None),
    ],
    ids=range(9),
)
def test_when_a_token_ends_in_seconds_or_as_a_moment(expire_in: Any, seconds: int | None) -> None:
    tokens = granted(
        {"access_token": "access-1", "refresh_token": "refresh-1", "expire_in": expire_in, "error": ""}
    )
    assert tokens.access_until == (None if seconds is None else AT + timedelta(seconds=seconds))
    assert tokens.refresh_until == AT + timedelta(days=30)


@pytest.mark.parametrize("told", [{}, {"access_token": 1, "refresh_token": "r"}, {"access_token": "a"}])
def test_an_answer_without_tokens_is_asked_for_again(told: dict[str, Any]) -> None:
    with pytest.raises(RetryError, match="another form"):
        granted(told)
