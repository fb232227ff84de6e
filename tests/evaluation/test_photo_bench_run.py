"""The photo benchmark from photos to report, on a few drawn ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from listing_records import drawn_photo

from streams.evaluation.photo_bench import main
from streams.evaluation.photo_bench_methods import PEERS
from streams.evaluation.photo_bench_peer_growth import INDEXES
from streams.evaluation.photo_set import half_of


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Held out: a sender with 14 photos, and one with 3 for collages. Tuned on: one with 3."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "photos").mkdir()
    large, small, *_ = (f"sender{n}" for n in range(100) if half_of(f"sender{n}") == "held-out")
    tuned, *_ = (f"sender{n}" for n in range(100) if half_of(f"sender{n}") == "tuned")
    rows = ["image,sender_id"]
    for number, sender in enumerate([large] * 14 + [small] * 3 + [tuned] * 3):
        (folder / "photos" / f"{number}.jpg").write_bytes(drawn_photo(number))
        rows.append(f"{number}.jpg,{sender}")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_the_whole_way(data: Path, tmp_path: Path) -> None:
    sizes = "--quick --bank 50 --photos 4 --edited 1 --probes 4 --side 0,400 --growth 30,60,80 --real 60"
    command = [
        sys.executable, "-P", "-m", "streams.evaluation.photo_bench", "--data", str(data), *sizes.split(),
        "--json", str(tmp_path / "f.json"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "f.json").read_bytes())
    figures = measured["figures"]
    ours = figures["recall"]["relistwatch"]
    assert len(ours["rows"]) == 21
    assert {edit: ours["rows"][edit]["share"] for edit in ("jpeg-30", "half", "mirror")} == dict.fromkeys(
        ("jpeg-30", "half", "mirror"), 1.0
    )
    assert ours["false_alerts"]["of"] == 7
    assert set(figures["speed"]["relistwatch"]) == {"0", "400"}
    assert [(row["photos"], row["drawn"]) for row in figures["growth"]] == [(30, 0), (60, 0), (80, 20)]
    assert figures["exponent"] is not None
    # Each peer has its row, also one that is not installed.
    assert {"relistwatch", *PEERS} <= {*figures["recall"], *figures["missing"]}
    grown = {row["index"] for row in figures["peer_growth"]}
    assert grown | ({*INDEXES} & {*figures["missing"]}) == {*INDEXES}
    assert all(
        (row["hashes"], row["look_ups"]) in {(30, 4), (60, 4), (80, 4)} for row in figures["peer_growth"]
    )
    assert all(name in done.stdout for name in figures["missing"])
    assert all(f"| {name} | not measured: {why} |" in done.stdout for name, why in figures["missing"].items())
    assert "| mirrored | 1.000 |" in done.stdout
    assert f"`python -m streams.evaluation.photo_bench --data {data} --quick" in done.stdout.splitlines()[-1]
    assert "photos asked about: 28 of 28" in done.stderr


def test_data_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--quick"]) == 2
    assert "photo_bench: cannot read" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--bank", "0"], ["--side", "-1"], ["--growth", "10,x"]])
def test_a_wrong_option_is_said(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", ".", *option])
    assert ended.value.code == 2
    assert option[0] in capsys.readouterr().err
