"""docs/capacity.md: its commands print what it shows, and what it says of figures is so.

After the model or its measurements change: `PYTHONPATH=.:tests/support python -m capacity_doc`.
"""

import re

from capacity_doc import DOCUMENT, pairs, printed

from streams.capacity.costs import Costs
from streams.capacity.series import read_measured

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_commands_print_what_the_document_shows() -> None:
    shown = pairs(TEXT)
    assert len(shown) == 3
    assert TEXT.count("```text") == len(shown)
    for command, output in shown:
        assert printed(command) == output, command


def test_the_worked_examples_are_those_that_were_asked_for() -> None:
    commands = " ".join(command for command, _ in pairs(TEXT))
    for listings in ("10000000", "100000000"):
        assert re.search(rf"--listings-per-day {listings}\b", commands)
    assert commands.count("--takedowns 10000000 ") == 2


def test_the_shipped_measurements_are_named() -> None:
    measured = read_measured()
    assert Costs(measured)
    assert measured.machine in TEXT
    assert measured.taken in TEXT
