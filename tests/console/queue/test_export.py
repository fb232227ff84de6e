"""The queue as a file: every alert of the filter with its verdict, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterator

import msgspec
import pytest
from console_client import Served, served
from queued_alerts import NOON_MS, put, queued
from sqlalchemy import select

from connectors.csv_cells import restore
from connectors.csv_tables import COLUMNS
from connectors.events import Alert
from streams.console.alert_export import AT_ONCE
from streams.console.context import Console
from streams.console.tables import AUDIT

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "＝1", ' "quoted", \r\n=2', "'=3")


@pytest.fixture
def site(console_on_both: Console) -> Iterator[Served]:
    put(
        console_on_both.database,
        [
            queued(n, title=title, seller_id=title.translate(dict.fromkeys(range(32))))
            for n, title in enumerate(FORMULAS)
        ],
    )
    put(console_on_both.database, [queued(50)], verdict=("unsure", "=analyst", NOON_MS + 7))
    with served(console_on_both) as site:
        yield site


def test_csv_gives_all_back_and_runs_nothing(site: Served) -> None:
    answer = site.visitor("operator").get("/alerts/export?format=csv&state=all")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="alerts-')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [restore(row["listing_title"]) for row in rows] == [*FORMULAS, "Jaket 50"]
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip(" \t\r\n").startswith(("=", "+", "-", "@", "＝"))
    assert list(rows[0])[: len(COLUMNS["alerts"])] == list(COLUMNS["alerts"])
    assert [row["state"] for row in rows] == ["open"] * 8 + ["unsure"]
    last = rows[-1]
    assert (restore(last["verdict_by"]), last["verdict_at"]) == ("=analyst", "2026-11-24T12:00:00.007Z")


def test_json_lines_are_the_records_with_their_verdicts(site: Served) -> None:
    answer = site.visitor("analyst").get("/alerts/export?format=jsonl&state=decided")
    (line,) = answer.text.splitlines()
    told = msgspec.json.decode(line)
    assert msgspec.convert(told.pop("alert"), Alert) == queued(50)
    assert told == {
        "held": False,
        "verdict": {
            "verdict": "unsure",
            "by": "=analyst",
            "reason": None,
            "decided_at": "2026-11-24T12:00:00.007Z",
        },
    }


def test_an_export_needs_the_right_and_is_in_the_audit_log(site: Served) -> None:
    assert site.visitor("viewer").get("/alerts/export").status_code == 403
    analyst = site.visitor("analyst", "analyst-1")
    assert analyst.get("/alerts/export?format=xml").status_code == 400
    assert analyst.get("/alerts/export?state=closed").status_code == 400
    assert analyst.get("/alerts/export?format=csv&text=jaket&state=all").status_code == 200
    with site.console.database.read() as connection:
        rows = connection.execute(
            select(AUDIT.c.person, AUDIT.c.action, AUDIT.c.subject, AUDIT.c.detail)
        ).all()
    assert [tuple(row) for row in rows] == [("analyst-1", "export", "alerts as csv", "state=all, text=jaket")]


def test_a_long_queue_comes_in_its_order_without_gap(site: Served) -> None:
    count = 2 * AT_ONCE + 3
    put(site.console.database, [queued(n, marketplace="toko-uji") for n in range(100, 100 + count)])
    text = site.visitor("analyst").get("/alerts/export?format=jsonl&marketplace=toko-uji&sort=oldest").text
    ids = [msgspec.json.decode(line)["alert"]["alert_id"] for line in text.splitlines()]
    assert ids == [f"alert-{n}" for n in range(99 + count, 99, -1)]
