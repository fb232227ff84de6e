"""How long a worker that is told to end waits for a Kafka that is away.

Faust's consumer ends when every message in hand is acknowledged and committed. A batch is acknowledged when Kafka has
what was made of it, and that is tried for ever: without a Kafka the worker would never end. What is given up here was
not committed, so whoever reads it next does it again, with the same ids.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 10.0
"""For Kafka to take what is delivered or committed; an election takes less."""
LOOK_SECONDS = 0.2


class PatientEnd:
    """In front of a `faust` consumer. Its agents get all the time that they need; Kafka alone does not."""

    patience = PATIENCE_SECONDS
    undelivered: Callable[[], float] = staticmethod(lambda: 0.0)
    """Seconds that a delivery has been under way."""
    _unacked_messages: Any

    async def wait_empty(self) -> None:
        """As Faust's, unless Kafka has been waited for during the last `patience` seconds: for a delivery or, when
        nothing is in hand any more, for the last commit."""
        ending = asyncio.ensure_future(super().wait_empty())  # type: ignore[misc]
        worked = monotonic()
        while not ending.done():
            await asyncio.wait([ending], timeout=LOOK_SECONDS)
            in_hand = sum(not message.acked for message in self._unacked_messages)
            if in_hand:
                worked = monotonic()
            waited = max(self.undelivered(), monotonic() - worked)
            if waited > self.patience and not ending.done():
                log.warning(
                    "ending without Kafka: what it did not take is done again by whoever reads it next",
                    in_hand=in_hand,
                    waited=round(waited, 1),
                )
                ending.cancel()
                return
        await ending
