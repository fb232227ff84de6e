"""Sessions: anew at each sign-in, in a cookie that nothing else reads, over at once when they should be."""

import threading
from pathlib import Path

import httpx
import local_http
import pytest
from console_client import Served, console_in, served
from console_people import OTHER_PASSWORD, PASSWORD, Browser, add_person, log_of
from sqlalchemy import select, update

from streams.console import accounts, guard
from streams.console.audit import COMMAND
from streams.console.tables import SESSIONS
from streams.settings import Dashboard, Settings

HOUR_MS = 3_600_000


@pytest.fixture
def analyst(site: Served) -> Browser:
    """Signed in."""
    add_person(site.console, "analyst-7", "analyst")
    browser = Browser(site)
    assert browser.sign_in("analyst-7").status_code == 303
    return browser


def is_signed_in(browser: Browser) -> bool:
    answer = browser.get("/account")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


def age(site: Served, made_ms: int, seen_ms: int) -> None:
    """As if the sessions were older by so much."""
    older = {"made_ms": SESSIONS.c.made_ms - made_ms, "seen_ms": SESSIONS.c.seen_ms - seen_ms}
    with site.console.database.write() as connection:
        connection.execute(update(SESSIONS).values(**older))


def test_a_token_that_was_slipped_in_is_never_taken(site: Served) -> None:
    add_person(site.console, "analyst-7")
    victim = Browser(site)
    victim.client.cookies.set("rw_session", "chosen-by-an-attacker", domain="127.0.0.1")
    victim.sign_in("analyst-7")
    tokens = [cookie.value for cookie in victim.client.cookies.jar]
    assert len(tokens) == 1
    assert tokens[0] != "chosen-by-an-attacker"
    attacker = Browser(site)
    attacker.client.cookies.set("rw_session", "chosen-by-an-attacker")
    assert not is_signed_in(attacker)


def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_before(site: Served, analyst: Browser) -> None:
    first, csrf = analyst.session, analyst.csrf()
    again = analyst.post("/sign-in", {"name": "analyst-7", "password": PASSWORD, "next": "/account"})
    assert again.status_code == 303
    assert analyst.session != first
    assert analyst.csrf() != csrf
    old = Browser(site)
    old.client.cookies.set("rw_session", first or "")
    assert not is_signed_in(old)


def test_the_cookie_is_for_the_server_alone(site: Served) -> None:
    add_person(site.console, "analyst-7")
    cookie = Browser(site).sign_in("analyst-7").headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax"}
    assert cookie.startswith("rw_session=")


def test_with_https_no_other_host_can_set_the_cookie(tmp_path: Path) -> None:
    settings = Settings(dashboard=Dashboard(https=True))
    with console_in(tmp_path, settings) as console, served(console) as site:
        add_person(console, "analyst-7")
        cookie = Browser(site).sign_in("analyst-7").headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        token = rest.partition(";")[0]
        assert name == "__Host-rw_session"
        assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "path=/", "samesite=lax", "secure"}  # fmt: skip
        headers = {"Accept": "text/html"}
        good = local_http.get(
            f"{site.base}/account", headers=headers | {"Cookie": f"__Host-rw_session={token}"}
        )
        plain = local_http.get(f"{site.base}/account", headers=headers | {"Cookie": f"rw_session={token}"})
        assert (good.status_code, plain.status_code) == (200, 303)


def test_a_stolen_database_signs_nobody_in(site: Served, analyst: Browser) -> None:
    with site.console.database.read() as connection:
        kept = connection.scalar(select(SESSIONS.c.token))
    assert kept != analyst.session
    thief = Browser(site)
    thief.client.cookies.set("rw_session", kept)
    assert not is_signed_in(thief)


@pytest.mark.parametrize(("made_ms", "seen_ms", "alive"), [(11 * HOUR_MS, 0, True), (12 * HOUR_MS + 1, 0, False), (3 * HOUR_MS - 60_000, 3 * HOUR_MS - 60_000, True), (3 * HOUR_MS + 1, 3 * HOUR_MS + 1, False), (-60_000, -60_000, True), (-HOUR_MS, -HOUR_MS, False)])  # fmt: skip
def test_a_session_ends_by_its_age_and_by_its_rest(
    site: Served, analyst: Browser, made_ms: int, seen_ms: int, alive: bool
) -> None:
    age(site, made_ms, seen_ms)
    assert is_signed_in(analyst) == alive


def test_what_a_page_asks_by_itself_is_no_sign_of_life(site: Served, analyst: Browser) -> None:
    age(site, 2 * HOUR_MS, 2 * HOUR_MS)
    assert analyst.get("/account", **{"X-Fragment": "1"}).status_code == 200
    age(site, HOUR_MS + 1, HOUR_MS + 1)
    assert not is_signed_in(analyst)


def test_a_page_that_is_opened_is_one(site: Served, analyst: Browser) -> None:
    age(site, 2 * HOUR_MS, 2 * HOUR_MS)
    assert is_signed_in(analyst)
    age(site, HOUR_MS + 1, HOUR_MS + 1)
    assert is_signed_in(analyst)


def test_another_password_ends_all_sessions_but_gives_a_new_one_here(site: Served, analyst: Browser) -> None:
    elsewhere = Browser(site)
    elsewhere.sign_in("analyst-7")
    before, csrf = analyst.session, analyst.csrf()
    fields = {"present": PASSWORD, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    changed = analyst.post("/account/password", fields)
    assert changed.headers["location"] == "/account?done=account.password_changed"
    assert analyst.session != before
    assert analyst.csrf() != csrf
    assert "The password is changed." in analyst.get(changed.headers["location"]).text
    assert not is_signed_in(elsewhere)
    assert Browser(site).sign_in("analyst-7").status_code == 401
    assert Browser(site).sign_in("analyst-7", OTHER_PASSWORD).status_code == 303
    assert log_of(site.console, action="password changed")[0].person == "analyst-7"


@pytest.mark.parametrize(("new", "said"), [("brief", "at least 12 characters"), ("é" * 600, "at most 1024 bytes"), ("analyst-7ANALYST-7", "must not be the name")])  # fmt: skip
def test_a_bad_password_is_not_taken(site: Served, analyst: Browser, new: str, said: str) -> None:
    answer = analyst.post("/account/password", {"present": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 400
    assert said in answer.text
    assert new not in answer.text


def test_another_password_needs_the_present_one_and_itself_twice(site: Served, analyst: Browser) -> None:
    answer = analyst.post(
        "/account/password", {"present": "wrong", "new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    )
    assert (answer.status_code, "The present password is wrong." in answer.text) == (400, True)
    answer = analyst.post("/account/password", {"present": PASSWORD, "new": OTHER_PASSWORD, "again": "x"})
    assert (answer.status_code, "are not the same" in answer.text) == (400, True)
    assert Browser(site).sign_in("analyst-7").status_code == 303


def test_one_signs_out_everywhere_else(site: Served, analyst: Browser) -> None:
    elsewhere = Browser(site, **{"User-Agent": "Another <b>browser</b>"})
    elsewhere.sign_in("analyst-7")
    assert "Another &lt;b&gt;browser&lt;/b&gt;" in analyst.get("/account").text
    ended = analyst.post("/account/end-others")
    assert ended.headers["location"] == "/account?done=account.others_ended"
    assert is_signed_in(analyst)
    assert not is_signed_in(elsewhere)
    assert log_of(site.console, action="sessions ended")[0].detail == "1"


def test_a_disabled_persons_open_session_is_over(site: Served, analyst: Browser) -> None:
    with site.console.database.write() as connection:
        accounts.set_disabled(connection, "analyst-7", True, COMMAND, by_proxy=False)
    assert not is_signed_in(analyst)
    with site.console.database.write() as connection:
        accounts.set_disabled(connection, "analyst-7", False, COMMAND, by_proxy=False)
    assert not is_signed_in(analyst)
    assert analyst.sign_in("analyst-7").status_code == 303


def test_another_role_ends_open_sessions(site: Served, analyst: Browser) -> None:
    with site.console.database.write() as connection:
        accounts.set_role(connection, "analyst-7", "viewer", COMMAND, by_proxy=False)
    assert not is_signed_in(analyst)


def test_a_disabled_persons_open_stream_ends(
    site: Served, analyst: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "STREAM_CHECK_SECONDS", 0.05)
    opened, ended = threading.Event(), threading.Event()

    def listen() -> None:
        try:
            with analyst.client.stream(
                "GET", "/live?kinds=alerts", headers={"Accept": "text/event-stream"}
            ) as answer:
                for _ in answer.iter_lines():
                    opened.set()
        except httpx.TransportError:
            pass
        ended.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(20)
    assert not ended.wait(0.2)
    with site.console.database.write() as connection:
        accounts.set_disabled(connection, "analyst-7", True, COMMAND, by_proxy=False)
    assert ended.wait(20)
    listener.join()
    answer = analyst.client.get("/live?kinds=alerts", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
