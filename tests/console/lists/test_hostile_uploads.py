"""Lists that are too large, no lists, or made to harm: refused with a clear word, and the pages go on."""

import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, console_in, served, text_of
from workbooks import PARTS, by_hand, sheet_xml

from connectors.takedown_lists.limits import ListLimits
from streams.console.list_forms import name_of
from streams.console.list_uploads import FOLDER, MOST_EACH, uploads_of
from streams.console.side_jobs import Failed, ReportJob
from streams.console.side_processes import SideProcesses
from streams.kafka_local.broker import LocalKafka
from streams.settings import Kafka, Settings, Topics

from .test_import_pages import sent, settled, upload

AWAY = Settings(kafka=Kafka(bootstrap_servers="127.0.0.1:1"))


@pytest.fixture
def site(kafka: LocalKafka, tmp_path: Path) -> Iterator[Served]:
    # A broker without our topics says so at once; one that is away takes its time.
    settings = Settings(
        kafka=Kafka(bootstrap_servers=kafka.bootstrap_servers),
        topics=Topics(prefix="none-"),
        takedown_lists=ListLimits(max_file_mb=2),
    )
    with console_in(tmp_path, settings) as console, served(console) as site:
        yield site
        uploads_of(console).end()


def bomb(tmp_path: Path) -> bytes:
    """Half a gigabyte of blanks in half a megabyte."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in PARTS.items():
            package.writestr(name, text)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(sheet_xml("")[:60].encode())
            for _ in range(500):
                sheet.write(b" " * 1024 * 1024)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["bomb", "entities", "torn", "old", "pdf", "nothing"])
def test_a_list_that_cannot_be_read_is_refused_in_words(site: Served, tmp_path: Path, kind: str) -> None:
    raw, why = {
        "bomb": lambda: (bomb(tmp_path), "takedown_lists.max_"),
        "entities": lambda: (
            by_hand(
                tmp_path / "x.xlsx",
                '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                + sheet_xml("<row>&b;</row>"),
            ).read_bytes(),
            "refused",
        ),
        "torn": lambda: (by_hand(tmp_path / "x.xlsx", sheet_xml("")).read_bytes()[:-40], "refused"),
        "old": lambda: (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx"),
        "pdf": lambda: (b"%PDF-1.7 ...", "a PDF"),
        "nothing": lambda: (b"tidak ada tautan", "no link to a listing"),
    }[kind]()
    analyst = site.visitor("analyst")
    text = text_of(
        settled(analyst, upload(analyst, raw, name="x.xlsx" if kind not in {"pdf", "nothing"} else "x"))
    )
    assert why in text, text
    assert "Send 0" not in text


def test_too_large_a_file_is_refused_while_it_comes_and_nothing_is_kept(site: Served, tmp_path: Path) -> None:
    analyst = site.visitor("analyst")
    # The server may close the connection before all of it is sent; so the answer is read from just above the limit.
    answer = sent(analyst, {"file": ("x.txt", b"x" * (2 * 1024 * 1024 + 1))})
    assert answer.status_code == 413
    assert "max_file_mb" in answer.json()["error"]
    pasted = analyst.post("/takedowns/import", text="x" * (2 * 1024 * 1024 + 1))
    assert pasted.status_code == 413
    uploads = uploads_of(site.console)
    assert list(uploads._root.iterdir()) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "x"},
        {"kind": "exe"},
        {"authority": "x" * 1001},
        {"reason": "x" * 1001},
        {"reason": "x" * 9000},
    ],
)
def test_a_form_with_nonsense_is_refused(site: Served, fields: dict[str, str]) -> None:
    analyst = site.visitor("analyst")
    assert sent(analyst, {"file": ("x.txt", b"x")}, **fields).status_code == 400
    assert list(uploads_of(site.console)._root.iterdir()) == []


BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=" + "x" * 500}, b"x"),
        (BOUNDARY, b"no part at all"),
        (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x1b"\r\n\r\nx\r\n--x--\r\n'),
        (BOUNDARY, b'--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nx\r\n--y--\r\n--x--\r\n'),
        (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 50 + b"--x--\r\n"),
        (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="reason"\r\nContent-Transfer-Encoding: x\r\n\r\n1\r\n--x--\r\n'),
    ],
    ids=["no-boundary", "long-boundary", "no-part", "control-sign", "nested", "many-parts", "encoding"],
)  # fmt: skip
def test_a_broken_form_is_refused(site: Served, headers: dict[str, str], body: bytes) -> None:
    analyst = site.visitor("analyst")
    headers = {**headers, "Accept": "application/json", "X-CSRF-Token": analyst.csrf}
    answer = analyst.client.post("/takedowns/import", content=body, headers=headers)
    assert answer.status_code == 400
    assert list(uploads_of(site.console)._root.iterdir()) == []


def test_lists_that_are_still_coming_count_too(site: Served) -> None:
    uploads = uploads_of(site.console)
    tokens = [uploads.begin("analyst-7")[0] for _ in range(MOST_EACH)]
    analyst = site.visitor("analyst", "analyst-7")
    assert sent(analyst, {"file": ("x.txt", b"x")}).status_code == 503
    for token in tokens:
        uploads.drop(token)
    assert sent(analyst, {"file": ("x.txt", b"x")}).status_code == 200


def test_nothing_is_no_list(site: Served) -> None:
    analyst = site.visitor("analyst")
    assert analyst.post("/takedowns/import", text="  \n ").status_code == 400
    assert sent(analyst, {"file": ("x.txt", b"")}).status_code == 400


def test_without_the_topic_a_list_can_be_looked_at_and_not_sent(site: Served) -> None:
    analyst = site.visitor("analyst")
    text = settled(analyst, upload(analyst, b"https://shopee.co.id/product/1/2", name="x.txt"))
    assert "Earlier requests are not known now" in text
    assert 'name="shown"' not in text


def test_those_who_may_not_import_see_none_of_it(site: Served) -> None:
    for role in ("viewer", "operator"):
        visitor = site.visitor(role)  # type: ignore[arg-type]
        assert visitor.get("/takedowns/import").status_code == 403
        assert sent(visitor, {"file": ("x.txt", b"x")}).status_code == 403
        assert "/takedowns/import" not in visitor.get("/takedowns").text
    forged = site.visitor("analyst").client.post("/takedowns/import", files={"file": ("x.txt", b"x")})
    assert forged.status_code == 403


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\daftar.xlsx", "daftar.xlsx"), ("", "unnamed"), ("..", ".."),
        ("a\x00b\n.csv", "ab .csv"), ("x" * 500, "x" * 200),
    ],
)  # fmt: skip
def test_a_files_name_is_only_a_name(given: str, kept: str) -> None:
    assert name_of(given) == kept


def test_a_job_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    job = ReportJob(database="sqlite:////nowhere/at/all.sqlite", by=("week",), since=None, until=None)
    answer = SideProcesses().run(job, lambda _: None, seconds=0.01)
    assert isinstance(answer, Failed)
    assert time.monotonic() - started < 20


def test_jobs_end_with_the_console() -> None:
    processes = SideProcesses()
    processes.end()
    job = ReportJob(database="sqlite:///x", by=("week",), since=None, until=None)
    assert isinstance(processes.run(job, lambda _: None), Failed)


def test_what_a_killed_console_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new = tmp_path / f"{FOLDER}old", tmp_path / f"{FOLDER}new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (1, 1))
    with console_in(tmp_path, AWAY) as console:
        uploads_of(console)
        assert not old.exists()
        assert new.exists()
        uploads_of(console).end()
