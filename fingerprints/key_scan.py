"""Which of very many keys are among some: a bitmap says it for nearly nothing, and only those found are looked up.

Made for scans: millions of keys go through once, in the order in which they lie on the disk, and what they are
compared with changes with each scan. An index of the millions would have to be kept in memory instead.
"""

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint32]
Places = npt.NDArray[np.intp]


class KeyScan:
    """Keys below 2 ** `bits`, each with a value. `keys`, `values`: of one length, in any order, repetitions allowed.

    Memory: 2 ** (`bits` - 3) bytes, and some 16 a key.
    """

    def __init__(self, keys: Keys, values: npt.NDArray[np.integer], bits: int) -> None:
        order = np.argsort(keys, kind="stable")
        held, self._starts, self._counts = np.unique(keys[order], return_index=True, return_counts=True)
        self._held: Keys = held
        self._values = values[order]
        self._bitmap: npt.NDArray[np.uint8] = np.zeros(1 << max(bits - 3, 0), np.uint8)
        np.bitwise_or.at(self._bitmap, held >> np.uint32(3), _BIT.take(held & np.uint32(7)))

    def met(self, asked: Keys) -> Places:
        """The places among `asked` whose keys are held, ascending."""
        bits = self._bitmap.take(asked >> np.uint32(3))
        bits &= _BIT.take(asked & np.uint32(7))
        return np.flatnonzero(bits)

    def pairs(self, asked: Keys) -> tuple[Places, npt.NDArray[np.integer]]:
        """Every place among `asked` with every value of its key: the places ascending, and the values."""
        place = self.met(asked)
        which = np.searchsorted(self._held, asked.take(place))
        counts = self._counts.take(which)
        first = np.repeat(self._starts.take(which) - (np.cumsum(counts) - counts), counts)
        return np.repeat(place, counts), self._values.take(first + np.arange(len(first)))


_BIT = np.uint8(1) << np.arange(8, dtype=np.uint8)
