"""What is released: complete, small, of the same bytes whenever it is built, and under its licence."""

import email
import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from streams.program_version import program_version

ROOT = Path(__file__).parents[2]
EPOCH = "1700000000"
PACKAGES = ("connectors", "fingerprints", "streams")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that was made of it."""
    out = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        sdist, wheel = script("build_dist").build_once(ROOT, out)
    return sdist, wheel


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_all_of_the_packages_and_nothing_else(built: tuple[Path, Path]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    ours = {name for name in names(built[1]) if not name.startswith("relistwatch-")}
    assert ours == {
        *listed.stdout.splitlines(),
        "streams/kafka_local/kafka-jars.json",
        "streams/console/runbook.md",
    }


def test_the_wheel_says_its_licence_and_that_it_is_typed(built: tuple[Path, Path]) -> None:
    about = f"relistwatch-{program_version()}.dist-info"
    with zipfile.ZipFile(built[1]) as archive:
        metadata = email.message_from_bytes(archive.read(f"{about}/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE", "NOTICE", "THIRD-PARTY-NOTICES.md"]
    assert {f"{about}/licenses/{name}" for name in ("LICENSE", "NOTICE", "THIRD-PARTY-NOTICES.md")} <= names(
        built[1]
    )
    assert {f"{package}/py.typed" for package in PACKAGES} <= names(built[1])


def test_the_licence_is_the_apache_license_word_for_word() -> None:
    text = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    # Of the words that https://www.apache.org/licenses/LICENSE-2.0.txt has, whatever the spaces between them.
    assert hashlib.sha256(text.encode()).hexdigest() == LICENCE_SHA256


def test_the_sdist_can_be_tested_and_has_no_pictures(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        inside = {name.partition("/")[2]: archive.getmember(name).size for name in archive.getnames()}
    needed = {
        "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "NOTICE", "README.md", "SECURITY.md", "pyproject.toml",
        "deploy/kafka-jars.json", "deploy/requirements-dev.lock", "deploy/requirements.lock", "docs/limits.md",
        "tests/conftest.py", "tests/release/test_dist.py",
    }  # fmt: skip
    assert needed <= inside.keys()
    assert [name for name in inside if name.endswith((".png", ".jpg", ".whl", ".pyc"))] == []
    assert not [name for name in inside if name.startswith((".venv", "dist/", "build/", "mutants/"))]
    assert built[0].stat().st_size < 4_000_000


def test_built_elsewhere_by_somebody_else_it_is_the_same_bytes(
    built: tuple[Path, Path], tmp_path: Path
) -> None:
    with tarfile.open(built[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for path in source.rglob("*"):  # neither the files' times nor what others may do with them count
        if path.is_file():
            path.chmod(0o600)
            os.utime(path, (1, 1))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        wheel = script("build_dist")._build("wheel", source, out)
    assert wheel.read_bytes() == built[1].read_bytes()


def test_builds_that_differ_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build_dist = script("build_dist")

    def build_once(_: Path, out: Path) -> list[Path]:
        (out / "a.whl").write_bytes(os.urandom(16))
        return [out / "a.whl"]

    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    monkeypatch.setattr(build_dist, "build_once", build_once)
    assert build_dist.main(["--out", str(tmp_path)]) == 1
    assert "differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("python", "code", "said"),
    [("python-that-nobody-has", 2, "cannot be had: python-that-nobody-has"), (sys.executable, 1, "must have one relistwatch-*.whl")],
    ids=["no-python", "nothing-built"],
)  # fmt: skip
def test_trying_says_what_is_missing(
    python: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script("try_dist").main(["--dist", str(tmp_path), python]) == code
    assert said in capsys.readouterr().err


LICENCE_SHA256 = "0ffddef9e48f8a09aed5caf2d44f7ba1c1be2d9b8e0a6f693b1635b2d5566645"
