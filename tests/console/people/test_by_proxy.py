"""sign_in = "proxy": the header is believed from trusted proxies alone, and forged actions are refused all the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from console_client import Served, console_in, served
from console_people import Browser, add_person, log_of
from structlog.testing import capture_logs

from streams.console import accounts
from streams.console.audit import COMMAND
from streams.console.context import Console
from streams.settings import Dashboard, Settings, SettingsError, load_settings

USER = "X-Forwarded-User"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """Behind a proxy on this machine."""
    with (
        console_in(tmp_path, Settings(dashboard=Dashboard(sign_in="proxy"))) as console,
        served(console) as site,
    ):
        yield site


def accounts_of(console: Console) -> dict[str, str]:
    with console.database.read() as connection:
        return {each.name: each.role for each in accounts.everyone(connection)}


def test_who_is_named_first_is_added_with_the_settings_role(site: Served) -> None:
    browser = Browser(site, **{USER: "Viewer-7@Example.ORG", "X-Forwarded-For": "192.0.2.1"})
    assert "viewer-7@example.org" in browser.get("/account").text
    assert accounts_of(site.console) == {"viewer-7@example.org": "viewer"}
    sign_in, added = log_of(site.console)
    assert (added.action, added.detail) == ("person added", "viewer, by the proxy")
    assert (sign_in.action, sign_in.address) == ("sign-in", "192.0.2.1")
    assert browser.get("/people").status_code == 403


def test_a_known_person_keeps_the_role(site: Served) -> None:
    add_person(site.console, "admin-7", "admin", password=None)
    assert Browser(site, **{USER: "admin-7"}).get("/people").status_code == 200


def test_without_the_header_nobody_is_signed_in_and_no_form_takes_a_password(site: Served) -> None:
    add_person(site.console, "admin-7", "admin")
    browser = Browser(site)
    assert browser.get("/account").status_code == 401
    page = browser.get("/sign-in")
    assert "signs people in" in page.text
    assert 'name="password"' not in page.text
    assert (
        browser.client.post("/sign-in", data={"name": "admin-7", "password": "seven blue herons"}).status_code
        == 404
    )


def test_a_session_without_the_header_is_worth_nothing(site: Served) -> None:
    browser = Browser(site, **{USER: "viewer-7"})
    browser.get("/account")
    del browser.client.headers[USER]
    assert browser.get("/account").status_code == 401


def test_a_forged_action_is_refused(site: Served) -> None:
    add_person(site.console, "admin-7", "admin", password=None)
    add_person(site.console, "viewer-7", password=None)
    promotion = {"name": "viewer-7", "role": "admin"}
    admin, viewer = Browser(site, **{USER: "admin-7"}), Browser(site, **{USER: "viewer-7"})
    # A page of another site sends the header through the proxy as well; it has no token, or its own.
    for token in ("", "guessed", viewer.csrf()):
        assert admin.post("/people/role", promotion, token=token).status_code == 403
    never_came = Browser(site, **{USER: "admin-7"})
    assert never_came.post("/people/role", promotion, token="").status_code == 403
    assert admin.post("/people/role", promotion, Origin="https://evil.example").status_code == 403
    assert accounts_of(site.console)["viewer-7"] == "viewer"
    assert admin.post("/people/role", promotion).status_code == 303
    assert accounts_of(site.console)["viewer-7"] == "admin"


def test_anothers_session_is_not_taken_along(site: Served) -> None:
    first = Browser(site, **{USER: "viewer-7"})
    token, csrf = first.get("/account") and first.session, first.csrf()
    second = Browser(site, **{USER: "viewer-8"})
    second.client.cookies.set("rw_session", token or "")
    assert "viewer-8" in second.get("/account").text
    assert second.csrf() != csrf
    assert second.post("/account/end-others", token=csrf).status_code == 403


@pytest.mark.parametrize("trusted", ["192.0.2.0/24", "::1", ""])
def test_from_elsewhere_the_header_is_refused_and_logged(tmp_path: Path, trusted: str) -> None:
    settings = Settings(dashboard=Dashboard(sign_in="proxy", trusted_proxies=trusted))
    with console_in(tmp_path, settings) as console, served(console) as site, capture_logs() as logs:
        add_person(console, "admin-7", "admin", password=None)
        # X-Forwarded-For is no proof either.
        for extra in ({}, {"X-Forwarded-For": "192.0.2.9"}, {"Forwarded": "for=192.0.2.9"}):
            browser = Browser(site, **{USER: "admin-7"} | extra)
            assert browser.get("/people").status_code == 403
            assert browser.client.post("/people/add", data={"name": "x"}).status_code == 403
            assert browser.get("/sign-in").status_code == 403
        assert accounts_of(console) == {"admin-7": "admin"}
    told = [each for each in logs if "no trusted proxy" in each["event"]]
    assert told[0]["peer"] == "127.0.0.1"


def test_with_passwords_the_header_means_nothing(tmp_path: Path) -> None:
    with console_in(tmp_path) as console, served(console) as site:
        add_person(console, "admin-7", "admin")
        assert Browser(site, **{USER: "admin-7"}).get("/people").status_code == 303


@pytest.mark.parametrize("name", ["", "-x", "a b", "a,b", "ａdmin-7", "\u212aelvin-7", "a" * 101, "(command line)", "a;b"])  # fmt: skip
def test_a_name_that_is_none_is_refused(site: Served, name: str) -> None:
    browser = Browser(site)
    browser.client.headers = browser.client.headers.__class__([(USER.encode(), name.encode())])
    assert browser.get("/account").status_code == 403
    assert accounts_of(site.console) == {}


def test_two_names_are_refused(site: Served) -> None:
    # A proxy that adds its header beside the browser's own would let people choose who they are.
    headers = [(USER, "viewer-7"), (USER, "admin-7"), ("Accept", "text/html")]
    assert Browser(site).client.get("/account", headers=headers).status_code == 403


def test_a_disabled_person_is_refused_at_once(site: Served) -> None:
    browser = Browser(site, **{USER: "viewer-7"})
    assert browser.get("/account").status_code == 200
    with site.console.database.write() as connection:
        accounts.set_disabled(connection, "viewer-7", True, COMMAND, by_proxy=True)
    answer = browser.get("/account")
    assert (answer.status_code, "Your account is disabled" in answer.text) == (403, True)


def test_another_role_counts_at_once(site: Served) -> None:
    browser = Browser(site, **{USER: "viewer-7"})
    assert browser.get("/people").status_code == 403
    with site.console.database.write() as connection:
        accounts.set_role(connection, "viewer-7", "admin", COMMAND, by_proxy=True)
    assert browser.get("/people").status_code == 200


def test_first_requests_at_once_add_one_person(site: Served) -> None:
    def come(_: int) -> int:
        return Browser(site, **{USER: "viewer-7"}).get("/account").status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(come, range(6))) == [200] * 6
    assert len(log_of(site.console, action="person added")) == 1


def test_signing_out_says_what_it_cannot_do(site: Served) -> None:
    browser = Browser(site, **{USER: "viewer-7"})
    browser.get("/account")
    left = browser.post("/sign-out")
    assert "still has you signed in" in browser.get(left.headers["location"]).text


@pytest.mark.parametrize("text", ["everybody", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1;::1"])
def test_a_wrong_network_is_found_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings(None, {"RELISTWATCH_DASHBOARD__TRUSTED_PROXIES": text})
