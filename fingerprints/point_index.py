"""An index of described points, grown and shrunk point by point; at 25 times the points a look-up costs twice as much.

Linear hashing (Litwin, "Linear Hashing: A New Tool for File and Table Addressing", 1980) over the signs of a
point's code: a point's bucket is its code's lowest bits, and each time the buckets are half full one bucket is
split in two by the next bit. Nothing is ever rebuilt. A query looks into the buckets of its own code and of
all codes that differ from it in its least certain signs only (Lv et al., "Multi-Probe LSH", 2007).

What is found does not depend on how many buckets there are: exactly the points for which
`point_meetings.meets` holds, of each query point the nearest. How many buckets are looked into does: the more
of a code's bits choose one, the more of its least certain signs are among them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.photo_descriptor import LOOSE_AMONG, loose_signs
from fingerprints.photo_print import Packed
from fingerprints.point_blocks import COUNT_BITS, MOST_COUNT, SLOTS, WORDS, Blocks, count_of, next_of, tail_of
from fingerprints.point_meetings import (
    MOST_DIFFERENT,
    WAYS,
    Meetings,
    likely,
    nearest_of,
    strict_signs,
    surer_signs,
)

LONGEST_CHAIN = 4
"""Blocks of a bucket. A bucket of 60 points takes no more: so many alike say nothing any longer, and whoever
floods one must not slow every search."""
FILL = 0.75
"""Points for each slot at which the next bucket is split: one bucket in six then goes on in a spare block."""
ROOM = 1 << 20
"""Buckets that there is room for from the start, for some 50,000 photos: 140 MB of addresses, of which
only what is written to takes memory. Beyond it everything is copied once to four times the room."""
FIRST_BITS = 16
"""The code's lowest 16 signs are told by the bucket; the 32 bits after them are stored."""

Words = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.intp]


class PointIndex:
    """Points by number (any 32-bit unsigned, one a point). 8 bytes a slot, some 15 a point.

    Each bucket is a chain of blocks of `SLOTS` points: its own, and spare ones where that is full. All but the
    last block of a chain are full.
    """

    def __init__(self) -> None:
        self._bits = FIRST_BITS
        self._split = 0
        """Buckets below it are split already: their points lie by one bit more."""
        self._len = 0
        self._main = Blocks(ROOM)
        self._spare = Blocks(1024)
        self._spares_used = 0
        self._spares_free: list[int] = []

    def __len__(self) -> int:
        return self._len

    @property
    def buckets(self) -> int:
        """How many there are now."""
        return (1 << self._bits) + self._split

    @property
    def used_bytes(self) -> int:
        """Bytes of memory behind the blocks; room beyond them is reserved, not used."""
        return (self.buckets + self._spares_used) * 4 * (WORDS + SLOTS)

    def add(self, rows: Packed, numbers: Words) -> None:
        """Hold these points under these numbers."""
        taken = self._put(self._bucket_of(rows["signs"]), _rest(rows), numbers)
        self._len += taken
        wanted = min(int(self._len / (FILL * SLOTS)), 1 << LOOSE_AMONG)
        while self.buckets < wanted:
            self._split_next(min(wanted - self.buckets, (1 << self._bits) - self._split))

    def remove(self, rows: Packed, numbers: Words) -> None:
        """Forget the points that were added so; those that are not held, as a full bucket took no more, are no
        error."""
        for bucket, number in zip(self._bucket_of(rows["signs"]).tolist(), numbers.tolist(), strict=True):
            self._len -= self._take(bucket, number)

    def search(self, queries: Packed, nearest: int) -> Meetings:
        """The pairs that meet, in no particular order; of each query point the nearest only (`nearest_of`)."""
        query, bucket = self._probes(queries)
        # Whole rows of the same word: numpy is several times slower where a row meets a single word.
        rest = np.repeat(_rest(queries), WORDS).reshape(-1, WORDS)
        strict = np.repeat(strict_signs(queries) >> np.uint32(FIRST_BITS), WORDS).reshape(-1, WORDS)
        turned = (bucket ^ queries["signs"].take(query)) & np.uint32((1 << FIRST_BITS) - 1)
        middle, surest = surer_signs(queries)
        # Where all five choose the bucket, it is only looked into for what `WAYS` allows.
        unsure = (middle | surest) >> np.uint32(self._bits) != 0
        looks: list[_Look] = []
        blocks, block = self._main, bucket
        for _ in range(LONGEST_CHAIN):
            # `take` gathers whole rows three times as fast as an index in brackets.
            differing = blocks.words.take(block, axis=0)
            tail = differing[:, SLOTS].copy()
            differing ^= rest.take(query, axis=0)
            bits = np.bitwise_count(differing)
            bits += _EACH.take(np.bitwise_count(turned), axis=0)
            met = (differing & strict.take(query, axis=0)) == 0
            met &= bits <= MOST_DIFFERENT
            met &= _USED.take(count_of(tail), axis=0)
            place = np.flatnonzero(met)
            probe = place // WORDS
            doubt = np.flatnonzero(unsure.take(query).take(probe))
            of, into = query.take(probe.take(doubt)), turned.take(probe.take(doubt))
            signs = differing.ravel().take(place.take(doubt)) << np.uint32(FIRST_BITS) | into
            unlikely = doubt[~likely(signs, middle.take(of), surest.take(of))]
            place, probe = np.delete(place, unlikely), np.delete(probe, unlikely)
            looks.append(_Look(query.take(probe), bits.ravel().take(place), blocks, block, place))
            following = next_of(tail)
            on = np.flatnonzero(following)
            if not len(on):
                break
            blocks, block = self._spare, following.take(on) - 1
            query, turned = query.take(on), turned.take(on)
        within = nearest_of(
            np.concatenate([look.query for look in looks]), np.concatenate([look.different for look in looks]),
            len(queries), nearest,
        )  # fmt: skip
        found = [look.nearer_than(within) for look in looks]
        return Meetings(
            np.concatenate([part.query for part in found]),
            np.concatenate([part.number for part in found]),
            np.concatenate([part.different for part in found]),
        )

    def _bucket_of(self, signs: Words) -> Words:
        low = signs & np.uint32((1 << self._bits) - 1)
        longer = signs & np.uint32((2 << self._bits) - 1)
        return np.where(low < self._split, longer, low)

    def _probes(self, queries: Packed) -> tuple[Numbers, Words]:
        """Every query's buckets: by each way of turning those of its loose signs that choose a bucket."""
        bits, signs = self._bits, queries["signs"][:, None]
        masks = np.zeros((len(queries), 1), np.uint32)
        for loose in (np.uint32(1) << loose_signs(queries["loose"])).T:
            masks = np.concatenate([masks, masks | loose[:, None]], axis=1)
        masks = masks.take(WAYS, axis=1)
        signs = signs ^ masks
        low = signs & np.uint32((1 << bits) - 1)
        split = low < self._split
        # A sign that chooses no bucket is not turned: the bucket holds both its values already.
        beyond = masks >> np.uint32(bits)
        place = np.flatnonzero((beyond == 0) | (split & (beyond == 1)))
        bucket = np.where(split, signs & np.uint32((2 << bits) - 1), low)
        return place // masks.shape[1], bucket.ravel().take(place)

    def _put(self, bucket: Words, rest: Words, number: Words) -> int:
        """Put the points into these buckets; how many were taken, which full ones take no more of."""
        wanted = len(bucket)
        if not wanted:
            return 0
        blocks, block = self._main, bucket
        for depth in range(1, LONGEST_CHAIN + 1):
            order = np.argsort(block, kind="stable")
            block, rest, number = block[order], rest[order], number[order]
            starts = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
            counts = np.diff(np.r_[starts, len(block)])
            own = block[starts]
            slot = np.arange(len(block)) - np.repeat(starts, counts) + blocks.count(block)
            fits = slot < SLOTS
            blocks.words[block[fits], slot[fits]] = rest[fits]
            blocks.number[block[fits], slot[fits]] = number[fits]
            count = np.minimum(blocks.count(own) + counts, SLOTS).astype(np.uint32)
            blocks.tail[own] = tail_of(count, blocks.next(own))
            left = np.flatnonzero(~fits)
            if not len(left) or depth == LONGEST_CHAIN:
                break
            # Spare blocks may move to make room for more, but not within the blocks written to just now.
            self._chain(blocks, np.unique(block[left]))
            blocks, block, rest, number = self._spare, blocks.next(block[left]) - 1, rest[left], number[left]
        return wanted - len(left)

    def _chain(self, blocks: "Blocks", full: Words) -> None:
        """Give each of these blocks a next one where it has none."""
        for block in full[blocks.next(full) == 0].tolist():
            if self._spares_free:
                spare = self._spares_free.pop()
            else:
                spare = self._spares_used
                self._spares_used += 1
                self._spare.make_room(self._spares_used)
            self._spare.tail[spare] = 0
            blocks.tail[block] = blocks.count(block) | np.uint32((spare + 1) << COUNT_BITS)

    def _take(self, bucket: int, number: int) -> int:
        """The point's slot takes the chain's last point; how many were removed, 1 or 0."""
        blocks, block = self._main, bucket
        found: tuple[Blocks, int, int] | None = None
        before: tuple[Blocks, int] | None = None
        while True:
            tail = int(blocks.words[block, SLOTS])
            last, following = (tail & MOST_COUNT) - 1, tail >> COUNT_BITS
            slots = np.flatnonzero(blocks.number[block, : last + 1] == number)
            if len(slots):
                found = (blocks, block, int(slots[0]))
            if not following:
                break
            before = (blocks, block)
            blocks, block = self._spare, following - 1
        if found is None:
            return 0
        into, at, slot = found
        into.words[at, slot], into.number[at, slot] = blocks.words[block, last], blocks.number[block, last]
        blocks.words[block, SLOTS] = last
        if last == 0 and before is not None:
            before[0].words[before[1], SLOTS] &= np.uint32(MOST_COUNT)
            self._spares_free.append(block)
        return 1

    def _split_next(self, many: int) -> None:
        """Move the points of the next buckets whose next bit is set to as many new ones at the end."""
        self._main.make_room(self.buckets + many)
        bucket, rest, number = self._take_all(np.arange(self._split, self._split + many, dtype=np.uint32))
        moves = (rest >> np.uint32(self._bits - FIRST_BITS)) & np.uint32(1)
        self._put(bucket + (moves << np.uint32(self._bits)), rest, number)
        self._split += many
        if self._split == 1 << self._bits:
            self._bits, self._split = self._bits + 1, 0

    def _take_all(self, bucket: Words) -> tuple[Words, Words, Words]:
        """Empty these buckets; gives bucket, rest and number of each point."""
        parts = []
        blocks, block = self._main, bucket
        while len(block):
            held = np.arange(SLOTS) < blocks.count(block)[:, None]
            of = np.nonzero(held)[0]
            parts.append((bucket[of], blocks.words[block][:, :SLOTS][held], blocks.number[block][held]))
            following = blocks.next(block)
            blocks.tail[block] = 0
            if blocks is self._spare:
                self._spares_free += block.tolist()
            on = following != 0
            blocks, block, bucket = self._spare, following[on] - 1, bucket[on]
        merged = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return merged[0], merged[1], merged[2]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look into many blocks met: `query` and `different` of each pair as in `Meetings`, and its `place`
    among the words of all these blocks."""

    query: Numbers
    different: npt.NDArray[np.uint8]
    blocks: Blocks
    block: Words
    place: Numbers

    def nearer_than(self, within: Numbers) -> Meetings:
        """The pairs that differ in fewer bits than their query's. Only of these, which are few among millions of
        points, are the numbers read: they lie elsewhere."""
        kept = np.flatnonzero(self.different < within.take(self.query))
        place = self.place.take(kept)
        where = self.block.take(place // WORDS) * np.intp(SLOTS) + place % WORDS
        number = self.blocks.number.ravel().take(where)
        return Meetings(self.query.take(kept), number, self.different.take(kept))


_USED = np.arange(WORDS) < np.arange(WORDS)[:, None]
"""For each count of points which words of a block are points that are held."""
_EACH = np.repeat(np.arange(FIRST_BITS + 1, dtype=np.uint8), WORDS).reshape(-1, WORDS)
"""Rows of each small number."""


def _rest(rows: Packed) -> Words:
    """The 32 bits of the code after the lowest 16."""
    return (rows["signs"] >> np.uint32(FIRST_BITS)) | (
        rows["large"].astype(np.uint32) << np.uint32(FIRST_BITS)
    )
