"""Waiting for what comes of itself: asked again and again, with a deadline."""

import time
from collections.abc import Callable
from typing import Any

PAUSE_SECONDS = 0.02


def until(found: Callable[[], Any], what: str = "it", *, seconds: float = 60.0) -> Any:
    """What `found` gives as soon as that is something. `what`: what is waited for.

    Raises:
        AssertionError: nothing within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not (got := found()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(PAUSE_SECONDS)
    return got
