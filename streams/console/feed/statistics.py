"""What the databases know of their tables, by which they choose an index: measured anew as the tables grow.

Without it SQLite took the index of the state to find one seller's alerts: 160 ms instead of 10 among 100,000.
"""

import time

from sqlalchemy import text

from streams.console.database import Database
from streams.console.feed.turn import Turn
from streams.console.tables import FROM_TOPICS

ROWS_EACH = 1000
"""Of an index that SQLite looks at; all of it together takes some milliseconds then."""
EVERY_SECONDS = 3600.0


class Statistics:
    """Call `step` now and then; `taken`: records since the start."""

    def __init__(self, database: Database, turn: Turn) -> None:
        self._database, self._turn = database, turn
        self._due, self._taken = 0.0, 0

    def step(self, taken: int) -> bool:
        """Look at the tables where there is reason to; whether that was so."""
        if taken == self._taken or time.monotonic() < self._due:
            return False
        self._taken, self._due = taken, time.monotonic() + EVERY_SECONDS
        with self._turn.write() as connection:
            if not self._database.is_postgres:
                connection.execute(text(f"PRAGMA analysis_limit = {ROWS_EACH}"))
            for table in FROM_TOPICS:
                connection.execute(text(f"ANALYZE {table.name}"))
        if not self._database.is_postgres:
            # SQLite reads its statistics when it opens a connection.
            self._database.engine.dispose()
        return True
