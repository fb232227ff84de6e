"""docs/security.md names tests that exist, links that lead somewhere, and makes no promise without one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
POLICY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 50
    missing = []
    for path, name in NAMED:
        file = ROOT / path
        if not file.is_file():
            missing.append(path)
        elif name and not re.search(
            rf"^(?:async )?def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE
        ):
            missing.append(f"{path}::{name}")
    assert missing == []


def test_every_attack_has_what_stops_it_and_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "|---" not in line]
    attacks = [
        row
        for row in rows
        if len(row.strip("|").split(" | ")) == 3 and not row.startswith(("| what |", "| attack |"))
    ]
    tables = PAGE.partition("## What is trusted")[2]
    for row in attacks:
        if row in tables:
            last = row.strip("| ").split(" | ")[-1]
            assert "tests/" in last or "docs/" in last, row


def test_links_lead_somewhere() -> None:
    for text, folder in ((PAGE, ROOT / "docs"), (POLICY, ROOT)):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            assert (folder / target).exists(), target


def test_what_is_said_of_settings_and_limits_is_so() -> None:
    from streams.console.guard import FORM_SECONDS
    from streams.console.listening import Door
    from streams.secret_settings import WORDS

    assert (
        f"{Door().idle_seconds:.0f} s for headers, {FORM_SECONDS:.0f} s for a form, {Door().connections} connections"
        in PAGE
    )
    assert ", ".join(WORDS[:-1]) in PAGE


def test_nobody_is_invented() -> None:
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", PAGE + POLICY), "an address to write to"
