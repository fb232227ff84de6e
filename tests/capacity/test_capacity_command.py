"""`relistwatch capacity` as a user runs it: a table, JSON, and one line for what cannot be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from capacity_figures import known

from streams.capacity.series import write_measured

ASKED = ("--listings-per-day", "10000000", "--photos", "2", "--takedowns", "10000000")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "streams", "capacity", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_script_gets_every_figure_with_its_edges_and_unit(tmp_path: Path) -> None:
    measured = tmp_path / "measured.json"
    write_measured(measured, known())
    done = run(*ASKED, "--measured", measured, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    needs = {(need["group"], need["name"]): need for need in found["needs"]}
    disk = needs["brokers", "disk, all replicas"]
    assert disk["unit"] == "TB"
    assert 0 < disk["low"] <= disk["value"] <= disk["high"]
    assert needs["Kafka, a listing", "on fingerprints"]["value"] == pytest.approx(43_500, rel=0.01)
    assert found["measured"]["machine"] == "a machine of known figures"
    assert found["chosen"]["partitions"] >= 2 * found["chosen"]["workers"]
    assert [one["times"] for one in found["breaks_first"]] == sorted(
        one["times"] for one in found["breaks_first"]
    )


def test_people_get_a_table_by_the_shipped_figures() -> None:
    done = run(*ASKED)
    assert done.returncode == 0, done.stderr
    for words in (
        "10,000,000 listings a day with 2 photos, 10,000,000 takedowns",
        "together, one replica",
        "topics.partitions = ",
        "breaks first, with the settings' defaults",
        "extrapolated: ",
    ):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 200


def test_what_cannot_be_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"machine": 1}')
    for arguments, word in (
        (("--listings-per-day", "nan"), "listings_per_day"),
        (("--listings-per-day", "0"), "listings_per_day"),
        ((*ASKED, "--measured", broken), "holds no measurements"),
        ((*ASKED, "--measured", tmp_path / "none.json"), "cannot read"),
    ):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert word in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stdout == ""
