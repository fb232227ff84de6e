"""Actions that another site, another session or nobody sends (CSRF), signing in included."""

import pytest
from console_client import Served
from console_people import PASSWORD, Browser, add_person, log_of
from hypothesis import given
from hypothesis import strategies as st

from streams.console.origin import comes_from_us


@pytest.fixture
def admin(site: Served) -> Browser:
    """Signed in, with somebody to act on."""
    add_person(site.console, "admin-7", "admin")
    add_person(site.console, "viewer-7", "viewer")
    browser = Browser(site)
    browser.sign_in("admin-7")
    return browser


PROMOTION = {"name": "viewer-7", "role": "admin"}


def test_the_right_token_is_taken(site: Served, admin: Browser) -> None:
    assert admin.post("/people/role", PROMOTION).status_code == 303
    assert log_of(site.console, action="role changed")[0].detail == "viewer to admin"


def test_without_or_with_another_token_nothing_happens(site: Served, admin: Browser) -> None:
    other = Browser(site)
    other.sign_in("viewer-7")
    for token in ("", "guessed", other.csrf(), admin.csrf()[:-1], admin.csrf() + "x", "é"):
        assert admin.post("/people/role", PROMOTION, token=token).status_code == 403
    assert admin.client.post("/people/role", data=PROMOTION).status_code == 403
    assert admin.client.post("/people/role", files={"csrf": (None, admin.csrf()), "name": (None, "viewer-7"), "role": (None, "admin")}).status_code == 403  # fmt: skip
    assert admin.client.post(f"/people/role?csrf={admin.csrf()}", data=PROMOTION).status_code == 403
    assert log_of(site.console, action="role changed") == []


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://127.0.0.1"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://[::1"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "nonsense"}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}], ids=lambda each: " ".join(f"{name}={value}" for name, value in each.items()))  # fmt: skip
def test_what_another_site_sends_is_refused_even_with_the_token(
    site: Served, admin: Browser, headers: dict[str, str]
) -> None:
    assert admin.post("/people/role", PROMOTION, **headers).status_code == 403
    assert log_of(site.console, action="role changed") == []
    # To sign a stranger's browser in as the attacker is an attack too.
    victim = Browser(site)
    assert victim.sign_in("viewer-7", **headers).status_code == 403
    assert victim.session is None
    assert victim.post("/preferences", {"theme": "dark"}, token="", **headers).status_code == 403


def test_our_own_pages_origin_is_taken(site: Served, admin: Browser) -> None:
    headers = {"Origin": site.base, "Sec-Fetch-Site": "same-origin"}
    assert admin.post("/people/role", PROMOTION, **headers).status_code == 303
    assert Browser(site).sign_in("viewer-7", **headers).status_code == 303


def test_behind_a_proxy_it_is_the_name_that_people_see(site: Served, admin: Browser) -> None:
    headers = {"Origin": "https://console.example", "X-Forwarded-Host": "console.example"}
    assert admin.post("/people/role", PROMOTION, **headers).status_code == 303


def test_one_must_not_be_signed_in_anew_by_a_forged_form(site: Served, admin: Browser) -> None:
    fields = {"name": "viewer-7", "password": PASSWORD, "next": "/account"}
    assert admin.post("/sign-in", fields, token="").status_code == 403
    assert "admin-7" in admin.get("/account").text


@pytest.mark.parametrize(("site_says", "origin", "hosts", "https", "ours"), [
    (None, None, ["a.example"], False, True),
    ("none", None, ["a.example"], False, True),
    (None, "http://a.example", ["a.example"], False, True),
    (None, "http://A.example", ["a.example:80"], False, True),
    (None, "https://a.example", ["a.example:443"], True, True),
    (None, "https://a.example:443", ["a.example"], True, True),
    (None, "http://a.example", ["a.example"], True, False),
    (None, "https://a.example.evil.example", ["a.example"], False, False),
    (None, "https://a.example@evil.example", ["a.example"], False, False),
    (None, "ftp://a.example", ["a.example"], False, False),
    (None, "null", ["null"], False, False),
    (None, "http://[::1]:6070", ["[::1]:6070"], False, True),
    (None, "http://a.example:x", ["a.example"], False, False),
])  # fmt: skip
def test_what_is_our_own_site(
    site_says: str | None, origin: str | None, hosts: list[str], https: bool, ours: bool
) -> None:
    assert comes_from_us(site_says, origin, hosts, https=https) is ours


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_origin_breaks_it(origin: str, host: str) -> None:
    assert comes_from_us(None, origin, [host], https=False) in (True, False)
    assert not comes_from_us("cross-site", origin, [host], https=False)
