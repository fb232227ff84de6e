"""Signing in and out with a password."""

import pytest
from argon2 import PasswordHasher
from console_client import Served
from console_people import PASSWORD, Browser, add_person, log_of
from sqlalchemy import select, update

from streams.console import passwords
from streams.console.passwords import hashed, is_outdated, is_right
from streams.console.tables import PEOPLE, SESSIONS


def test_one_comes_back_to_the_page_one_asked_for(site: Served) -> None:
    add_person(site.console, "analyst-7", "analyst")
    browser = Browser(site)
    sent = browser.get("/account?a=1&b=%26")
    assert sent.headers["location"] == "/sign-in?next=/account?a=1%26b=%2526"
    form = browser.get(sent.headers["location"])
    assert 'name="next" value="/account?a=1&amp;b=%26"' in form.text
    went = browser.sign_in("analyst-7", goal="/account?a=1&b=%26")
    assert (went.status_code, went.headers["location"]) == (303, "/account?a=1&b=%26")
    assert "analyst-7" in browser.get("/account").text


def test_names_are_the_same_in_capitals(site: Served) -> None:
    add_person(site.console, "analyst-7")
    assert Browser(site).sign_in(" Analyst-7 ").status_code == 303
    assert log_of(site.console, action="sign-in")[0].person == "analyst-7"


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "/%0d%0aSet-Cookie: a=b", "evil", ""])  # fmt: skip
def test_signing_in_leads_to_no_other_site(site: Served, goal: str) -> None:
    add_person(site.console, "viewer-7")
    went = Browser(site).sign_in("viewer-7", goal=goal)
    assert went.status_code == 303
    assert went.headers["location"] == ("/%0D%0ASet-Cookie:%20a=b" if goal.startswith("/%") else "/")
    assert len(went.headers.get_list("set-cookie")) == 1
    shown = Browser(site).client.get("/sign-in", params={"next": goal}, headers={"Accept": "text/html"})
    assert "evil.example" not in shown.text


def test_wrong_names_and_wrong_passwords_read_the_same(site: Served) -> None:
    add_person(site.console, "viewer-7")
    add_person(site.console, "viewer-8", password=None)
    add_person(site.console, "viewer-9")
    with site.console.database.write() as connection:
        connection.execute(update(PEOPLE).where(PEOPLE.c.name == "viewer-9").values(disabled=True))
    said = []
    for name, password in (("viewer-7", "wrong password"), ("nobody-1", PASSWORD), ("viewer-8", PASSWORD), ("viewer-9", PASSWORD), ("!", PASSWORD)):  # fmt: skip
        answer = Browser(site).sign_in(name, password)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        said.append(answer.text.replace(f'value="{name}"', 'value="NAME"'))
    assert len(set(said)) == 1
    assert "Name or password is wrong." in said[0]


def test_a_name_that_nobody_has_takes_the_same_work(todays_costs: None) -> None:
    # The same function at the same costs: no clock is needed to see that both take as long.
    assert hashed(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.NOBODYS.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert not is_outdated(passwords.NOBODYS)
    assert not is_right(None, PASSWORD)
    assert not is_right(None, "")


@pytest.mark.parametrize("name", ["viewer-7", "nobody-1", "viewer-8"])
def test_each_attempt_looks_at_one_password(site: Served, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add_person(site.console, "viewer-7")
    add_person(site.console, "viewer-8", password=None)
    looked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002
            looked.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=1, memory_cost=64, parallelism=1))
    assert Browser(site).sign_in(name, "wrong password").status_code == 401
    assert looked == ["$argon2id$v=19$m=64,t=1,p=1"]


def test_a_password_kept_at_lower_costs_is_kept_anew(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    add_person(site.console, "viewer-7")
    dearer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", dearer)
    assert Browser(site).sign_in("viewer-7", "wrong password").status_code == 401
    with site.console.database.read() as connection:
        assert connection.scalar(select(PEOPLE.c.password)).startswith("$argon2id$v=19$m=64,t=1,p=1$")
    for _ in range(2):
        assert Browser(site).sign_in("viewer-7").status_code == 303
        with site.console.database.read() as connection:
            assert connection.scalar(select(PEOPLE.c.password)).startswith("$argon2id$v=19$m=128,t=2,p=1$")


def test_what_two_keyboards_write_is_one_password() -> None:
    assert is_right(hashed("cafe\u0301 au lait chaud"), "caf\u00e9 au lait chaud")
    assert not is_right(hashed("a" * 12), "a" * 2000)
    assert not is_right("no hash at all", "a" * 12)


def test_signing_out_ends_the_session_for_good(site: Served) -> None:
    add_person(site.console, "viewer-7")
    browser = Browser(site)
    browser.sign_in("viewer-7")
    token = browser.session
    left = browser.post("/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in?done=sign_in.left")
    assert browser.session is None
    assert "You are signed out." in browser.get("/sign-in?done=sign_in.left").text
    thief = Browser(site)
    thief.client.cookies.set("rw_session", token or "")
    assert thief.get("/account").headers["location"].startswith("/sign-in")
    with site.console.database.read() as connection:
        assert connection.execute(select(SESSIONS)).all() == []
    assert [entry.action for entry in log_of(site.console)][:2] == ["sign-out", "sign-in"]


def test_who_is_signed_in_sees_no_form(site: Served) -> None:
    add_person(site.console, "viewer-7")
    browser = Browser(site)
    browser.sign_in("viewer-7")
    assert browser.get("/sign-in?next=/account").headers["location"] == "/account"
    assert browser.get("/sign-in?next=//evil.example").headers["location"] == "/"


def test_the_first_start_says_how_to_add_an_admin(site: Served) -> None:
    told = "relistwatch dashboard users add admin-1 --role admin"
    assert told in Browser(site).get("/sign-in").text
    add_person(site.console, "admin-1", "admin")
    assert told not in Browser(site).get("/sign-in").text


def test_a_script_is_told_in_json(site: Served) -> None:
    add_person(site.console, "viewer-7")
    fields = {"name": "viewer-7", "password": PASSWORD, "next": "/account"}
    answer = Browser(site).client.post("/sign-in", data=fields, headers={"Accept": "application/json"})
    assert answer.json() == {"next": "/account"}
    fields["password"] = "wrong password"
    answer = Browser(site).client.post("/sign-in", data=fields, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (401, {"error": "Name or password is wrong."})


@pytest.mark.parametrize(("content", "kind", "status"), [(b"\xff\xfe=\xff&name=a", "application/x-www-form-urlencoded", 401), (b"name=a", "application/x-www-form-urlencoded; charset=none", 400), (b"x" * 70_000, "application/x-www-form-urlencoded", 413), (b"--b--", "multipart/form-data; boundary=b", 415)])  # fmt: skip
def test_a_strangers_broken_form_is_refused(site: Served, content: bytes, kind: str, status: int) -> None:
    answer = Browser(site).client.post("/sign-in", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (400, status)
    assert answer.status_code < 500


def test_a_strangers_body_without_a_length_is_refused(site: Served) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = Browser(site).client.post("/sign-in", content=iter([b"name=", b"a"]), headers=headers)
    assert answer.status_code == 413
