"""Every route that the console has, asked for by everybody: what is not allowed is refused, whatever is added later."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, Visitor, console_in, served

from streams.console.app import ROUTES
from streams.console.people import MAY, ROLES, Role
from streams.console.routes import Route

GUARDED = [route for route in ROUTES if route.needs is not None]
POSTS = [route for route in ROUTES if route.method == "POST"]
OPEN = {
    "GET /static/{name}",
    "POST /preferences",
    "GET /sign-in",
    "POST /sign-in",
    "GET /livez",
    "GET /readyz",
}
PARTS = ("x", "1", "takedown", "listing", "a" * 64)
"""One of them fits each part of an address that is left open."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all: nothing gets through, so nothing changes."""
    folder: Path = tmp_path_factory.mktemp("console")
    with console_in(folder) as console, served(console) as site:
        yield site


@pytest.fixture(scope="module")
def visitors(site: Served) -> dict[Role | None, Visitor]:
    """One of each role, and a stranger."""
    return {role: site.visitor(role) for role in (None, *ROLES)}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def ask(visitor: Visitor, route: Route, **headers: str) -> int:
    return visitor.client.request(route.method, address_of(route), headers=headers).status_code


def address_of(route: Route) -> str:
    """An address of the route, its open parts filled in."""

    def fill(part: re.Match[str]) -> str:
        return next(text for text in PARTS if re.fullmatch(part["shape"] or "[^{}/]+", text))

    return re.sub(r"\{\w+(?::(?P<shape>(?:[^{}]|\{[^{}]*\})*))?\}", fill, route.path)


def test_what_is_open_to_strangers_is_known() -> None:
    assert {named(route) for route in ROUTES if route.needs is None} == OPEN


def test_no_handler_is_guarded_in_two_ways() -> None:
    needs: dict[object, object] = {}
    for route in ROUTES:
        assert needs.setdefault(route.handler, route.needs) == route.needs, named(route)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_strangers_are_asked_to_sign_in(visitors: dict[Role | None, Visitor], route: Route) -> None:
    assert ask(visitors[None], route) == 401
    wanted = 303 if route.method == "GET" else 401
    assert ask(visitors[None], route, Accept="text/html") == wanted


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_role_that_lacks_the_permission_is_refused(
    visitors: dict[Role | None, Visitor], route: Route
) -> None:
    for role in ROLES:
        if route.needs not in MAY[role]:
            # With the token, so that it is the role that is refused.
            assert ask(visitors[role], route, **{"X-CSRF-Token": visitors[role].csrf}) == 403, role


@pytest.mark.parametrize("route", POSTS, ids=named)
def test_an_action_without_the_token_or_from_elsewhere_is_refused(
    visitors: dict[Role | None, Visitor], route: Route
) -> None:
    admin = visitors["admin"]
    assert ask(admin, route) == 403
    assert ask(admin, route, **{"X-CSRF-Token": visitors["viewer"].csrf}) == 403
    assert ask(admin, route, **{"X-CSRF-Token": admin.csrf, "Origin": "https://evil.example"}) == 403
    assert ask(admin, route, **{"X-CSRF-Token": admin.csrf, "Sec-Fetch-Site": "cross-site"}) == 403
    assert ask(visitors[None], route, Origin="https://evil.example") == 403


@pytest.mark.parametrize("route", POSTS, ids=named)
def test_an_action_cannot_be_done_by_opening_an_address(
    visitors: dict[Role | None, Visitor], route: Route
) -> None:
    if any(each.method == "GET" and each.path == route.path for each in ROUTES):
        return
    answer = visitors["admin"].client.get(address_of(route))
    assert answer.status_code in (404, 405)
