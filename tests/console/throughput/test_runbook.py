"""What the runbook tells to do can be done: its commands, settings and metrics are there, and so are its links."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from kafka.cli.admin import main_parser

from streams.cli import build_app
from streams.console.runbook import anchor_of, runbook_text, to_html
from streams.settings import Settings

TEXT = runbook_text()
CODE = sorted(
    set(re.findall(r"`([^`\n]+)`", TEXT))
    | set(re.findall(r"^(?:relistwatch|python) .+$", TEXT, re.MULTILINE))
)
COMMANDS = sorted({found[0] for code in CODE for found in [re.match(r"relistwatch [a-z].*", code)] if found})
SETTINGS = sorted(
    {
        code
        for code in CODE
        if re.fullmatch(r"[a-z_]+\.[a-z_]+", code) and code.partition(".")[0] in Settings.__struct_fields__
    }
)
DOCUMENTED = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
METRICS = sorted({code for code in CODE if code.startswith("relistwatch_")})


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_and_their_options_are_there(command: str) -> None:
    words = command.split()[1:]
    found: Any = typer.main.get_command(build_app())
    while words and words[0] in getattr(found, "commands", {}):
        found = found.commands[words.pop(0)]
    assert not hasattr(found, "commands") or found.invoke_without_command, command
    options = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= options, command


def test_enough_is_named_to_be_looked_at() -> None:
    assert (len(COMMANDS), len(SETTINGS), len(METRICS)) >= (12, 10, 4)


@pytest.mark.parametrize("name", SETTINGS)
def test_its_settings_are_there(name: str) -> None:
    table, _, key = name.partition(".")
    assert key in msgspec.to_builtins(Settings())[table], name


@pytest.mark.parametrize("name", METRICS)
def test_its_metrics_are_documented(name: str) -> None:
    assert f"`{name}" in DOCUMENTED


def test_its_kafka_commands_are_kafka_pythons() -> None:
    lines = [code for code in CODE if code.startswith("python -m kafka.admin")]
    assert len(lines) >= 3
    for line in lines:
        main_parser().parse_args(line.split()[3:])


def test_links_lead_to_headings_of_its_own() -> None:
    anchors = {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r'href="#([^"]+)"', to_html(TEXT))) <= anchors


def test_nothing_of_its_markdown_is_left_over() -> None:
    shown = re.sub(r"<(pre|code)\b.*?</\1>", "", str(to_html(TEXT)), flags=re.DOTALL)
    assert not re.search(r"\*\*|`|^#|\]\(", shown, re.MULTILINE)
