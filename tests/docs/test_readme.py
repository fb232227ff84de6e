"""README.md: its example finds what it says, and its pictures and links are there."""

import json
import re
from pathlib import Path

from doc_blocks import ROOT, blocks
from doc_run import outputs
from installed_entry_points import environment

README = ROOT / "README.md"


def test_the_example_finds_the_relist(tmp_path: Path) -> None:
    outputs(README, tmp_path, environment(tmp_path))
    (alert,) = [json.loads(line) for line in (tmp_path / "work" / "alerts.jsonl").read_text().splitlines()]
    assert (alert["kind"], alert["listing"]["listing_id"], alert["takedown"]["takedown_id"]) == (
        "relist",
        "2",
        "t-1",
    )
    assert (tmp_path / "work" / "report.html").is_file()


def test_pictures_of_the_queue_and_of_an_alert_stand_above_the_first_heading() -> None:
    top = README.read_text(encoding="utf-8").partition("\n## ")[0]
    assert re.findall(r"!\[[^\]]+\]\(docs/screenshots/(\w+)\.png\)", top) == ["queue", "alert"]


def test_the_two_commands_that_set_everything_up_are_there() -> None:
    commands = {block.text.strip() for block in blocks(README)}
    assert {"make demo", "make test"} <= commands


def test_links_of_what_the_site_does_not_build_lead_somewhere() -> None:
    """mkdocs sees to the pages of the site; README is none of them."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
