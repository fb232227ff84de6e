"""What `relistwatch connectors new` makes is a whole package: it installs, is found, and passes every check."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from installed_entry_points import environment
from typer.testing import CliRunner

from connectors.conformance import CHECKS
from connectors.scaffold import ScaffoldError, make_package
from streams.cli import build_app


@pytest.mark.parametrize("name", ["pasar-uji", "x", "toko2-3"])
def test_the_package_installs_and_passes_its_own_tests(tmp_path: Path, name: str) -> None:
    made, files = make_package(name, tmp_path)
    assert made == tmp_path / f"relistwatch-{name}"
    assert sorted(each for each in made.rglob("*") if each.is_file()) == sorted(files)
    target = tmp_path / "target"
    surroundings = environment(tmp_path, target)
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*install, "--target", target, made], check=True, env=surroundings, timeout=200)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run(
        run, cwd=made, env=surroundings, capture_output=True, text=True, timeout=200, check=False
    )
    assert result.returncode == 0, result.stdout
    # All but the renewal of a token, which the invented API does not know.
    assert f"{len(CHECKS) - 1 + 3} passed, 1 skipped" in result.stdout


@pytest.mark.parametrize("to", [".", "a folder", "absolute"])
def test_what_new_says_to_do_next_installs_the_folder_and_nothing_of_that_name_from_an_index(
    tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(
        build_app(), ["connectors", "new", "pasar-uji", "--to", str(tmp_path) if to == "absolute" else to]
    )
    assert told.exit_code == 0, told.output
    (line,) = [each for each in told.stderr.splitlines() if "pip install" in each]
    target = tmp_path / "target"
    # No index to ask: what pip does not take for a folder, it cannot find.
    nothing_else = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, *shlex.split(line)[1:], *nothing_else], check=True, timeout=200)
    assert (target / "relistwatch_pasar_uji" / "source.py").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Pasar",
        "pasar_uji",
        "1pasar",
        "pasar-",
        "-pasar",
        "pasar--uji",
        "../x",
        "a b",
        "class",
        "a" * 41,
        "é",
    ],
)
def test_a_name_that_is_none_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="is no name for a connector"):
        make_package(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    there = tmp_path / "relistwatch-pasar-uji"
    there.mkdir()
    with pytest.raises(ScaffoldError, match="relistwatch-pasar-uji is there already"):
        make_package("pasar-uji", tmp_path)
    assert not list(there.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ScaffoldError, match="cannot write"):
        make_package("pasar-uji", tmp_path / "file")


def test_what_is_made_is_as_tidy_as_this_project(tmp_path: Path) -> None:
    """Lines within 120 characters, formatted, typed as the linter wants it."""
    made, _ = make_package("pasar-uji", tmp_path)
    root = Path(__file__).parents[2]
    ruff = [sys.executable, "-m", "ruff"]
    check = [*ruff, "check", "--isolated", "--line-length", "120", "--select", "E,F,I,UP,B", "."]
    subprocess.run(check, check=True, timeout=60, cwd=made)
    form = [*ruff, "format", "--isolated", "--line-length", "120", "--check", "."]
    subprocess.run(form, check=True, timeout=60, cwd=made)
    typed = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(root / "pyproject.toml")]
    subprocess.run(
        [*typed, str(made / "src" / "relistwatch_pasar_uji" / "source.py")], check=True, timeout=300, cwd=root
    )
