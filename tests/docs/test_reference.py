"""docs/reference is what the code says. To make it anew: `make reference`."""

import re

import pytest
import typer
from reference import DOCS, MADE
from reference.commands import commands_page, walk
from reference.errors import PHOTO_FAILURES, ROOT, dead_letters, photo_failures
from reference.words import table

from streams.cli import build_app
from streams.console.words import ALL


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == MADE[name](), "run: make reference"


def test_every_page_of_the_folder_is_made() -> None:
    folder = DOCS / "reference"
    assert {f"reference/{path.name}" for path in folder.iterdir()} == {
        name for name in MADE if name[:9] == "reference"
    }


def test_every_command_is_there_with_an_example() -> None:
    page = commands_page()
    commands = dict(walk(typer.main.get_command(build_app()), ("relistwatch",)))
    assert len(commands) > 50
    for path, command in commands.items():
        _, _, part = page.partition(f"# {' '.join(path)}\n")
        part = part.partition("\n#")[0]
        assert part, path
        example = re.search(r"```shell\n(.*?)```", part, re.DOTALL)
        assert hasattr(command, "commands") or (example and " ".join(path) in example[1]), path


def test_every_kind_of_dead_letter_has_words_of_its_own() -> None:
    found = dead_letters()
    assert {"internal-error", "malformed-json", "missing-key", "too-large"} <= found
    assert [each for each in found if f"dead.help.{each}" not in ALL] == []


def test_every_photo_failure_has_its_meaning_and_is_in_the_code() -> None:
    assert photo_failures() == PHOTO_FAILURES.keys()
    code = "".join(
        path.read_text() for name in ("fingerprints", "streams") for path in (ROOT / name).rglob("*.py")
    )
    assert [kind for kind in PHOTO_FAILURES if f'"{kind}"' not in code] == []


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(("a",), [("x|y\nz",)])[2] == "| x\\|y z |"
