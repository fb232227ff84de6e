"""What the demo draws on a terminal: a bar that waits below, and lines that do not run into it."""

import io
import re

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from streams.cli.demo import beside_a_bar

ERASED = "\x1b[2K"


@pytest.mark.parametrize("lines", [1, 3])
def test_a_line_begins_where_the_bar_was_taken_away(lines: int) -> None:
    terminal = io.StringIO()
    notes, results = (
        Console(file=terminal, force_terminal=True, width=80, highlight=False) for _ in range(2)
    )
    with Progress(TextColumn("bar"), console=notes, auto_refresh=False) as progress:
        progress.add_task("")
        for number in range(lines):
            progress.refresh()
            beside_a_bar(results, notes).print(f"line {number}")
    drawn = terminal.getvalue()
    before = [drawn[: found.start()].splitlines()[-1] for found in re.finditer(r"line \d", drawn)]
    assert len(before) == lines
    for each in before:
        assert each.endswith(ERASED), drawn


def test_results_go_where_they_were_sent() -> None:
    notes, sent = Console(file=io.StringIO(), force_terminal=True), Console(file=io.StringIO())
    assert beside_a_bar(sent, notes) is sent
    assert beside_a_bar(notes, sent) is notes
