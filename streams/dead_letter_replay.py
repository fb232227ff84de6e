"""Dead letters found, chosen and sent back to where they came from, byte for byte."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from connectors.codec import Codec, RecordError
from connectors.events import DeadLetter
from connectors.kafka_delivery import KafkaDelivery
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.message_headers import ATTEMPT_HEADER
from streams.kafka_clients.record_reader import Record, RecordReader
from streams.settings import Settings
from streams.topics import ALL_TOPICS, DEAD_LETTERS, topic_name

REPLAY_REQUEST_BYTES = 32 * 1024 * 1024
"""Above any topic's own limit: whether a record fits is the broker's to say."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a dead letter stands on the topic `dead-letters`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place written `PARTITION:OFFSET`.

        Raises:
            ValueError: it is not written so.
        """
        partition, separator, offset = text.partition(":")
        digits = (partition, offset)
        if not separator or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in digits):
            raise ValueError(f"{text!r} is no place of a dead letter: write PARTITION:OFFSET, such as 0:42")
        return cls(int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class FoundLetter:
    """A dead letter and where it stands."""

    place: Place
    letter: DeadLetter

    @property
    def content(self) -> bytes:
        """The same for copies of one message, whatever became of each."""
        parts = [self.letter.topic, self.letter.key, self.letter.value]
        return hashlib.sha256(msgspec.json.encode(parts)).digest()


@dataclass(frozen=True, slots=True)
class Unreplayable:
    """A letter that was not sent back, and why."""

    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay: every letter sent is acknowledged."""

    sent: tuple[Place, ...]
    refused: tuple[Unreplayable, ...]


class Letters(Protocol):
    """Where letters are read one by one, such as a RecordReader."""

    def at(self, partition: int, offset: int) -> Record:
        """The one record at that place.

        Raises:
            ReadError: there is none, or no longer.
        """


_codec = Codec(DeadLetter)


def letter_of(record: Record) -> FoundLetter:
    """The dead letter in a record of the topic.

    Raises:
        RecordError: something else was written to the topic.
    """
    if record.value is None:
        raise RecordError("empty-value", "DeadLetter: the message has no value")
    return FoundLetter(Place(record.partition, record.offset), _codec.decode(record.value).record)


def letters(
    reader: RecordReader, error: str | None = None, on_foreign: Callable[[Place, str], None] | None = None
) -> Iterator[FoundLetter]:
    """The letters that are there now, of one kind of error or all; what is none goes to `on_foreign`."""
    for record in reader.existing():
        try:
            found = letter_of(record)
        except RecordError as reason:
            if on_foreign is not None:
                on_foreign(Place(record.partition, record.offset), str(reason))
            continue
        if error is None or found.letter.error == error:
            yield found


def newest_copies(found: Iterable[FoundLetter]) -> list[Place]:
    """The places to replay: of letters with one content only the one tried most.

    Each failed replay leaves another letter beside the first. Sending all of them back would double their
    number every time.
    """
    # Only what is compared is kept: the letters together may be larger than the memory.
    newest: dict[bytes, tuple[int, datetime, Place]] = {}
    for each in found:
        rank = (each.letter.attempt, each.letter.failed_at, each.place)
        newest[each.content] = max(rank, newest.get(each.content, rank))
    return sorted(place for _, _, place in newest.values())


def next_attempt(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """The original headers with `rw_attempt` one higher, in its old place or else at the end."""
    attempt = (ATTEMPT_HEADER, str(letter.attempt + 1).encode())
    if all(name != ATTEMPT_HEADER for name, _ in letter.headers):
        return [*letter.headers, attempt]
    return [attempt if name == ATTEMPT_HEADER else (name, value) for name, value in letter.headers]


def refusal(letter: DeadLetter, settings: Settings) -> str | None:
    """Why the letter cannot go back, or None. Only to our own topics: no letter writes where it likes."""
    known = {topic_name(spec, settings.topics) for spec in ALL_TOPICS if spec is not DEAD_LETTERS}
    if letter.topic not in known:
        return f"it names topic {letter.topic!r}, which is none of the topics that letters come from"
    if letter.key is None and letter.value is None:
        return "it has neither key nor value"
    return None


def replay(reader: Letters, places: Sequence[Place], settings: Settings, *, dry_run: bool = False) -> Replay:
    """Send the letters at these places back to their topics, and wait until the broker has them.

    Raises:
        ReadError: a place holds no record.
        RecordError: a place holds no dead letter.
        RetryError: the broker went away; some letters may have been sent, and can be again.
        AbortError: the broker refuses us.
    """
    sent: list[Place] = []
    refused: list[Unreplayable] = []
    client = client_options(settings.kafka)
    with KafkaDelivery(client, max_request_bytes=REPLAY_REQUEST_BYTES) as delivery:
        for place in places:
            letter = letter_of(reader.at(place.partition, place.offset)).letter
            if why := refusal(letter, settings):
                refused.append(Unreplayable(place, why))
                continue
            sent.append(place)
            if not dry_run:
                delivery.send(
                    letter.topic,
                    key=letter.key,
                    value=letter.value,
                    headers=next_attempt(letter),
                    record=place,
                )
        refused += [Unreplayable(each.record, each.why) for each in delivery.flush()]
    gone = {each.place for each in refused}
    return Replay(tuple(place for place in sent if place not in gone), tuple(refused))
