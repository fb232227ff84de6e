"""`make audit` says what it found, and says so when it found nothing out: deploy/audit.py beside a pip-audit that
answers as the real one does (2.10.1)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "x"}
CLEAN = {"name": "a", "version": "1.0", "vulns": []}
FAULTY = {"name": "b", "version": "1.0", "vulns": [FAULT]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1.0)"}


def audit(folder: Path, program: str, lock: str = "a.lock") -> "subprocess.CompletedProcess[str]":
    package = folder / "pip_audit"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(program)
    (folder / "a.lock").write_text("a==1.0 --hash=sha256:00\n")
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "audit.py"), lock],
        env=os.environ | {"PYTHONPATH": str(folder)}, cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def answering(*packages: object, code: int = 0) -> str:
    return f"import sys\nprint({json.dumps(json.dumps({'dependencies': packages, 'fixes': []}))})\nsys.exit({code})\n"


@pytest.mark.parametrize(("program", "code", "said"), [
    (answering(CLEAN), 0, "1 of 1 packages looked at, 0 known faults"),
    (answering(CLEAN, FAULTY, code=1), 1, "b 1.0: PYSEC-2026-1, mended in 2.0"),
    (answering(CLEAN, FAULTY, UNKNOWN, code=1), 1, "2 of 3 packages looked at, 1 known faults"),
    # The real one ends with 0 where its service knows none of the packages.
    (answering(CLEAN, UNKNOWN), 3, "NOT CHECKED"),
    (answering(UNKNOWN, UNKNOWN), 3, "0 of 2 packages looked at"),
    ("import sys\nsys.stderr.write('ERROR:pip_audit._cli:connection refused\\n')\nsys.exit(1)\n", 3, "NOT CHECKED: the vulnerability service did not answer for all: a.lock: ERROR:pip_audit._cli:connection refused"),
    ("raise SystemExit(1)", 3, "NOT CHECKED"),
])  # fmt: skip
def test_what_was_found_and_what_was_not_looked_at_are_told_apart(
    tmp_path: Path, program: str, code: int, said: str
) -> None:
    done = audit(tmp_path, program)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr


def test_a_lock_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, answering(CLEAN), "none.lock")
    assert (done.returncode, "there is no none.lock" in done.stderr) == (2, True)
