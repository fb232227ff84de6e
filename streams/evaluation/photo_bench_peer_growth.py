"""What a look-up and one more hash cost the peers as their bank grows: FAISS alone, and ThreatExchange's index on it.

Both hold hashes of 256 bits, one a photo, where ours holds points too: their look-ups answer an easier question. Hashes
are random, so that none but the asked one is near: what nearly all listings meet.
"""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from connectors.sample.seeds import field
from streams.evaluation.edit_work import Progress
from streams.evaluation.photo_bench_figures import PeerGrowthRow, time_figure
from streams.evaluation.photo_bench_methods import PDQ_BITS, PDQ_DISTANCE
from streams.process_memory import resident

TABLES = 16
"""Hash tables of FAISS' multi-hash, each of 16 bits: what ThreatExchange takes."""
MOST_ADDS = 20
"""Adding one to a large index of theirs takes half a second."""
SECONDS_AT_MOST = 20.0
"""For the look-ups of one index at one size."""

Hashes = npt.NDArray[np.uint8]
"""One row of 32 bytes a hash."""


class HashIndex(Protocol):
    """A peer's index. Made with all its first hashes at once, the way its documents show."""

    def look_up(self, one: Hashes) -> bool:
        """Whether a hash within PDQ's distance is held; `one` is a row."""
        ...

    def add(self, one: Hashes) -> None:
        """It can be found afterwards."""
        ...


class Faiss:
    """An index of FAISS for binary vectors, by itself, on one thread."""

    def __init__(self, kind: str, held: Hashes) -> None:
        faiss = importlib.import_module("faiss")
        faiss.omp_set_num_threads(1)
        self._index: Any = (
            faiss.IndexBinaryFlat(PDQ_BITS)
            if kind == "flat"
            else faiss.IndexBinaryMultiHash(PDQ_BITS, TABLES, PDQ_BITS // TABLES)
        )
        self._index.add(held)

    def look_up(self, one: Hashes) -> bool:
        # FAISS means "nearer than", ThreatExchange "as near as".
        limits, _, _ = self._index.range_search(one[None, :], PDQ_DISTANCE + 1)
        return bool(limits[1])

    def add(self, one: Hashes) -> None:
        self._index.add(one[None, :])


class ThreatExchange:
    """The index that ThreatExchange's matcher has for PDQ."""

    def __init__(self, held: Hashes) -> None:
        signal = importlib.import_module("threatexchange.signal_type.pdq.signal").PdqSignal
        importlib.import_module("faiss").omp_set_num_threads(1)
        entries = [(one.tobytes().hex(), number) for number, one in enumerate(held)]
        self._index: Any = signal.get_index_cls().build(entries)

    def look_up(self, one: Hashes) -> bool:
        return bool(self._index.query(one.tobytes().hex()))

    def add(self, one: Hashes) -> None:
        self._index.add(one.tobytes().hex(), 0)


INDEXES: dict[str, Callable[[Hashes], HashIndex]] = {
    "FAISS flat, every hash compared": lambda held: Faiss("flat", held),
    "FAISS multi-hash, 16 tables of 16 bits": lambda held: Faiss("multi", held),
    "threatexchange PDQ": ThreatExchange,
}


def peer_growth(
    sizes: Sequence[int], probes: int, progress: Progress
) -> tuple[list[PeerGrowthRow], dict[str, str]]:
    """Each index at each size, and why one is missing, by its name."""
    rows: list[PeerGrowthRow] = []
    missing: dict[str, str] = {}
    drawn = field("bench", "peer growth").integers(0, 256, (max(sizes) + probes, PDQ_BITS // 8), np.uint8)
    for name, make in INDEXES.items():
        try:
            for number, size in enumerate(sorted(sizes), start=1):
                rows.append(_measured(name, make, drawn[:size], drawn[-probes:]))
                progress(f"growth of {name}", number, len(sizes))
        except ImportError as error:
            missing[name] = str(error)
    return rows, missing


def _measured(name: str, make: Callable[[Hashes], HashIndex], held: Hashes, probes: Hashes) -> PeerGrowthRow:
    before = resident()
    index = make(held)
    memory = (resident() - before) / len(held)
    looks = list(_timed(index.look_up, probes))
    adds = list(_timed(index.add, probes[:MOST_ADDS]))
    if not index.look_up(probes[0]) or not index.look_up(held[0]):
        raise RuntimeError(f"{name} does not find what it holds")
    return PeerGrowthRow(
        index=name, hashes=len(held), look_up=time_figure(looks), look_ups=len(looks), add=time_figure(adds),
        memory=memory,
    )  # fmt: skip


def _timed(work: Callable[[Hashes], object], probes: Hashes) -> Iterator[float]:
    """Seconds of each, until it took so many together."""
    spent = 0.0
    for probe in probes:
        began = time.perf_counter()
        work(probe)
        took = time.perf_counter() - began
        yield took
        spent += took
        if spent > SECONDS_AT_MOST:
            return
