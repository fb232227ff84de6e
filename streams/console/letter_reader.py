"""Dead letters read from Kafka when somebody looks at them: beside the pages, which do not wait for a broker that is
away."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from connectors.codec import RecordError
from connectors.events import DeadLetter
from streams.console.context import Console
from streams.dead_letter_replay import Place, letter_of
from streams.kafka_clients.record_reader import ReadError, RecordReader, UnreachableError
from streams.settings import Settings
from streams.topics import DEAD_LETTERS

PAGE_SECONDS = 1.5
"""How long a page waits; a read over an open connection takes 6 ms, the first one 0.2 s."""
FILE_SECONDS = 30.0
AWAY_SECONDS = 5.0
"""After a broker was not reached, how long that is told without trying."""


class LetterReader:
    """Reads one letter at a time over one connection, which it keeps."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One thread of its own: reads that wait for a broker must not take those of the database.
        self._thread = ThreadPoolExecutor(1, "letters")
        self._reader: RecordReader | None = None
        self._away_until = 0.0
        self._away_because = ""

    async def read(self, place: Place, seconds: float) -> DeadLetter:
        """The letter as it stands on `dead-letters`.

        Raises:
            ReadError: it cannot be read within that time, or is no longer there.
            RecordError: something else stands there.
        """
        if time.monotonic() < self._away_until:
            raise UnreachableError(self._away_because)
        asked = asyncio.get_running_loop().run_in_executor(self._thread, self._read, place)
        try:
            return await asyncio.wait_for(asked, seconds)
        except TimeoutError:
            raise UnreachableError(f"Kafka does not answer within {seconds:g} s") from None

    def close(self) -> None:
        """Disconnect."""
        self._thread.submit(self._let_go)
        self._thread.shutdown(wait=False)

    def _read(self, place: Place) -> DeadLetter:
        if time.monotonic() < self._away_until:
            raise UnreachableError(self._away_because)
        kept = self._reader is not None
        try:
            return self._once(place)
        except UnreachableError as error:
            self._let_go()
            if not kept:
                self._away_until = time.monotonic() + AWAY_SECONDS
                self._away_because = str(error)
                raise
        except RecordError:
            raise
        except ReadError:
            # A connection of before may not know the topic's partitions of now.
            self._let_go()
            if not kept:
                raise
        return self._once(place)

    def _once(self, place: Place) -> DeadLetter:
        if self._reader is None:
            self._reader = RecordReader(self._settings, DEAD_LETTERS).__enter__()
        return letter_of(self._reader.at(place.partition, place.offset)).letter

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.__exit__()


def letter_reader(console: Console) -> LetterReader:
    """The console's."""
    found: LetterReader = console.services.setdefault(LetterReader, LetterReader(console.settings))
    return found
