"""What `relistwatch connect` shows while it runs: a live line on stderr, problems, the counts at the end."""

import json
import time
from dataclasses import asdict
from typing import Self

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from connectors.counts import Counts
from connectors.kafka import key_and_value
from connectors.runner import Failure, Problem
from connectors.sdk import Notice, Skipped
from connectors.secret import redact
from streams.words.safe_text import safe_bytes, safe_text

PROBLEMS_SHOWN = 20
"""Problems told one by one; the rest are only counted."""
TEXT_SHOWN = 500


class ConnectProgress:
    """Progress on stderr: a line that lives on a terminal, and only problems and the end where it is none."""

    def __init__(self, name: str, topic: str) -> None:
        self._way = f"{name} → {topic}"
        self._console = Console(stderr=True, highlight=False)
        self._status = Status(Text(f"{self._way}: starting"), console=self._console)
        self._began = time.monotonic()
        self._problems = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def update(self, counts: Counts) -> None:
        """Show the counts."""
        if self._console.is_terminal:
            rate = counts.written / max(time.monotonic() - self._began, 0.001)
            self._status.update(Text(f"{self._way}: {_summary(counts)}, {rate:,.0f} a second"))

    def note(self, text: str) -> None:
        """Tell something once."""
        self._console.print(Text(text))

    def problem(self, problem: Problem) -> None:
        """Tell one problem, until there were too many to tell."""
        self._problems += 1
        if self._problems > PROBLEMS_SHOWN:
            return
        match problem:
            case Skipped(detail):
                line = f"skipped: {_shown(detail)}"
            case Notice(detail):
                line = f"notice: {_shown(detail)}"
            case Failure(event, detail):
                key = safe_bytes(key_and_value(event)[0] or b"no key", TEXT_SHOWN)
                line = f"refused: {key}: {_shown(detail)}"
            case retry:
                line = f"trying again: {_shown(str(retry))}"
        self._console.print(Text(line))
        if self._problems == PROBLEMS_SHOWN:
            self._console.print(Text("further problems are only counted"))

    def end(self, counts: Counts, *, as_json: bool) -> None:
        """The counts: on stdout as JSON, or on stderr for a person."""
        seconds = time.monotonic() - self._began
        if as_json:
            typer.echo(json.dumps(asdict(counts) | {"seconds": round(seconds, 3)}))
        else:
            self._console.print(Text(f"{self._way}: {_summary(counts)} in {seconds:.1f} s"))


def _shown(text: str) -> str:
    """Text from outside for a terminal: no control characters, and no secret even where one slipped in."""
    return safe_text(redact(text), TEXT_SHOWN)


def _summary(counts: Counts) -> str:
    parts = [f"{counts.read:,} read", f"{counts.written:,} written"]
    parts += [
        f"{number:,} {word}"
        for number, word in (
            (counts.skipped, "skipped"),
            (counts.failed, "refused"),
            (counts.notices, "notices"),
            (counts.retries, "retries"),
            (counts.requests, "requests"),
            (counts.throttled, "throttled"),
        )
        if number
    ]
    return ", ".join(parts)
