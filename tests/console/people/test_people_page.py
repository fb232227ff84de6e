"""Admins add people, give roles, set passwords, and let nobody in any more; somebody always can."""

import threading

import pytest
from console_client import Served
from console_people import OTHER_PASSWORD, PASSWORD, Browser, add_person, log_of
from sqlalchemy import select

from streams.console import accounts
from streams.console.accounts import AccountError
from streams.console.audit import COMMAND
from streams.console.context import Console
from streams.console.people import ROLES
from streams.console.tables import PEOPLE


@pytest.fixture
def admin(site: Served) -> Browser:
    """Signed in, beside a viewer."""
    add_person(site.console, "admin-7", "admin")
    add_person(site.console, "viewer-7")
    browser = Browser(site)
    browser.sign_in("admin-7")
    return browser


def role_of(console: Console, name: str) -> str | None:
    with console.database.read() as connection:
        found: str | None = connection.scalar(select(PEOPLE.c.role).where(PEOPLE.c.name == name))
        return found


def test_a_person_is_added_and_signs_in(site: Served, admin: Browser) -> None:
    fields = {"name": "Analyst-9", "role": "analyst", "password": OTHER_PASSWORD}
    added = admin.post("/people/add", fields)
    assert added.headers["location"] == "/people?done=people.added"
    page = admin.get(added.headers["location"]).text
    assert "analyst-9" in page
    assert "Never signed in" in page
    assert OTHER_PASSWORD not in page
    assert Browser(site).sign_in("analyst-9", OTHER_PASSWORD).status_code == 303
    entry = log_of(site.console, action="person added")[0]
    assert (entry.person, entry.subject, entry.detail) == ("admin-7", "analyst-9", "analyst")


@pytest.mark.parametrize(("fields", "status"), [
    ({"name": "viewer-7", "role": "viewer", "password": OTHER_PASSWORD}, 409),
    ({"name": "VIEWER-7", "role": "viewer", "password": OTHER_PASSWORD}, 409),
    ({"name": "a b", "role": "viewer", "password": OTHER_PASSWORD}, 400),
    ({"name": "=cmd", "role": "viewer", "password": OTHER_PASSWORD}, 400),
    ({"name": "а-7", "role": "viewer", "password": OTHER_PASSWORD}, 400),  # a Cyrillic letter
    ({"name": "viewer-8", "role": "owner", "password": OTHER_PASSWORD}, 400),
    ({"name": "viewer-8", "role": "viewer", "password": "short"}, 400),
    ({"name": "viewer-8", "role": "viewer"}, 400),
    ({}, 400),
], ids=str)  # fmt: skip
def test_what_is_no_person_is_not_added(
    site: Served, admin: Browser, fields: dict[str, str], status: int
) -> None:
    assert admin.post("/people/add", fields).status_code == status
    assert log_of(site.console, person="admin-7", action="person added") == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_given(site: Served, admin: Browser, role: str) -> None:
    assert admin.post("/people/role", {"name": "viewer-7", "role": role}).status_code == 303
    assert role_of(site.console, "viewer-7") == role


def test_a_password_is_set_and_sessions_end(site: Served, admin: Browser) -> None:
    viewer = Browser(site)
    viewer.sign_in("viewer-7")
    assert admin.post("/people/password", {"name": "viewer-7", "password": OTHER_PASSWORD}).status_code == 303
    assert viewer.get("/account").status_code == 303
    assert viewer.sign_in("viewer-7").status_code == 401
    assert viewer.sign_in("viewer-7", OTHER_PASSWORD).status_code == 303


def test_who_is_disabled_is_out_and_comes_back(site: Served, admin: Browser) -> None:
    viewer = Browser(site)
    viewer.sign_in("viewer-7")
    assert admin.post("/people/disable", {"name": "viewer-7"}).status_code == 303
    assert viewer.get("/account").status_code == 303
    assert viewer.sign_in("viewer-7").status_code == 401
    assert "disabled" in admin.get("/people").text
    assert admin.post("/people/enable", {"name": "viewer-7"}).status_code == 303
    assert viewer.sign_in("viewer-7").status_code == 303
    assert [entry.action for entry in log_of(site.console, subject="viewer-7")][1:4] == ["person enabled", "sign-in failed", "person disabled"]  # fmt: skip


@pytest.mark.parametrize(("path", "fields"), [("role", {"role": "viewer"}), ("disable", {}), ("enable", {}), ("password", {"password": OTHER_PASSWORD})], ids=["role", "disable", "enable", "password"])  # fmt: skip
def test_nobody_changes_oneself_there(
    site: Served, admin: Browser, path: str, fields: dict[str, str]
) -> None:
    add_person(site.console, "admin-8", "admin")
    assert admin.post(f"/people/{path}", fields | {"name": "admin-7"}).status_code == 403
    assert role_of(site.console, "admin-7") == "admin"
    assert Browser(site).sign_in("admin-7", PASSWORD).status_code == 303


def test_somebody_unknown_cannot_be_changed(site: Served, admin: Browser) -> None:
    for path, fields in (("role", {"role": "viewer"}), ("disable", {}), ("password", {"password": PASSWORD})):
        answer = admin.post(f"/people/{path}", fields | {"name": "nobody-1"})
        assert (answer.status_code, "There is nobody of that name." in answer.text) == (409, True)


def test_a_script_is_answered_in_json(site: Served, admin: Browser) -> None:
    answer = admin.post("/people/disable", {"name": "viewer-7"}, Accept="application/json")
    assert answer.json() == {"done": "Disabled; open sessions have ended."}
    answer = admin.post("/people/disable", {"name": "nobody-1"}, Accept="application/json")
    assert (answer.status_code, answer.json()) == (409, {"error": "There is nobody of that name."})


def test_the_last_admin_stays(console_on_both: Console) -> None:
    add_person(console_on_both, "admin-1", "admin")
    add_person(console_on_both, "admin-2", "admin", password=None)  # could not sign in with a password
    add_person(console_on_both, "admin-3", "admin")
    with console_on_both.database.write() as connection:
        accounts.set_disabled(connection, "admin-3", True, COMMAND, by_proxy=False)
    for refused in (
        lambda connection: accounts.set_role(connection, "admin-1", "viewer", COMMAND, by_proxy=False),
        lambda connection: accounts.set_disabled(connection, "admin-1", True, COMMAND, by_proxy=False),
    ):
        with pytest.raises(AccountError, match="last_admin"), console_on_both.database.write() as connection:
            refused(connection)
    with console_on_both.database.write() as connection:
        accounts.set_role(connection, "admin-1", "viewer", COMMAND, by_proxy=True)
    assert role_of(console_on_both, "admin-1") == "viewer"


def test_two_admins_cannot_remove_each_other_at_once(console_on_both: Console) -> None:
    add_person(console_on_both, "admin-1", "admin")
    add_person(console_on_both, "admin-2", "admin")
    ready, refused = threading.Barrier(2), []

    def remove(name: str) -> None:
        ready.wait(20)
        try:
            with console_on_both.database.write() as connection:
                accounts.set_role(connection, name, "viewer", COMMAND, by_proxy=False)
        except AccountError as error:
            refused.append(error.word)

    threads = [threading.Thread(target=remove, args=(name,)) for name in ("admin-1", "admin-2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["people.last_admin"]
    assert sorted(str(role_of(console_on_both, name)) for name in ("admin-1", "admin-2")) == [
        "admin",
        "viewer",
    ]
