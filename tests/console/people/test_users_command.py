"""`relistwatch dashboard users`: the way in on the console's own machine, and what it never shows."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from console_people import OTHER_PASSWORD, PASSWORD
from typer.testing import CliRunner, Result

from streams.cli import build_app
from streams.cli.dashboard_people import say_first_steps
from streams.console import audit
from streams.console.database import Database
from streams.settings import Dashboard, Settings

Users = Callable[..., Result]


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Users:
    """The command on a database of the test's own; no broker is there."""
    monkeypatch.setenv("RELISTWATCH_DASHBOARD__DATABASE", f"sqlite:///{tmp_path / 'console.sqlite'}")
    monkeypatch.setenv("RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")

    def run(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(build_app(), ["dashboard", "users", *arguments], input=stdin)

    return run


def listed(users: Users) -> dict[str, dict[str, object]]:
    lines = users("list", "--json").stdout.splitlines()
    return {each["name"]: each for each in map(json.loads, lines)}


def test_nobody_is_there_at_first_and_then_an_admin(users: Users, tmp_path: Path) -> None:
    assert "relistwatch dashboard users add admin-1 --role admin" in users("list").output
    added = users("add", "Admin-1", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert listed(users)["admin-1"] == {"name": "admin-1", "role": "admin", "disabled": False, "has_password": True, "created_ms": listed(users)["admin-1"]["created_ms"], "signed_in_ms": None}  # fmt: skip
    assert users("list").stdout == "admin-1\tadmin\tenabled\tpassword\t–\n"
    database = Database(f"sqlite:///{tmp_path / 'console.sqlite'}")
    with database.read() as connection:
        (entry,) = audit.entries(connection, audit.Filter(), 10)
    database.close()
    assert (entry.action, entry.subject, entry.detail) == ("person added", "admin-1", "admin")
    assert entry.person.startswith("(command line) ")


def test_the_console_says_at_its_start_how_to_add_an_admin(users: Users, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'console.sqlite'}"
    said: list[str] = []
    say_first_steps(Settings(dashboard=Dashboard(database=url, sign_in="proxy")), said.append)
    assert said == []
    say_first_steps(Settings(dashboard=Dashboard(database=url)), said.append)
    assert said == ["nobody can sign in yet: relistwatch dashboard users add admin-1 --role admin"]
    users("add", "admin-1", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    say_first_steps(Settings(dashboard=Dashboard(database=url)), said.append)
    assert len(said) == 1


def test_people_are_changed(users: Users) -> None:
    users("add", "admin-1", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    assert users("add", "viewer-7", "--no-password").exit_code == 0
    assert users("role", "viewer-7", "operator").exit_code == 0
    assert users("password", "viewer-7", "--password-stdin", stdin=OTHER_PASSWORD).exit_code == 0
    assert users("disable", "Viewer-7").exit_code == 0
    assert (listed(users)["viewer-7"]["role"], listed(users)["viewer-7"]["disabled"]) == ("operator", True)
    assert users("enable", "viewer-7").exit_code == 0
    assert listed(users)["viewer-7"]["disabled"] is False


@pytest.mark.parametrize(("arguments", "stdin", "code", "said"), [
    (("add", "admin-1", "--password-stdin"), PASSWORD, 1, "somebody of that name"),
    (("add", "a b", "--password-stdin"), PASSWORD, 1, "A name has"),
    (("add", "viewer-7", "--password-stdin"), "brief", 1, "too short"),
    (("add", "viewer-7", "--password-stdin"), "", 1, "too short"),
    (("add", "viewer-7", "--password-stdin"), "a" * 2000, 1, "too long"),
    (("add", "long-name-viewer-7", "--password-stdin"), "LONG-name-viewer-7", 1, "must not be the name"),
    (("add", "viewer-7", "--role", "owner", "--password-stdin"), PASSWORD, 2, "no role owner"),
    (("add", "viewer-7", "--no-password", "--password-stdin"), PASSWORD, 2, "exclude each other"),
    (("role", "admin-1", "viewer"), "", 1, "last admin"),
    (("disable", "admin-1"), "", 1, "last admin"),
    (("role", "nobody-1", "viewer"), "", 1, "nobody of that name"),
    (("password", "nobody-1", "--password-stdin"), PASSWORD, 1, "nobody of that name"),
], ids=lambda each: " ".join(each) if isinstance(each, tuple) else None)  # fmt: skip
def test_what_is_refused_says_why(
    users: Users, arguments: tuple[str, ...], stdin: str, code: int, said: str
) -> None:
    users("add", "admin-1", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    before = listed(users)
    result = users(*arguments, stdin=stdin)
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert listed(users) == before
    assert not stdin or stdin not in result.output


def test_a_password_is_no_argument_of_any_command(users: Users) -> None:
    for command in ("add", "password"):
        assert users(command, "viewer-7", "--password", PASSWORD).exit_code == 2
        assert users(command, "viewer-7", PASSWORD).exit_code == 2


def test_a_database_that_cannot_be_used_is_named(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "RELISTWATCH_DASHBOARD__DATABASE", "postgresql://console:hunter2hunter2@127.0.0.1:1/console"
    )
    result = users("list")
    assert result.exit_code == 2
    assert "127.0.0.1:1/console cannot be used" in result.output
    assert "hunter2" not in result.output


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"RELISTWATCH_DASHBOARD__DATABASE": f"sqlite:///{tmp_path / 'console.sqlite'}"}
    command = [
        sys.executable,
        "-c",
        "from streams.cli import main; main()",
        "dashboard",
        "users",
        "add",
        "admin-1",
    ]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        answers = [(b"Password: ", PASSWORD), (b"The same again: ", OTHER_PASSWORD), (b"Password: ", PASSWORD), (b"The same again: ", PASSWORD)]  # fmt: skip
        deadline = time.monotonic() + 60
        read_to = 0
        while time.monotonic() < deadline:
            try:
                shown += os.read(ours, 1000)
            except OSError:
                break
            if answers and answers[0][0] in shown[read_to:]:
                read_to = len(shown)
                os.write(ours, f"{answers.pop(0)[1]}\n".encode())
        assert process.wait(30) == 0, shown
        os.close(ours)
    assert b"is added" in shown
    assert PASSWORD.encode() not in shown
    assert OTHER_PASSWORD.encode() not in shown
