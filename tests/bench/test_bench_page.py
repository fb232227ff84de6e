"""The section of docs/benchmarks.md: between its marks, whole, and free of this machine's paths."""

from pathlib import Path

import msgspec
import pytest
from bench_figures import ADDED, PHOTOS, part, run

from streams.bench.page import BEGIN, END, PageError, render, replaced
from streams.bench.parts import JOBS, NAMES, command
from streams.bench.result import Result, ResultError, continued, read_result, with_part, write_result

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def test_only_what_is_between_the_marks_changes() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = replaced(page, "new\n")
    assert new == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert replaced(new, "old\n") == page


@pytest.mark.parametrize(
    "page", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}", f"{BEGIN}{END}{END}"]
)
def test_a_page_without_a_place_is_refused(page: str) -> None:
    with pytest.raises(PageError):
        replaced(page, "")


def test_the_document_has_its_place() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert replaced(text, "").count(BEGIN) == 1
    section = text.partition(BEGIN)[2].partition(END)[0]
    assert "Every goal beside its peer" in section


def columns(line: str) -> int:
    return line.replace("\\|", "").count("|") - 1


def test_tables_are_whole() -> None:
    lines = render(run()).splitlines()
    for number, line in enumerate(lines):
        if line.startswith("|---"):
            at = number
            while at < len(lines) and lines[at].startswith("|"):
                assert columns(lines[at]) == columns(line), lines[at]
                at += 1


def test_every_part_is_named_with_its_command() -> None:
    section = render(run())
    for name in NAMES:
        assert f"| {name} | measured | 2026-11-26 | 3.0 | `python -m" in section
    assert "quick" not in section
    assert "a third \\| one" not in section  # not in a table
    assert "a third | one is not measured: No module named 'third'." in section


def test_what_was_not_measured_is_named() -> None:
    failed = part(PHOTOS, figures=msgspec.Raw(b"null"), failed="ended with 1: a | b")
    section = render(with_part(run(), "photos", failed))
    assert "| photos | failed: ended with 1: a \\| b |" in section
    assert "Not measured: failed: ended with 1: a | b." in section


def test_quick_sizes_say_that_they_say_nothing() -> None:
    quick = with_part(run(), "added", part(ADDED, size="quick"))
    section = render(quick)
    assert "**The parts added with quick sizes" in section
    assert [line for line in section.splitlines() if line.endswith("| quick |")] == [
        line for line in section.splitlines() if line.startswith("| one takedown added")
    ]
    assert "**All with quick sizes" in render(
        msgspec.structs.replace(quick, parts={"added": quick.parts["added"]})
    )


def test_commands_are_shown_without_paths() -> None:
    for job in JOBS:
        for size in ("full", "quick"):
            words = command(job.words(size), "python3", Path("/data"), Path("/out/f.json"))
            assert words[:3] == ["python3", "-P", "-m"]
            assert words[-2:] == ["--json", "/out/f.json"]
            assert ("/data" in words) == ("--data DATA" in job.shown(size))
            assert "/" not in job.shown(size)


def test_a_file_is_gone_on_with_on_the_same_machine_only(tmp_path: Path) -> None:
    path, whole = tmp_path / "new" / "bench.json", run()
    assert continued(path, whole) is whole
    write_result(path, whole)
    assert read_result(path).parts.keys() == whole.parts.keys()
    assert continued(path, msgspec.structs.replace(whole, parts={})).parts.keys() == whole.parts.keys()
    with pytest.raises(ResultError, match="another machine"):
        continued(path, msgspec.structs.replace(whole, machine="another"))
    with pytest.raises(ResultError, match="another packages"):
        continued(path, msgspec.structs.replace(whole, packages={"numpy": "0"}))
    path.write_text("{}")
    with pytest.raises(ResultError, match="holds no run"):
        read_result(path)


def test_a_result_keeps_all_figures(tmp_path: Path) -> None:
    path, whole = tmp_path / "bench.json", run()
    write_result(path, whole)
    again: Result = read_result(path)
    assert render(again) == render(whole)
