"""The version stands in pyproject.toml alone; whoever wants it asks one module."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from streams.program_version import DISTRIBUTION, UNKNOWN, program_version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = [path for name in ("connectors", "fingerprints", "streams") for path in (ROOT / name).rglob("*.py")]


def test_what_is_installed_is_what_the_project_says() -> None:
    assert program_version() == PROJECT["version"]


def test_a_checkout_that_is_not_installed_says_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.program_version.DISTRIBUTION", "relistwatch-that-nobody-installed")
    assert program_version() == UNKNOWN


def test_the_command_says_it() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "streams", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == (f"relistwatch {PROJECT['version']}\n", "")


def test_no_other_module_knows_the_version_or_looks_it_up() -> None:
    assert len(SOURCES) > 300
    looked_up = re.compile(rf"""(version|metadata)\(["']{DISTRIBUTION}["']\)|__version__""")
    told = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if looked_up.search(path.read_text(encoding="utf-8"))
    ]
    assert told == []


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(?P<version>[^\]]+)\](?: - (?P<day>\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert headings[0] == ("Unreleased", ""), "changes after a release are collected under [Unreleased]"
    assert headings[1][0] == PROJECT["version"]
    assert all(day for _, day in headings[1:]), "each release has its day"
    assert len({version for version, _ in headings}) == len(headings)
