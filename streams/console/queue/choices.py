"""The marketplaces and authorities that alerts have, for the filter's lists."""

import threading
import time

from msgspec import Struct
from sqlalchemy import select

from streams.console.database import Database
from streams.console.tables import ALERTS

FRESH_SECONDS = 30.0
MOST = 200
"""Values in a list; others can be typed into the address."""


class Choices(Struct, frozen=True):
    """Sorted."""

    marketplaces: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()


class KnownChoices:
    """Remembered for some seconds, as all alerts are read to find them. One thread looks, others take what is known."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Choices | None = None
        self._at = 0.0
        self._looking = threading.Lock()

    def get(self) -> Choices:
        """What is known; waits only where that is nothing. Blocks: call it in a thread."""
        known = self._known
        if known is not None and time.monotonic() - self._at < FRESH_SECONDS:
            return known
        if not self._looking.acquire(blocking=known is None):
            return known or Choices()
        try:
            if self._known is None or time.monotonic() - self._at >= FRESH_SECONDS:
                self._known, self._at = self._look(), time.monotonic()
            return self._known
        finally:
            self._looking.release()

    def _look(self) -> Choices:
        with self._database.read() as connection:
            pairs = connection.execute(select(ALERTS.c.marketplace, ALERTS.c.authority).distinct()).all()
        marketplaces = sorted({marketplace for marketplace, _ in pairs})
        authorities = sorted({authority for _, authority in pairs if authority})
        return Choices(tuple(marketplaces[:MOST]), tuple(authorities[:MOST]))
