"""Keeps the desks in order: uploads go when nobody has looked at them for long, and all that runs ends with the
console."""

import threading

from streams.console.context import Console
from streams.console.dead_letter_replays import replays_of
from streams.console.letter_reader import letter_reader
from streams.console.list_uploads import uploads_of
from streams.console.reports import reports_of

SWEEP_SECONDS = 15.0


class DeskPart:
    """Of dead letters and takedown lists."""

    name = "desks"

    def run(self, console: Console, stop: threading.Event) -> None:
        """Until the end."""
        uploads = uploads_of(console)
        try:
            while not stop.wait(SWEEP_SECONDS):
                uploads.sweep()
        finally:
            for desk in (replays_of(console), reports_of(console), uploads):
                desk.end()
            letter_reader(console).close()
