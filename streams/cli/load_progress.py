"""What a load shows on stderr while it runs: a line that lives on a terminal, now and then one where there is none."""

import time
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from streams.words.safe_text import safe_text

EVERY_SECONDS = 5.0
"""Between two lines where there is no terminal; a new step is said at once."""


class LoadProgress:
    """A context manager; `say` as often as there is something."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status = Status(Text("connecting"), console=self._console)
        self._said, self._step = 0.0, ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def say(self, text: str) -> None:
        """Show where it stands."""
        text = safe_text(text, 500)
        if self._console.is_terminal:
            self._status.update(Text(text))
            return
        # Steps are told apart by their words; what counts up within one has other digits.
        step = "".join(letter for letter in text if letter.isalpha())
        if step != self._step or time.monotonic() - self._said > EVERY_SECONDS:
            self._said, self._step = time.monotonic(), step
            self._console.print(Text(text))
