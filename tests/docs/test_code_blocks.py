"""All code in the documentation is run by a test, or checked and said not to be run, and why (doc_blocks).

Whatever a page says, `relistwatch` takes each of its commands, each setting is one, and TOML and JSON are such.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from doc_blocks import ROOT, Block, blocks, pages, spans
from doc_commands import commands, complaint, refused

from streams.settings import VALUE_FILE_SUFFIX, Settings

BLOCKS = [block for page in pages() for block in blocks(page)]
SHELLS = {"shell", "sh", "bash"}
CHECKED = {"toml", "json", "python"}
"""Languages that are checked here as a whole, and need no more."""
KNOWN = SHELLS | CHECKED | {"text", "properties", "yaml", "ini"}


def named(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def test_there_are_no_fences_that_are_not_seen() -> None:
    for page in pages():
        marks = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(marks) == 2 * len(blocks(page)), page


def test_every_block_says_what_it_is() -> None:
    assert [
        f"{each.place}: {each.language or 'no language'}" for each in BLOCKS if each.language not in KNOWN
    ] == []


def test_every_block_is_run_or_says_why_not() -> None:
    silent = [each.place for each in BLOCKS if not each.kind and each.language not in CHECKED]
    assert silent == [], (
        "say above the fence, or once for the page: <!-- not run: why -->, <!-- run by: the test -->"
    )


def test_who_is_said_to_run_a_block_names_its_page() -> None:
    for said, page in {(each.said, each.page) for each in BLOCKS if each.kind == "run by"}:
        test = (ROOT / said).read_text(encoding="utf-8")
        assert page.name in test, (said, page.name)


def test_every_command_is_one_that_the_command_line_takes() -> None:
    wrong = []
    for block in BLOCKS:
        if block.language in SHELLS:
            for words in commands(block.text):
                if why := complaint(words):
                    wrong.append(f"{block.place}: {' '.join(words)}: {why}")
    assert wrong == []


def test_so_is_every_command_that_a_text_names() -> None:
    wrong = []
    for page in pages():
        for line, text in spans(page):
            for words in commands(text):
                if why := complaint(words, partly=True):
                    wrong.append(f"{page.relative_to(ROOT)}:{line}: {text}: {why}")
    assert wrong == []


def test_toml_is_toml_and_settings_are_settings() -> None:
    sections = {each.name for each in msgspec.structs.fields(Settings)}
    for block in named("toml"):
        given = tomllib.loads(block.text)
        if given and given.keys() <= sections:
            msgspec.convert(given, Settings)


def test_json_is_json() -> None:
    for block in named("json"):
        for record in block.text.splitlines() if block.title.endswith(".jsonl") else [block.text]:
            json.loads(record)


def test_python_that_no_other_test_runs_runs(tmp_path: Path) -> None:
    for block in named("python"):
        if not block.kind:
            subprocess.run([sys.executable, "-c", block.text], cwd=tmp_path, check=True, timeout=60)


def test_every_setting_that_a_page_names_is_one() -> None:
    known = {
        each.name: {one.name for one in msgspec.structs.fields(each.type)}
        for each in msgspec.structs.fields(Settings)
    }
    wrong = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`([a-z_]+)\.(?!csv|jsonl)([a-z_]+)`", text)
        named += [
            (section.lower(), name.removesuffix(VALUE_FILE_SUFFIX).lower())
            for section, name in re.findall(r"\bRELISTWATCH_([A-Z_]+?)__([A-Z0-9_]+)", text)
        ]
        wrong += [f"{page.name}: {section}.{name}" for section, name in named
                  if section in known and name not in known[section]]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("relistwatch worker --port 1 &  # as many", [["relistwatch", "worker", "--port", "1"]]),
        ("A=b relistwatch x | head -1 > file", [["relistwatch", "x"], ["head", "-1"]]),
        ("relistwatch x \\\n  --y 'a b'", [["relistwatch", "x", "--y", "a b"]]),
        ("cat > f <<END\nrelistwatch nothing\nEND\nls", [["cat"], ["ls"]]),
        ("until [ -s a ]; do relistwatch y; done", [["[", "-s", "a", "]"], ["relistwatch", "y"], ["done"]]),
        ("relistwatch x --port 6066 2> log", [["relistwatch", "x", "--port", "6066"]]),
        ("relistwatch x --port ${P:-6066} > log", [["relistwatch", "x", "--port", "6066"]]),
        ("x=$(relistwatch z)", [["relistwatch", "z"]]),
    ],
)
def test_commands_are_found_in_a_script(line: str, found: list[list[str]]) -> None:
    seen = list(commands(line))
    assert [each for each in found if each[0] == "relistwatch"] == [
        each for each in seen if each[0] == "relistwatch"
    ]


def test_a_wrong_command_is_found_out() -> None:
    for wrong in (
        ["worker", "--nope"],
        ["nope"],
        ["takedowns", "status", "a", "b"],
        ["worker", "--port", "x"],
    ):
        assert refused(wrong), wrong
    assert refused(["connect"])
    assert refused(["connect"], partly=True) is None
    assert refused(["scan", "--takedowns", "t", "--listings", "l", "--alerts", "a"]) is None
    assert complaint(["make", "nothing"])
    assert complaint(["python", "-m", "streams.nothing"])
