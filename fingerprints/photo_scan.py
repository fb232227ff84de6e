"""A few photos looked for among very many, in one pass over what is stored of the many.

`PhotoIndex` is made for the other way round: photos that stay, and a query for each that comes. Turned round, with
the many in the index, it would need kilobytes of memory for each, and bring up some of them where a thousand are
copies of one photo (docs/decisions/016). Here each of the many is judged for itself, however many are like it.

A scan brings up pairs: their hashes are related, or enough of their points agree on how one lies in the other.
Whether they are the same photo is for `PhotoIndex.look_at` to say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fingerprints.hamming_index import PARTS, parts_of
from fingerprints.key_scan import KeyScan
from fingerprints.photo_align import FEWEST, Pairs, weight_of
from fingerprints.photo_descriptor import LOOSE, LOOSE_AMONG, loose_signs
from fingerprints.photo_hash import MOST_DISTANCE
from fingerprints.photo_print import Geometry, Packed, geometry_of
from fingerprints.photo_rows import PhotoRows
from fingerprints.photo_vote import OCTAVE_BINS, TURN_BINS
from fingerprints.point_meetings import MOST_DIFFERENT, WAYS

BLOCK = 64
"""Photos scanned at once: what is worked on then fits into the processor's cache."""
LEAST_VOTES = 1.6
"""What the points that agree must come to: 99.6% of what a search by points finds do (docs/decisions/016)."""
COMMON = 0.005
"""Share of unlike photos that a point may meet and still say something: an edge or a corner meets a tenth of them."""
RARE_AT_LEAST = 0.5
"""Of a photo's points so many are kept, however common."""
LEAST_SAMPLE = 400
"""Photos that it takes to say what is common."""

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """A photo that is looked for: its plain hash (32 bytes), its width and height, and rows of `POINT`."""

    plain: bytes
    size: tuple[int, int]
    points: Packed


@dataclass(frozen=True, slots=True)
class Sighting:
    """Photo `row` of those that were scanned may show the photo that was looked for as number `wanted`. `pairs`: the
    points that meet, none where the hashes said it already."""

    row: int
    wanted: int
    pairs: Pairs | None = None
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class _Met:
    """Pairs of points that meet, one element each: the `row` scanned, its `point`, and the `held` point."""

    row: Numbers
    point: Numbers
    held: Numbers
    different: npt.NDArray[np.uint8]

    def only(self, kept: npt.NDArray[np.generic]) -> "_Met":
        return _Met(self.row[kept], self.point[kept], self.held[kept], self.different[kept])


@dataclass(frozen=True, slots=True)
class _Agreeing:
    """Pairs of photos of which enough points meet: `keys` as `_pair_of` says. The meetings of pair n are those from
    `ends[n]` to `ends[n + 1]`, and its `votes` are in row n."""

    keys: Numbers
    ends: Numbers
    met: _Met
    votes: npt.NDArray[np.float64]


class PhotoScan:
    """Looks for these photos, in blocks of rows (`scan`); `leave_out_common` first makes that faster."""

    def __init__(self, wanted: Sequence[HeldPhoto]) -> None:
        self._wanted = wanted
        plain = np.frombuffer(b"".join(photo.plain for photo in wanted), np.uint64).reshape(len(wanted), -1)
        self._hashes = parts_of(plain)
        numbers = np.repeat(np.arange(len(wanted), dtype=np.uint32), PARTS)
        self._parts = KeyScan(_part_keys(self._hashes), numbers, bits=20)
        self._rows: Packed = np.concatenate([photo.points for photo in wanted])
        self._owner = np.repeat(np.arange(len(wanted)), [len(photo.points) for photo in wanted])
        self._first = np.cumsum([0, *(len(photo.points) for photo in wanted)])
        self._geometry: Geometry = geometry_of(self._rows)
        self._signs: npt.NDArray[np.uint32] = self._rows["signs"].copy()
        self._large: npt.NDArray[np.uint16] = self._rows["large"].copy()
        self._points = self._keys(np.arange(len(self._rows)))

    def scan(self, rows: PhotoRows) -> list[Sighting]:
        """All pairs that are worth a look, by row, then by what was looked for; at most `BLOCK` rows are best."""
        found = {key: Sighting(*divmod(key, len(self._wanted))) for key in self._by_hash(rows)}
        for sighting in self._by_points(rows):
            found.setdefault(sighting.row * len(self._wanted) + sighting.wanted, sighting)
        return [sighting for _, sighting in sorted(found.items())]

    def _keys(self, points: Numbers) -> KeyScan:
        ways = _turned(self._rows[points])
        return KeyScan(ways.ravel(), np.repeat(points.astype(np.uint32), ways.shape[1]), bits=LOOSE_AMONG)

    def leave_out_common(self, sample: PhotoRows) -> Iterator[None]:
        """Look no more for points that many photos meet by chance, as those in `sample` do: any of the photos that
        will be scanned. A little work between two yields; it counts when all is done."""
        if len(sample) < LEAST_SAMPLE:
            return
        met = np.zeros(len(self._rows))
        for start in range(0, len(sample), BLOCK):
            rows = sample.part(start, start + BLOCK)
            found = self._met(rows)
            pair, alike = self._pair_of(found), self._agreeing(rows, found)
            # However many copies of a photo there are, they must not make its own points common.
            chance = found.only(~np.isin(pair, alike.keys[alike.votes.max(axis=1) >= LEAST_VOTES]))
            once = np.unique(chance.row * len(self._rows) + chance.held) % len(self._rows)
            met += np.bincount(once, minlength=len(self._rows))
            yield
        share = met / len(sample)
        kept = share <= COMMON
        for start, end in zip(self._first[:-1], self._first[1:], strict=True):
            least = int(np.ceil((end - start) * RARE_AT_LEAST))
            if kept[start:end].sum() < least:
                kept[start + np.argsort(share[start:end], kind="stable")[:least]] = True
        self._points = self._keys(np.flatnonzero(kept))

    def _by_hash(self, rows: PhotoRows) -> list[int]:
        place, wanted = self._parts.pairs(_part_keys(rows.hashes))
        row, part = np.divmod(place, rows.hashes.shape[1])
        theirs = rows.hashes.reshape(len(rows), -1, PARTS)[row, part // PARTS]
        distance = np.bitwise_count(theirs ^ self._hashes[wanted]).sum(axis=1, dtype=np.intp)
        near = distance <= MOST_DISTANCE
        return sorted(set((row[near] * len(self._wanted) + wanted[near]).tolist()))

    def _met(self, rows: PhotoRows) -> _Met:
        signs = rows.signs.ravel()
        place, held = self._points.pairs(signs & _STRICT)
        different = np.bitwise_count(signs.take(place) ^ self._signs.take(held))
        different += np.bitwise_count(rows.marks["large"].ravel().take(place) ^ self._large.take(held))
        row, point = np.divmod(place, rows.signs.shape[1])
        near = (different <= MOST_DIFFERENT) & (point < rows.counts.take(row))
        return _Met(row, point, held.astype(np.intp), different).only(near)

    def _by_points(self, rows: PhotoRows) -> list[Sighting]:
        agreeing = self._agreeing(rows, self._met(rows))
        found = []
        for one in np.flatnonzero(agreeing.votes.max(axis=1) >= LEAST_VOTES).tolist():
            row, wanted = divmod(int(agreeing.keys[one]), len(self._wanted))
            met = agreeing.met.only(np.arange(agreeing.ends[one], agreeing.ends[one + 1]))
            pairs = Pairs(met.point, met.held - self._first[wanted], met.different)
            plain, mirrored = agreeing.votes[one].tolist()
            found.append(Sighting(row, wanted, pairs, mirrored=mirrored > plain))
        return found

    def _pair_of(self, met: _Met) -> Numbers:
        """One number for the two photos of each meeting."""
        return met.row * len(self._wanted) + self._owner.take(met.held)

    def _agreeing(self, rows: PhotoRows, met: _Met) -> "_Agreeing":
        pair = self._pair_of(met)
        order = np.argsort(pair, kind="stable")
        keys, counts = np.unique(pair, return_counts=True)
        often = counts >= FEWEST
        met, keys, counts = met.only(order[np.repeat(often, counts)]), keys[often], counts[often]
        votes = self._votes(rows, met, np.repeat(np.arange(len(keys)), counts), len(keys))
        return _Agreeing(keys, np.cumsum([0, *counts]), met, votes)

    def _votes(self, rows: PhotoRows, met: _Met, of: Numbers, pairs: int) -> npt.NDArray[np.float64]:
        """pairs x 2: what the most points that say the same come to, for each pair of photos, as it is and mirrored;
        as `photo_vote.candidates` counts. `of`: which pair of photos each meeting is of."""
        octave, angle, their_mirror = rows.geometry(met.row, met.point)
        held = self._geometry
        flip = their_mirror != held.mirrored[met.held]
        turn = (np.where(flip, np.float32(np.pi) - angle, angle) - held.angle[met.held]) / np.float32(
            2 * np.pi
        )
        larger = octave - held.octave[met.held]
        weight = weight_of(met.different)
        best = np.zeros((pairs, 2))
        for shifted in (0.0, 0.5):
            turn_bin = np.floor(turn * TURN_BINS + shifted).astype(np.intp) % TURN_BINS
            octave_bin = np.floor(larger + shifted).astype(np.intp) + OCTAVE_BINS // 2
            key = ((of * 2 + flip) * TURN_BINS + turn_bin) * OCTAVE_BINS
            key += np.clip(octave_bin, 0, OCTAVE_BINS - 1)
            # Only the bins that have any: of very many pairs most are empty.
            bins, which = np.unique(key, return_inverse=True)
            total = np.bincount(which, weight)
            np.maximum.at(best, np.divmod(bins // (TURN_BINS * OCTAVE_BINS), 2), total)
        return best


_STRICT = np.uint32((1 << LOOSE_AMONG) - 1)


def _part_keys(hashes: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint32]:
    """One key for each part and its value: a part of a plain and of a mirrored hash are one."""
    part = np.arange(hashes.shape[1], dtype=np.uint32) % PARTS
    keys: npt.NDArray[np.uint32] = (part << np.uint32(16)) | hashes
    return keys.ravel()


def _turned(rows: Packed) -> npt.NDArray[np.uint32]:
    """points x ways: the strict signs of each point, with its least certain ones turned in each likely way.

    A search turns those of the query. Here they are turned of what is looked for, so that what is stored is read
    as it is; which of two points is less certain of a sign is chance.
    """
    loose = np.uint32(1) << loose_signs(rows["loose"])
    turned: npt.NDArray[np.uint32] = np.zeros((len(rows), len(WAYS)), np.uint32)
    for bit in range(LOOSE):
        turned |= np.where(WAYS >> bit & 1, loose[:, bit, None], np.uint32(0)).astype(np.uint32)
    return (rows["signs"][:, None] ^ turned) & _STRICT
