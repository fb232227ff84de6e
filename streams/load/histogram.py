"""Latencies counted in buckets whose width grows with the value (High Dynamic Range), so that an hour's run takes no
more room than a minute's and the largest are as exact as the smallest. Pure.

The layout is HdrHistogram's (hdrhistogram.org): `2**BITS` buckets of one unit, then for each doubling of the value half
as many of twice the width. A value read back is the top of its bucket: never too small, and too large by less than one
part in `2**(BITS - 1)`, 0.1%. The library of that name needs setuptools and pbr to run; this is what is used of it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping

BITS = 11
HALF = 1 << (BITS - 1)
ERROR = 1 / HALF
"""By which a value read back may be too large, as a share of it."""


def bucket_of(units: int) -> int:
    """The bucket of a value in whole units, from 0."""
    shift = max(0, units.bit_length() - BITS)
    return shift * HALF + (units >> shift)


def top_of(bucket: int) -> int:
    """The largest value that is counted in this bucket."""
    shift = max(0, bucket // HALF - 1)
    return ((bucket - shift * HALF + 1) << shift) - 1


class Histogram:
    """Counts of durations, in microseconds."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts: Counter[int] = Counter(counts or {})

    def record(self, seconds: float, times: int = 1) -> None:
        """Count a duration. One below nothing, as two machines' clocks may give, counts as nothing."""
        self._counts[bucket_of(max(0, math.ceil(seconds * 1e6)))] += times

    def add(self, other: "Histogram") -> None:
        """Count all of the other's."""
        self._counts.update(other._counts)

    @property
    def count(self) -> int:
        """Durations counted."""
        return self._counts.total()

    @property
    def counts(self) -> dict[int, int]:
        """By bucket, for `Histogram(counts)` to read back."""
        return dict(sorted(self._counts.items()))

    def percentile(self, percent: float) -> float | None:
        """Seconds that so many percent of all do not exceed (nearest rank); None of none.

        Raises:
            ValueError: percent outside 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"percent is 0 to 100, not {percent}")
        # In thousandths of a percent, whole: 99.9% of 1,000 must be the 999th, whatever binary fractions make of it.
        left = max(1, -(-round(percent * 1000) * self.count // 100_000))
        for bucket, times in sorted(self._counts.items()):
            left -= times
            if left <= 0:
                return top_of(bucket) / 1e6
        return None

    @property
    def most(self) -> float | None:
        """The largest, in seconds; None of none."""
        return self.percentile(100)

    def bars(self) -> Iterator[tuple[float, int]]:
        """The top of each bucket that has any, in seconds, and how many it has; ascending."""
        for bucket, times in sorted(self._counts.items()):
            yield top_of(bucket) / 1e6, times
