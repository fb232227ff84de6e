"""The audit log: complete, filtered, paged, exported so that no spreadsheet runs it, and free of secrets."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import console_people
import pytest
from console_client import Served, served
from console_people import Browser, add_person, log_of
from sqlalchemy import insert

from streams.console import audit
from streams.console.audit import record
from streams.console.audit_page import IN_A_CHUNK, ON_A_PAGE
from streams.console.context import Console
from streams.console.database import Database
from streams.console.people import Person
from streams.console.tables import AUDIT


@pytest.fixture
def admin(site: Served) -> Browser:
    """Signed in."""
    add_person(site.console, "admin-7", "admin")
    browser = Browser(site)
    browser.sign_in("admin-7")
    return browser


def fill(console: Console, count: int, **values: object) -> None:
    row = {"at_ms": 1_700_000_000_000, "person": "analyst-9", "address": "192.0.2.1", "action": "verdict", "subject": "alert", "detail": ""}  # fmt: skip
    rows = [row | {"subject": f"alert-{number}"} | values for number in range(count)]
    with console.database.write() as connection:
        connection.execute(insert(AUDIT), rows)


def test_it_is_written_with_what_it_tells_or_not_at_all(database: Database) -> None:
    def fail_after_writing() -> None:
        with database.write() as connection:
            record(connection, Person("analyst-7", "analyst"), "192.0.2.1", "verdict", "alert-1", "relist")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with database.write() as connection:
        record(
            connection, "(command line) operator", "", "person added", "a" * 600, "\x00\ud800" + "b" * 3000
        )
    with database.read() as connection:
        (entry,) = audit.entries(connection, audit.Filter(), 10)
        assert audit.actions(connection) == ["person added"]
    assert (len(entry.subject), len(entry.detail), entry.detail[:2]) == (
        500,
        2000,
        "\N{REPLACEMENT CHARACTER}?",
    )


def test_it_is_for_admins(site: Served) -> None:
    add_person(site.console, "operator-7", "operator")
    browser = Browser(site)
    browser.sign_in("operator-7")
    assert browser.get("/audit").status_code == 403
    assert browser.get("/audit.csv").status_code == 403
    assert Browser(site).get("/audit.csv").status_code == 303


def test_the_newest_come_first_a_page_at_a_time(site: Served, admin: Browser) -> None:
    fill(site.console, ON_A_PAGE * 2)
    first = admin.get("/audit?action=verdict").text
    assert first.index(f"alert-{ON_A_PAGE * 2 - 1}<") < first.index(f"alert-{ON_A_PAGE}<")
    assert f"alert-{ON_A_PAGE - 1}<" not in first
    last = log_of(site.console, action="verdict")[ON_A_PAGE - 1].number
    assert f'href="/audit?action=verdict&amp;before={last}"' in first
    second = admin.get(f"/audit?action=verdict&before={last}").text
    assert f"alert-{ON_A_PAGE - 1}<" in second
    assert "before=" not in second
    assert "alert-0<" in second


@pytest.mark.parametrize(("query", "count"), [("person=analyst-9", 3), ("person=nobody-1", 0), ("about=alert-1", 1), ("action=verdict", 3), ("action=verdict&person=admin-7", 0), ("from=2023-11-14T22:13&to=2023-11-14T22:14", 3), ("to=2023-11-14T22:13", 0), ("from=nonsense&before=-1&person=analyst-9", 3), ("before=99999999999999999999&person=analyst-9", 3), ("before=999999&person=analyst-9", 0), ("from=9999-12-31T23:59", 0), ("from=0001-01-01T00:00&person=analyst-9", 3)])  # fmt: skip
def test_filters(site: Served, admin: Browser, query: str, count: int) -> None:
    fill(site.console, 3)
    page = admin.get(f"/audit?{query}")
    assert page.status_code == 200
    assert page.text.count("<td>alert-") == count
    assert ("Nothing fits the filter." in page.text) == (count == 0)


def test_the_export_is_whole_and_no_formula(site: Served, admin: Browser) -> None:
    fill(site.console, IN_A_CHUNK + 5)
    evil = ['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", 'a","b\r\n=1']
    for text in evil:
        fill(site.console, 1, subject=text, detail=text, person=text, address=text)
    answer = admin.get("/audit.csv?action=verdict")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows[0] == ["number", "at_ms", "person", "address", "action", "subject", "detail"]
    assert len(rows) == 1 + IN_A_CHUNK + 5 + len(evil)
    assert rows[-1][1] == "2023-11-14T22:13:20.000+00:00"
    for row in rows[1 : len(evil) + 1]:
        for cell in row[2:]:
            assert cell.lstrip()[:1] not in "=+-@＝", cell
    exported = log_of(site.console, action="audit log exported")[0]
    assert (exported.person, exported.detail) == ("admin-7", "action=verdict")


def test_what_stands_in_it_is_only_text(site: Served, admin: Browser) -> None:
    fill(site.console, 1, subject="<script>alert(1)</script>", person="\u202eevil", action="<b>")
    page = admin.get("/audit").text
    assert "<script>alert(1)" not in page
    assert "<b>" not in page.partition("<tbody>")[2]
    assert "\u202e" not in page


def test_an_action_has_its_words_in_the_readers_language(site: Served, admin: Browser) -> None:
    fill(site.console, 1, action="something new")
    page = admin.get("/audit", **{"Accept-Language": "id"}).text
    assert ">masuk<" in page
    assert ">something new<" in page


def test_no_secret_is_written_anywhere(tmp_path: Path) -> None:
    # In a process of its own, with the logs that operators see: also where a page fails in the middle of signing in.
    script = Path(console_people.__file__).with_name("console_secrets.py")
    ran = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, timeout=120, check=True
    )
    told = json.loads(ran.stdout)
    assert "a page failed" in ran.stderr
    assert "not reachable" in ran.stderr
    assert len(told["audit"]) > 5
    assert len(told["secrets"]) == 9
    for secret in told["secrets"]:
        assert secret not in ran.stderr
        assert secret not in str(told["audit"])
        assert secret not in str(told["attempts"])
    for secret in told["passwords"]:
        assert secret not in told["pages"]


def test_the_log_is_the_same_on_both_databases(console_on_both: Console) -> None:
    add_person(console_on_both, "admin-7", "admin")
    with served(console_on_both) as site:
        browser = Browser(site)
        browser.sign_in("admin-7")
        fill(console_on_both, ON_A_PAGE + 1)
        assert 'rel="next"' in browser.get("/audit?person=analyst-9").text
        for path in ("/audit?person=%00", "/audit?%00", "/%00"):
            assert browser.get(path).status_code == 400
        assert browser.post("/people/disable", {"name": "a\x00"}).status_code == 400
        assert Browser(site).sign_in("a\x00", "b\x00").status_code == 400
        assert browser.get("/audit.csv").text.count("\r\n") == ON_A_PAGE + 1 + 4
