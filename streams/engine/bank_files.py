"""The files of a `TakedownBank` beside its photos': the takedowns' records, and what a reader must know of both.

`records.msgpack` holds lists of at most `RECORDS_A_LINE` records, each list after its length in four bytes.
`elsewhere.msgpack` holds in the same way what a shard counts of the takedowns of others
(`streams.engine.counted_takedowns`). `bank.msgpack` is written last and holds length and checksum of the others.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from fingerprints.photo_snapshot import FrozenPhotos
from fingerprints.snapshot_files import DAMAGED, SnapshotError, Written, force, read_file, write_file
from fingerprints.title_index import TitleIndex
from fingerprints.title_print import TITLE
from fingerprints.title_snapshot import TitleState, encoded, index_of, state_of
from fingerprints.title_words import lists_digest
from streams.records import TakedownFingerprint

RECORDS = "records.msgpack"
TITLES = "titles.msgpack"
ELSEWHERE = "elsewhere.msgpack"
BANK = "bank.msgpack"
RECORDS_A_LINE = 256
"""Encoded at once: some tenths of a millisecond in which no other thread runs."""
LENGTH_BYTES = 4


def bank_format() -> str:
    """Changes with the text algorithm, its word lists and any field of the records: what an older program left out
    of them for want of knowing it is on the topic still, and must be read from there."""
    schema = msgspec.json.encode(msgspec.json.schema(TakedownFingerprint))
    return f"2 {TITLE.algorithm} {lists_digest()} {hashlib.sha256(schema).hexdigest()[:16]}"


class _Bank(Struct, frozen=True):
    format: str
    records: Written
    titles: Written
    photos: Written
    images: dict[str, tuple[int, ...]]
    elsewhere: Written


@dataclass(slots=True)
class FrozenBank:
    """A `TakedownBank` at one moment, on its way to the disk; the two steps are those of `FrozenPhotos`."""

    records: list[TakedownFingerprint]
    images: dict[str, tuple[int, ...]]
    titles: TitleIndex
    photos: FrozenPhotos
    elsewhere: list[tuple[bytes, bytes]] = field(default_factory=list)
    _titles: TitleState = field(init=False)

    def write_changing(self, folder: Path) -> None:
        """Write what changes in place; nothing may be put or withdrawn meanwhile. Raises OSError."""
        self.photos.write_changing(folder)
        self._titles = state_of(self.titles)

    def write_rest(self, folder: Path) -> None:
        """Write the rest, and force all of it to the disk. Raises OSError."""
        self.photos.write_rest(folder)
        records = write_file(folder / RECORDS, _lines(self.records))
        titles = write_file(folder / TITLES, encoded(self._titles))
        elsewhere = write_file(folder / ELSEWHERE, _lines(self.elsewhere))
        bank = _Bank(bank_format(), records, titles, self.photos.written, self.images, elsewhere)
        raw = msgspec.msgpack.encode(bank)
        write_file(folder / BANK, [raw, hashlib.sha256(raw).digest()])
        for path in folder.iterdir():
            force(path)
        force(folder)


@dataclass(slots=True)
class ReadBank:
    """What a `TakedownBank` is made of again. `records`: without photos. `photos`: for `PhotoIndex.load`."""

    records: list[TakedownFingerprint]
    images: dict[str, tuple[int, ...]]
    titles: TitleIndex
    photos: Written
    elsewhere: list[tuple[bytes, bytes]] = field(default_factory=list)


def read_bank(folder: Path) -> ReadBank:
    """All but the photos.

    Raises:
        SnapshotError: incomplete, damaged, or of another version of the program.
    """
    try:
        raw = (folder / BANK).read_bytes()
        if hashlib.sha256(raw[:-32]).digest() != raw[-32:]:
            raise SnapshotError(f"{BANK} is damaged")
        bank = msgspec.msgpack.decode(raw[:-32], type=_Bank)
        if bank.format != bank_format():
            raise SnapshotError(f"the bank is of the format {bank.format!r}, not {bank_format()!r}")
        lines = read_file(folder / RECORDS, bank.records)
        decoder = msgspec.msgpack.Decoder(list[TakedownFingerprint])
        records = [record for line in _split(lines) for record in decoder.decode(line)]
        state = msgspec.msgpack.decode(read_file(folder / TITLES, bank.titles), type=TitleState)
        title_of = {record.takedown.takedown_id: record.prints.title for record in records}
        titles = [title for owner in state.owners if (title := title_of[owner]) is not None]
        pairs = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]])
        counted = read_file(folder / ELSEWHERE, bank.elsewhere)
        elsewhere = [pair for line in _split(counted) for pair in pairs.decode(line)]
        return ReadBank(records, bank.images, index_of(state, titles), bank.photos, elsewhere)
    except OSError as error:
        raise SnapshotError(f"{BANK}: {error.strerror}") from None
    except DAMAGED as error:
        raise SnapshotError(f"{RECORDS}, {TITLES}: {type(error).__name__}: {error}") from None


def _lines(records: Sequence[object]) -> Iterator[bytes]:
    for start in range(0, len(records), RECORDS_A_LINE):
        line = msgspec.msgpack.encode(records[start : start + RECORDS_A_LINE])
        yield len(line).to_bytes(LENGTH_BYTES, "little")
        yield line


def _split(lines: bytes) -> Iterator[memoryview]:
    view, at = memoryview(lines), 0
    while at < len(view):
        length = int.from_bytes(view[at : at + LENGTH_BYTES], "little")
        at += LENGTH_BYTES
        yield view[at : at + length]
        at += length
