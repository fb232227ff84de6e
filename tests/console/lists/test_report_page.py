"""The report on the console has the command's figures: from random worlds, and from the topics themselves."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from console_client import Served, Visitor, console_in, served
from feed_records import Feeding, fed
from kafka_client import KafkaClient
from sqlalchemy import func, select
from takedown_records import RECEIVED
from takedown_worlds import World, world
from typer.testing import CliRunner

from streams.cli import build_app
from streams.console.context import Console
from streams.console.database import Database
from streams.console.feeder import Feeder
from streams.console.report_rows import reported
from streams.console.reports import reports_of
from streams.console.side_jobs import Failed, Reported, ReportJob
from streams.console.tables import OFFSETS
from streams.settings import Dashboard, Settings, as_environment
from streams.takedowns.cases import DIMENSIONS, Published, cases_of
from streams.takedowns.courses import courses_of
from streams.takedowns.report import Report, report_of
from streams.topics import ALL_TOPICS

SPECS = {spec.name: spec for spec in ALL_TOPICS}
ARRIVED = RECEIVED + timedelta(days=2)


def feed(database: Database, made: World) -> None:
    feeding = Feeding(database)
    at = int(ARRIVED.timestamp() * 1000)
    feeding.put(*((SPECS[topic], fed(key, value, timestamp=at)) for topic, key, value in made.records()))
    feeding.turn.close()


def by_the_records(made: World, since: int | None, until: int | None) -> Report:
    gone = set(made.withdrawn)
    published = [Published(each, ARRIVED) for each in made.takedowns if each.takedown_id not in gone]
    verdicts = {each.alert_id: each for each in made.verdicts}
    newest = {each.key: each for each in made.changes}.values()
    return report_of(
        cases_of(made.requests, made.statuses, published, newest),
        courses_of(published, newest, made.alerts, verdicts),
        since=None if since is None else RECEIVED + timedelta(days=since),
        until=None if until is None else RECEIVED + timedelta(days=until),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_figures_are_those_of_the_records(database: Database, database_url: str, seed: int) -> None:
    made = world(seed)
    feed(database, made)
    since, until = [(None, None), (3, None), (None, 9), (2, 12), (None, None), (5, 6)][seed]
    job = ReportJob(
        database=database_url,
        by=DIMENSIONS,
        since=None if since is None else RECEIVED + timedelta(days=since),
        until=None if until is None else RECEIVED + timedelta(days=until),
    )
    answer = reported(job)
    assert isinstance(answer, Reported)
    assert answer.report == by_the_records(made, since, until)
    assert answer.report.total.received > (0 if seed == 5 else 5)


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    job = ReportJob(database=f"sqlite:///{file}/x.sqlite", by=DIMENSIONS, since=None, until=None)
    assert isinstance(reported(job), Failed)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with console_in(tmp_path) as console, served(console) as site:
        feed(console.database, world(1))
        yield site
        reports_of(console).end()


def made_of(visitor: Visitor, path: str, **headers: str) -> httpx.Response:
    """The page once its report is made."""
    deadline = time.monotonic() + 60
    while True:
        answer = visitor.get(path, **headers)
        assert answer.status_code == 200
        if "data-busy" not in answer.text:
            return answer
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_report_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with console_in(tmp_path) as console, served(console) as site:
        reports_of(console).end()
        answer = site.visitor().get("/takedowns/report")
        assert answer.status_code == 503
        assert "cannot be made now" in answer.text


def test_pages_files_and_roles(site: Served) -> None:
    viewer, analyst = site.visitor(), site.visitor("analyst")
    page = made_of(viewer, "/takedowns/report")
    assert "Takedowns and what became of them" in page.text
    assert "/takedowns/report.csv" not in page.text
    assert viewer.get("/takedowns/report.csv").status_code == 403
    assert "/takedowns/report.csv" in analyst.get("/takedowns/report").text
    indonesian = made_of(analyst, "/takedowns/report?by=authority", **{"Accept-Language": "id"}).text
    assert "Penurunan konten dan tindak lanjutnya" in indonesian
    assert "Minggu (UTC)</caption>" not in indonesian
    for kind, content in (("csv", "text/csv"), ("json", "application/json"), ("html", "text/html")):
        file = analyst.get(f"/takedowns/report.{kind}?by=authority")
        assert file.headers["content-type"].startswith(content)
        assert file.headers["content-disposition"] == f'attachment; filename="takedowns-report.{kind}"'
    made = json.loads(analyst.get("/takedowns/report.json?by=authority").content)
    assert list(made["by"]) == ["authority"]
    csv = analyst.get("/takedowns/report.csv").content
    assert csv.startswith(b"\xef\xbb\xbf")
    assert b"'=polri()" in csv
    assert analyst.get("/takedowns/report.exe").status_code == 404
    for wrong in ("from=yesterday", "to=9999-12-31", "from=0001-01-01"):
        assert analyst.get(f"/takedowns/report?{wrong}").status_code == 400


def test_a_report_is_made_once_for_all_who_ask_together(site: Served) -> None:
    reports = reports_of(site.console)
    made: list[str] = []
    run = reports._processes.run
    reports._processes.run = lambda *given: made.append("") or run(*given)  # type: ignore[method-assign,func-returns-value]
    visitors = [site.visitor("analyst", f"analyst-{number}") for number in range(4)]
    threads = [threading.Thread(target=visitor.get, args=("/takedowns/report.json",)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 1
    assert "data-busy" not in visitors[0].get("/takedowns/report").text
    assert len(made) == 1


@pytest.mark.kafka
def test_the_page_tells_what_the_command_tells(topics: Settings, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(topics, dashboard=Dashboard(keep_days=36500.0))
    client = KafkaClient(settings)
    for topic, key, value in world(7).records():
        client.send(topic, key, value)
        # Each topic's order is its own; what a verdict is on must be there before the feed is asked.
    client.flush()
    client.close()
    told = CliRunner().invoke(
        build_app(), ["takedowns", "report", "--format", "json", "--by", "authority", "--by", "week"],
        env=as_environment(settings),
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    with console_in(tmp_path, settings) as console, served(console) as site:
        stop = threading.Event()
        feeder = Feeder()
        thread = threading.Thread(target=feeder.run, args=(console, stop))
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not feeder.state.is_ready:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            analyst = site.visitor("analyst")
            made = json.loads(analyst.get("/takedowns/report.json?by=authority&by=week").content)
        finally:
            stop.set()
            thread.join(30)
            reports_of(console).end()
        assert offsets(console) > 0
    wanted = json.loads(told.stdout)
    assert made.pop("made_at") != wanted.pop("made_at")
    assert made == wanted
    assert made["total"]["received"] > 40


def offsets(console: Console) -> int:
    with console.database.read() as connection:
        return int(connection.scalar(select(func.sum(OFFSETS.c.next))) or 0)
