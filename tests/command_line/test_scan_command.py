"""`relistwatch scan` as a user runs it: files in, alerts, scores, dead letters and a report out."""

import json
import subprocess
from pathlib import Path

import msgspec
from listing_records import drawn_photo, inline, listing, relist, takedown
from loaded_command import call
from sample_photos import before_one_backdrop

from connectors.events import Alert, DeadLetter, Image
from connectors.seller_links import SellerLink


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return call(arguments)


def lines(path: Path, *records: object) -> Path:
    path.write_bytes(
        b"".join(r + b"\n" if isinstance(r, bytes) else msgspec.json.encode(r) + b"\n" for r in records)
    )
    return path


def test_scan_finds_relists_by_photo_and_title_and_keeps_bad_lines(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(drawn_photo(1))
    (tmp_path.parent / "secret.jpg").write_bytes(drawn_photo(2))
    takedowns = lines(
        tmp_path / "t.jsonl",
        takedown(1, images=(Image(path="photos/a.jpg"),)),
        takedown(2, images=inline(drawn_photo(2))),
        b'{"takedown_id": 3}',
    )
    evil = listing(22, title="<script>alert(1)</script>", images=inline(drawn_photo(1)))
    listings = lines(
        tmp_path / "l.jsonl",
        listing(20),
        relist(21, of=1),
        evil,
        listing(23, images=(Image(path="../secret.jpg"), Image(path="/etc/hostname"))),
        b"not json",
        b"",
    )
    out = tmp_path / "a.jsonl"
    done = run(
        "scan", "--takedowns", takedowns, "--listings", listings, "--alerts", out,
        "--scores", tmp_path / "s.jsonl", "--report", tmp_path / "r.html", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["takedowns"], summary["listings"], summary["alerts"], summary["dead_letters"]) == (
        2,
        4,
        2,
        2,
    )
    assert summary["photo_failures"] == {"path-refused": 2}
    assert (summary["settled"], summary["seller_links"]) == ({"hash": 1}, 1)
    alerts = [msgspec.json.decode(line, type=Alert) for line in out.read_bytes().splitlines()]
    assert [(a.listing.listing_id, a.takedown.takedown_id) for a in alerts] == [("l21", "t1"), ("l22", "t1")]
    letters = [
        msgspec.json.decode(line, type=DeadLetter)
        for line in (tmp_path / "a.jsonl.dead-letters.jsonl").read_bytes().splitlines()
    ]
    assert [letter.value for letter in letters] == [b'{"takedown_id": 3}\n', b"not json\n"]
    assert "t.jsonl, line 3" in letters[0].detail
    scores = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    best = {row["listing_id"]: row for row in scores if row["takedown_id"] == "t1"}
    assert best["l22"]["photo"] == 1.0
    assert best["l21"]["text"] > 0.9
    page = (tmp_path / "r.html").read_text()
    assert "<script>alert" not in page
    assert page.count("data:image/jpeg;base64,") == 4, "of l22 both photos and one laid over the other"


def test_accounts_with_the_same_backdrop_are_written_once_a_pair(tmp_path: Path) -> None:
    garments = [before_one_backdrop(garment) for garment in range(3)]
    takedowns = lines(tmp_path / "t.jsonl", takedown(1, images=inline(garments[0])))
    listings = lines(
        tmp_path / "l.jsonl",
        listing(30, seller_id="shop", images=inline(garments[1])),
        listing(31, seller_id="shop", images=inline(garments[2], drawn_photo(9))),
        listing(32, seller_id="s1", images=inline(garments[1])),
    )
    links = tmp_path / "links.jsonl"
    command = ("scan", "--takedowns", takedowns, "--listings", listings, "--alerts", tmp_path / "a.jsonl")
    done = run(*command, "--seller-links", links)
    assert done.returncode == 0, done.stderr
    assert f"1 pair of accounts that seem to be one seller, in {links}" in done.stdout.replace("\n", "")
    (link,) = (msgspec.json.decode(line, type=SellerLink) for line in links.read_bytes().splitlines())
    assert link.key == "pasar-uji:s1|pasar-uji:shop|same backdrop"
    assert (tmp_path / "a.jsonl").read_bytes() == b""
    done = run(*command, "--json")
    summary = json.loads(done.stdout)
    assert (summary["seller_links"], summary["settled"]) == (1, {"none": 4})


def test_a_missing_file_and_a_wrong_setting_end_with_2(tmp_path: Path) -> None:
    done = run(
        "scan", "--takedowns", tmp_path / "no", "--listings", tmp_path / "no", "--alerts", tmp_path / "a"
    )
    assert done.returncode == 2
    (tmp_path / "bad.toml").write_text("[match]\ntreshold = 0.9\n")
    empty = lines(tmp_path / "e.jsonl")
    done = run(
        "--config",
        tmp_path / "bad.toml",
        "scan",
        "--takedowns",
        empty,
        "--listings",
        empty,
        "--alerts",
        tmp_path / "a",
    )
    assert done.returncode == 2
    assert "treshold" in done.stderr


def test_every_command_has_help_with_an_example() -> None:
    import typer

    from streams.cli import build_app

    def leaves(command, path=()):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from leaves(inner, (*path, name))
        else:
            yield path, command

    found = dict(leaves(typer.main.get_command(build_app())))
    assert len(found) >= 15
    for path, command in found.items():
        assert "Example: `relistwatch " in (command.help or ""), path
