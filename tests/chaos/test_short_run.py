"""`make chaos ARGS=--short` as CI runs it, and a checker that is not blind: a record short of one line fails.

The run is a process of its own, as its brokers and workers end with it; judging loads nothing twice.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from streams.chaos.__main__ import main
from streams.chaos.record import Record
from streams.chaos.verdict import Verdict

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LONGEST_SECONDS = 400
"""On a machine that many share; alone it takes about a minute."""


def chaos(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "streams.chaos", *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=LONGEST_SECONDS,
    )


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, Path, Verdict]:
    folder = tmp_path_factory.mktemp("chaos")
    done = chaos("--short", "--record", folder / "record.json", "--json", folder / "verdict.json")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert "Nothing is lost." in done.stdout
    record = msgspec.json.decode((folder / "record.json").read_bytes(), type=Record)
    return record, folder, msgspec.json.decode((folder / "verdict.json").read_bytes(), type=Verdict)


def test_nothing_is_lost_and_every_fault_was_met_by_listings(short: tuple[Record, Path, Verdict]) -> None:
    _, _, verdict = short
    assert verdict.problems == []
    assert [fault.name for fault in verdict.faults] == [
        "photo-child-killed",
        "worker-killed",
        "leader-killed",
    ]
    assert all(fault.listings > 0 and fault.recovery is not None for fault in verdict.faults)
    assert verdict.alerts_expected > 20
    assert verdict.listings_from_market > 0
    assert any("ended with -9 (by the fault)" in restart for restart in verdict.restarts)


def test_ended_early_it_takes_away_what_it_made(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "streams.chaos", "--short"],
        env=os.environ | {"TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        said = []
        while not any("starting the workers" in line for line in said):
            said.append(process.stderr.readline())
            assert said[-1], f"it ended before: {''.join(said)}"
        assert list(tmp_path.glob("relistwatch-chaos-*"))
        process.terminate()
        process.communicate(timeout=LONGEST_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("relistwatch-chaos-*"))


def without_alert(record: Record) -> None:
    lost = next(one for one in record.planted if one.kind == "relist")
    place = (lost.key, lost.version)
    record.seen.alerts = [alert for alert in record.seen.alerts if (alert.key, alert.version) != place]


def without_fingerprint(record: Record) -> None:
    lost = record.seen.fingerprints[0]
    record.seen.fingerprints = [one for one in record.seen.fingerprints if one != lost]


def without_listing(record: Record) -> None:
    (lost, _) = record.seen.listings[0]
    record.seen.listings = [one for one in record.seen.listings if one[0] != lost]


def without_letter(record: Record) -> None:
    lost = record.seen.letters[0].key
    record.seen.letters = [letter for letter in record.seen.letters if letter.key != lost]


@pytest.mark.parametrize("drop", [without_alert, without_fingerprint, without_listing, without_letter])
def test_a_record_short_of_one_line_fails(
    short: tuple[Record, Path, Verdict],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    drop: Callable[[Record], None],
) -> None:
    _, folder, _ = short
    record = msgspec.json.decode((folder / "record.json").read_bytes(), type=Record)
    drop(record)
    path = tmp_path / "short.json"
    path.write_bytes(msgspec.json.encode(record))
    assert main(["--judge", str(path)]) == 1
    assert "WRONG: 1 " in capsys.readouterr().out


def test_what_is_asked_wrongly_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "worker-killed" in capsys.readouterr().out
    unknown = chaos("--fault", "earthquake")
    assert unknown.returncode == 2
    assert "earthquake" in unknown.stderr
    (tmp_path / "no.json").write_text("{}")
    assert main(["--judge", str(tmp_path / "no.json")]) == 2
