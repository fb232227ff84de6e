"""What the index costs as it grows: look-up, add and withdraw time, memory and disk, size by size."""

import time
from collections.abc import Sequence

from fingerprints.photo_match import PhotoIndex
from fingerprints.photo_print import PhotoPrint
from streams.evaluation.edit_work import Progress
from streams.evaluation.photo_bench_bank import PhotoMaker, PrintDrawer
from streams.evaluation.photo_bench_figures import GrowthRow, time_figure
from streams.evaluation.photo_bench_methods import LIMIT
from streams.evaluation.photo_set import DataError
from streams.process_memory import resident, resident_of_files

WARM_UP = 10


class GrowingBank:
    """An index that is filled with prints of changed photos up to `real` of them, then with drawn ones.

    `probes`: prints of photos that are not in it, to look up, to add and to withdraw.
    """

    def __init__(
        self,
        index: PhotoIndex,
        maker: PhotoMaker,
        real: int,
        probes: Sequence[PhotoPrint],
        progress: Progress,
    ) -> None:
        self.index = index
        self._maker, self._drawer = maker, PrintDrawer()
        self._real, self._probes, self._progress = real, probes, progress
        self._numbers = {"real": 0, "drawn": 0}
        self._resident = self._mapped = 0
        """Bytes by which the process grew while photos were added; what else it holds does not count."""

    def grow(self, size: int) -> None:
        """Until it holds so many.

        Raises:
            DataError: a photo cannot be read, or none of them has features.
        """
        before, of_files, kept = resident(), resident_of_files(), self._drawer.kept_bytes
        while (wanted := min(size, self._real) - len(self.index)) > 0:
            had, first = len(self.index), self._numbers["real"]
            self._numbers["real"] += wanted
            for number, photo in enumerate(self._maker.prints(first, wanted, self._progress), start=first):
                self._drawer.learn(photo)
                self.index.add(f"bank-{number}", (photo,))
            if len(self.index) == had:
                raise DataError(f"none of {wanted} photos made for the bank has features")
        if (wanted := size - len(self.index)) > 0:
            first = self._numbers["drawn"]
            self._numbers["drawn"] += wanted
            for number, photo in enumerate(self._drawer.prints(first, wanted), start=first):
                self.index.add(f"drawn-{number}", (photo,))
                self._progress("bank, drawn", number - first + 1, wanted)
        settle(self.index)
        self._resident += resident() - before - (self._drawer.kept_bytes - kept)
        self._mapped += resident_of_files() - of_files

    def measured(self) -> GrowthRow:
        """At the size that it has."""
        for photo in self._probes[:WARM_UP]:
            self.index.search(photo, LIMIT)
        looks: dict[bool, list[float]] = {True: [], False: []}
        for photo in self._probes:
            start = time.perf_counter()
            found = self.index.search(photo, LIMIT)
            looks[found.tier == "none"].append(time.perf_counter() - start)
        # Photos that match nothing cost the most, and nearly all of a marketplace's do.
        nothing = looks[True] or looks[False]
        adds, withdrawals = [], []
        for number, photo in enumerate(self._probes):
            start = time.perf_counter()
            self.index.add(f"probe-{number}", (photo,))
            settle(self.index)
            adds.append(time.perf_counter() - start)
        for number in range(len(self._probes)):
            start = time.perf_counter()
            self.index.withdraw(f"probe-{number}")
            withdrawals.append(time.perf_counter() - start)
        many = len(self.index)
        return GrowthRow(
            photos=many,
            drawn=self._numbers["drawn"],
            look_up=time_figure(nothing),
            look_ups=len(nothing),
            add=time_figure(adds),
            withdraw=time_figure(withdrawals),
            memory=self.index.memory_bytes / many,
            disk=self.index.disk_bytes / many,
            resident=self._resident / many,
            mapped=self._mapped / many,
        )


def settle(index: PhotoIndex) -> None:
    """Put points that wait for the next search into the index: until then the photo could not be found."""
    index.settle()
