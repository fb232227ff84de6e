"""CSV injection: every file of ours that a spreadsheet may open, read as Excel and LibreOffice read it."""

import csv
import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_records import alert
from case_scene import put_alert
from console_client import console_in, served
from hypothesis import given
from hypothesis import strategies as st
from listing_records import listing, takedown
from takedown_records import request

from connectors.csv_cells import defuse, restore
from connectors.csv_sink import CsvSink
from connectors.sdk import make
from connectors.takedown_lists.items import Place
from streams.console.tables import AUDIT
from streams.takedowns.cases import DIMENSIONS, cases_of
from streams.takedowns.importing import Refusal
from streams.takedowns.rejects_file import RejectsFile
from streams.takedowns.report import report_of
from streams.takedowns.report_forms import as_csv

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\t\r"
UNSEEN = " \xa0\u2003\x0b\x0c\x1f\x85\u2028'\"\u00ad\u200b\u200e\u202e\u2066\ufeff"
ATTACKS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "'=1+1", '"=1+1', "''=1+1", '"\'"=1+1',
    "\ufeff=1+1", "\u200b=1+1", "\u202e=1+1", "\xa0=1+1", "\uff1d1+1", "\ufe661+1", "\uff201", "\ufe621",
    "Jaket;=cmd|'/C calc'!A0;baru", "Jaket;=1+1", "Jaket; =1+1", 'Jaket;"=1+1', "Jaket\t=1+1", "Jaket\n=1+1;x",
    "Jaket\r\n@SUM(1)", 'Jaket";=1+1;"', 'a","b\n=1+1', "=HYPERLINK(\"https://evil.example\";\"klik\")", ";;;=1+1", "\t\t\t=1+1",
    ";\n;\t;-1", '"\n=1+1',
]  # fmt: skip


def written_by_the_sink(text: str, folder: Path) -> bytes:
    bad = msgspec.structs.replace
    one = alert(1)
    records: list[tuple[str, Any]] = [
        ("listings", listing(1, title=text, description=text, category=text, url=text)),
        ("takedowns", msgspec.structs.replace(takedown(1, title=text), reason=text, authority=text)),
        ("alerts", bad(one, listing=bad(one.listing, title=text, url=text), takedown=bad(one.takedown, title=text, reason=text, authority=text))),
    ]  # fmt: skip
    written = b""
    for kind, record in records:
        path = folder / f"{kind}.csv"
        sink = make(CsvSink, {"path": str(path), "records": kind})
        sink.open()
        sink.write([record])
        sink.close()
        written += path.read_bytes()
    return written


def report(text: str, folder: Path) -> bytes:
    cases = cases_of([request(1, authority=text, reason=text, by=text)], [], [], [])
    return as_csv(report_of(cases, {}, by=DIMENSIONS), "id").encode()


def rejects(text: str, folder: Path) -> bytes:
    with RejectsFile(folder / "rejects.csv") as file:
        file.put(Refusal("reject", Place(row=1, part=text, cell=text), text, text))
    return (folder / "rejects.csv").read_bytes()


def exported(text: str, folder: Path) -> bytes:
    one = alert(1)
    one = msgspec.structs.replace(one, listing=msgspec.structs.replace(one.listing, title=text, url=text))
    with console_in(folder) as console, served(console) as site:
        put_alert(console, one, state="relist", by=text)
        with console.database.write() as connection:
            row = {"person": text, "address": text, "action": text, "subject": text, "detail": text}
            connection.execute(AUDIT.insert().values(at_ms=1, **row))
        visitor = site.visitor("admin")
        files = [visitor.get(path) for path in ("/alerts/export?state=all&format=csv", "/audit.csv")]
        assert [file.status_code for file in files] == [200, 200]
        return b"\r\n".join(file.content for file in files)


FILES: dict[str, Callable[[str, Path], bytes]] = {
    "sink": written_by_the_sink,
    "takedown report": report,
    "rejects": rejects,
}


def cells_as_read(text: str, separators: str) -> Iterator[str]:
    """As a spreadsheet splits a file: a quote counts where a cell begins, and nowhere else."""
    at, end = 0, len(text)
    while at < end:
        cell = ""
        if text[at] == '"':
            at += 1
            while at < end and (text[at] != '"' or text[at + 1 : at + 2] == '"'):
                at += 2 if text[at] == '"' else 1
                cell += text[at - 1]
            at += 1
        while at < end and text[at] not in separators + "\r\n":
            cell += text[at]
            at += 1
        at += 1
        yield cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take it for one, however it trims. An apostrophe makes a cell text, if it comes first."""
    bare = cell.lstrip(UNSEEN.replace("'", "") + "\n\t\r")
    return bare.startswith(tuple(SIGNS.strip()))


READERS = {"comma": ",", "semicolon": ";", "LibreOffice": ",;\t", "tab": "\t"}


def assert_nothing_runs(content: bytes) -> None:
    text = content.decode("utf-8").replace("\ufeffalert_id", "alert_id").removeprefix("\ufeff")
    for name, separators in READERS.items():
        running = [cell for cell in cells_as_read(text, separators) if is_formula(cell)]
        assert running == [], name


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_no_cell_of_a_file_runs_in_any_spreadsheet(kind: str, text: str, tmp_path: Path) -> None:
    assert_nothing_runs(FILES[kind](text, tmp_path))


def test_no_cell_of_the_consoles_files_runs(tmp_path: Path) -> None:
    # All of them in one: a console is dear. Apart by a word, so that each begins a cell of some reader.
    for number, text in enumerate((*ATTACKS[:3], ";".join(ATTACKS), "\n".join(ATTACKS), "\t".join(ATTACKS))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_nothing_runs(exported(text, folder))


def test_the_readers_of_this_test_find_formulas() -> None:
    assert list(cells_as_read('a,"b ""c"",d",e\r\n', ",")) == ["a", 'b "c",d', "e", ""]
    for text in ATTACKS:
        if text.startswith(("'", "\"'")):
            continue  # is text already, but must not lose what makes it so: the property below
        out = io.StringIO()
        csv.writer(out).writerow(["x", text, "y"])
        found = [any(map(is_formula, cells_as_read(out.getvalue(), each))) for each in READERS.values()]
        assert any(found), text


@given(st.text(st.sampled_from(SIGNS + UNSEEN + ";,\n'ab1") | st.characters(), max_size=40))
def test_any_cell_is_text_and_comes_back(cell: str) -> None:
    safe = defuse(cell)
    assert restore(safe) == cell
    for part in safe.replace("\t", ";").replace("\r", ";").replace("\n", ";").split(";"):
        assert not is_formula(part)


@given(st.text(max_size=40))
def test_a_cell_that_nobody_defused_is_left_as_it_is_but_for_ours(cell: str) -> None:
    assert defuse(restore(defuse(cell))) == defuse(cell)


@pytest.mark.parametrize("sign", ["\t", "\r", "\n", ";", "'", " ", '"', "\u200b", "=", "\t'", "; ", ";'"])
def test_a_long_cell_takes_time_by_its_length(sign: str) -> None:
    """Sixteen times the length in at most 128 times the processor time, where a square would take 256 times."""
    import time

    def cost(length: int) -> float:
        text = (sign * length)[:length]
        return min(_timed(lambda: restore(defuse(text)), time.process_time) for _ in range(3))

    small, large = cost(20_000), cost(320_000)
    assert large < 16 * 8 * max(small, 0.0005)


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begin = clock()
    work()
    return clock() - begin


def test_bullets_and_prices_stay_readable() -> None:
    for text in ("Jaket varsity - baru", "a=b", "Rp 85.000,-", "size: S; M; L", "x@y.example", "1-2"):
        assert defuse(text) == text
    assert defuse("Bahan:\n- katun\n- linen") == "Bahan:\n'- katun\n'- linen"


def test_shuffled_attacks_stay_text_too() -> None:
    draw = random.Random(7)
    for _ in range(300):
        text = "".join(draw.choices([*ATTACKS, ";", "\n", "\t", ",", '"', "'", "Jaket"], k=4))
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(["x", defuse(text), "y"])
        assert_nothing_runs(out.getvalue().encode())
