"""Mutation testing of the decision and the delivery: each file is changed in small ways, and the tests that belong
to it, those that need no broker, must notice.

`python deploy/mutate.py [--only GROUP] [--minutes 15]`, in an environment with mutmut (make mutate). Works in copies
under build/mutate; writes build/mutate/survivors.txt, and a table to stdout. A mutant that no test of its group runs is
counted as not noticed. Exit codes: 0 done, 1 the tests of a group fail as they are, 2 wrong usage.
"""

import argparse
import ast
import difflib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GROUPS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "decision": (
        [
            "fingerprints/decision.py",
            "fingerprints/policy.py",
            "streams/engine/scoring.py",
            "streams/engine/rules.py",
        ],
        ["tests/decision", "tests/policy/test_rules_from_settings.py", "tests/pipeline/test_pipeline.py"],
    ),
    "clusters": (
        ["streams/engine/clusters.py"],
        ["tests/pipeline/test_shown_areas.py", "tests/pipeline/test_clusters.py"],
    ),
    "floods": (
        ["streams/engine/allow_list.py", "streams/verdicts/flood_guard.py"],
        ["tests/verdicts/test_allow_list.py", "tests/verdicts/test_flood_guard.py"],
    ),
    "outbox": (
        [
            "streams/photos/byte_gate.py",
            "streams/worker/message_batches.py",
            "streams/kafka_clients/outbox.py",
            "streams/lookback/sent_alerts.py",
            "streams/worker/patient_end.py",
            "streams/worker/refused_commits.py",
        ],
        [
            "tests/worker/test_message_batches.py",
            "tests/worker/test_outbox.py",
            "tests/worker/test_what_is_held.py",
            "tests/worker/test_patient_end.py",
            "tests/worker/test_refused_commits.py",
        ],
    ),
    "shards": (
        ["streams/engine/found.py", "streams/doctor/shard_findings.py", "streams/sharding/gathering.py"],
        [
            "tests/pipeline/test_found.py",
            "tests/shards/test_gathering.py",
            "tests/shards/test_shard_rules.py",
            "tests/shards/test_divided_bank.py::test_shards_alert_as_one_bank_does[2]",
        ],
    ),
    "topics": (
        ["streams/sharding/answer_reader.py", "streams/kafka_clients/followed_topic.py"],
        ["tests/shards/test_answer_reader.py", "tests/worker/test_followed_topic.py"],
    ),
    "stages": (
        ["streams/stages/match.py"],
        ["tests/pipeline/test_match_stage.py", "tests/verdicts/test_match_stage_courses.py"],
    ),
}
"""By name, the files that are changed and the tests that must notice."""
KILLED, SURVIVED = (1, 3, 36, 152, 24, -24), (0,)
"""How pytest ended beside a mutant, as mutmut keeps it; 36 and the like: its time ran out. Else no test ran it."""
COPIED = ("connectors", "deploy", "docs", "fingerprints", "pyproject.toml", "streams", "tests")


@dataclass(slots=True)
class Counted:
    """The mutants of one file."""

    path: str
    killed: int = 0
    survived: int = 0
    unreached: int = 0
    unasked: int = 0

    @property
    def line(self) -> str:
        """Of the table."""
        asked = self.killed + self.survived + self.unreached
        share = f"{100 * self.killed / asked:.0f}%" if asked else "-"
        left = f" | {self.unasked}" if self.unasked else " |"
        return (
            f"| {self.path} | {asked} | {self.killed} | {self.survived} | {self.unreached} | {share}{left} |"
        )


def prepare(root: Path, place: Path, files: Sequence[str], tests: Sequence[str]) -> None:
    """A copy of the source, with mutmut told what to change and what to run."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
        else:
            shutil.copy(source, place / name)
    options = {
        "source_paths": ["connectors/", "fingerprints/", "streams/"],
        "only_mutate": list(files),
        "also_copy": ["connectors/", "deploy/", "docs/", "fingerprints/", "streams/"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": list(tests),
    }
    with (place / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            "\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(of)}\n" for name, of in options.items())
        )


def results(place: Path, files: Sequence[str]) -> Iterator[tuple[Counted, str]]:
    """Each file's counts, and its survivors as a text of differences."""
    for name in files:
        counted, mutated = Counted(name), place / "mutants" / name
        meta = mutated.with_name(mutated.name + ".meta")
        if not meta.exists():
            continue
        lines = mutated.read_text(encoding="utf-8").splitlines()
        functions = {
            node.name: lines[node.lineno - 1 : node.end_lineno]
            for node in ast.walk(ast.parse("\n".join(lines)))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        told = []
        for key, code in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is None:
                counted.unasked += 1
            elif code in KILLED:
                counted.killed += 1
            elif code in SURVIVED:
                counted.survived += 1
                told.append(difference(key.rpartition(".")[2], functions))
            else:
                counted.unreached += 1
        yield counted, f"== {name}\n" + "\n".join(told) + "\n"


def difference(mutant: str, functions: Mapping[str, Sequence[str]]) -> str:
    """The lines that a mutant changes."""
    before = functions[re.sub(r"__mutmut_\d+$", "__mutmut_orig", mutant)]
    changed = difflib.unified_diff(before, functions[mutant], n=0, lineterm="")
    kept = [each for each in changed if each[:2] not in ("--", "++", "@@") and "__mutmut_" not in each]
    return "\n".join([mutant, *(f"  {each}" for each in kept)])


def seconds_used() -> float:
    """Processor time of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them all; see the module."""
    parser = argparse.ArgumentParser(prog="deploy/mutate.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=sorted(GROUPS), action="append")
    parser.add_argument(
        "--minutes", type=float, default=15.0, help="of processor time, after which no group is begun"
    )
    parser.add_argument("--out", type=Path, default=Path("build/mutate"))
    given = parser.parse_args(arguments)
    root = Path(__file__).resolve().parents[1]
    survivors, failed = [], False
    for name in given.only or GROUPS:
        if seconds_used() > 60 * given.minutes:
            sys.stderr.write(f"{name}: not begun, {given.minutes:g} minutes are used\n")
            continue
        files, tests = GROUPS[name]
        place = given.out.absolute() / name
        prepare(root, place, files, tests)
        log = place / "mutmut.log"
        with log.open("wb") as out:
            ran = subprocess.run(
                [sys.executable, "-m", "mutmut", "run", "--max-children", "2"],
                cwd=place, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, stdout=out, stderr=out, check=False,
            )  # fmt: skip
        if ran.returncode:
            sys.stderr.write(f"{name}: exit code {ran.returncode}, see {log}\n")
            failed = True
        for counted, told in results(place, files):
            sys.stdout.write(counted.line + "\n")
            sys.stdout.flush()
            survivors.append(told)
    (given.out / "survivors.txt").write_text("\n".join(survivors), encoding="utf-8")
    sys.stderr.write(f"{seconds_used():.0f} s of processor time; {given.out / 'survivors.txt'}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
