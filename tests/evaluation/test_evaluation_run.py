"""The whole evaluation on a few drawn photos, through the real scan, as `make evaluate` runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from listing_records import drawn_photo

from streams.evaluation.photo_set import half_of


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "streams.evaluation", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A held-out sender with 14 photos, and a small one whose photos go into collages."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "photos").mkdir()
    large, small, *_ = (f"sender{n}" for n in range(100) if half_of(f"sender{n}") == "held-out")
    rows = ["image,sender_id,label"]
    for number in range(17):
        name = f"{number}.jpg"
        (folder / "photos" / name).write_bytes(drawn_photo(number))
        rows.append(f"{name},{large if number < 14 else small},Hat")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_the_whole_way(data: Path, tmp_path: Path) -> None:
    done = run("--data", data, "--photos", 2, "--json", tmp_path / "f.json", "--keep", tmp_path / "kept")
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "f.json").read_bytes())
    assert {name: measured["run"][name] for name in ("takedowns", "negatives", "senders", "listings")} == {
        "takedowns": 7,
        "negatives": 7,
        "senders": 1,
        "listings": 50 * 2 + 2 * 7,
    }
    assert measured["run"]["photo_failures"] == {}
    figures = measured["figures"]
    recall = {row["edit"]: row["recall"]["share"] for row in figures["recall"]}
    assert len(recall) == 50
    # What any engine must see; the rest is what the evaluation is there to find out.
    assert {edit: recall[edit] for edit in ("jpeg-30", "half", "mirror", "gamma-0.5")} == dict.fromkeys(
        ("jpeg-30", "half", "mirror", "gamma-0.5"), 1.0
    )
    assert figures["negatives"][0]["alerts"]["hits"] == 0
    best = next(row for row in figures["roc"] if row["negatives"] == "negative")
    assert best["table"]["hits"] >= 8
    assert "## Recall: the edits of the table" in done.stdout
    assert "| mirrored | 1.000 |" in done.stdout
    assert f"`python -m streams.evaluation --data {data} --photos 2" in done.stdout.splitlines()[-1]
    assert "photos edited: 114 of 114" in done.stderr
    listings = [json.loads(line) for line in (tmp_path / "kept" / "listings.jsonl").read_bytes().splitlines()]
    takedowns = [
        json.loads(line) for line in (tmp_path / "kept" / "takedowns.jsonl").read_bytes().splitlines()
    ]
    # Nothing but the photo may give a listing away.
    assert (
        {listing["title"] for listing in listings} == {row["listing"]["title"] for row in takedowns} == {""}
    )
    assert not {row["seller_id"] for row in listings} & {row["listing"]["seller_id"] for row in takedowns}


def test_a_photo_that_is_none_is_named(tmp_path: Path, data: Path) -> None:
    broken = tmp_path / "data"
    (broken / "photos").mkdir(parents=True)
    (broken / "photos.csv").write_bytes((data / "photos.csv").read_bytes())
    for number in range(17):
        (broken / "photos" / f"{number}.jpg").write_bytes(b"no photo")
    done = run("--data", broken, "--photos", 1)
    assert done.returncode == 2
    assert "evaluation: cannot edit" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "--data"),
        (["--data", "nowhere"], "cannot read nowhere/photos.csv"),
        (["--data", "nowhere", "--photos", "0"], "0 is not 1 or more"),
        (["--data", "nowhere", "--half", "third"], "invalid choice"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(arguments: list[str], why: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert why in done.stderr
