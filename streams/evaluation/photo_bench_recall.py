"""Every method asked about every case, in two processes that share the bank."""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from connectors.sample.seeds import seed_of
from streams.die_with_parent import die_with_parent
from streams.evaluation.cases import Case, plan_cases
from streams.evaluation.edit_table import TABLE
from streams.evaluation.edit_work import PROCESSES, Progress
from streams.evaluation.photo_bench_figures import Verdict
from streams.evaluation.photo_bench_methods import OURS, Ours, Peer, within
from streams.evaluation.photo_edit import OtherPhotos
from streams.evaluation.photo_set import DataError, Photo, PhotoSet

TOGETHER = 4

A = TypeVar("A")
B = TypeVar("B")


def cases_of(photos: PhotoSet, each: int) -> list[Case]:
    """The evaluation's cases: `each` photos for every edit of its table, and all negatives as they are."""
    return [case for case in plan_cases(photos, TABLE, (), each) if case.group != "edited negative"]


def judged(
    photos: PhotoSet, cases: Sequence[Case], ours: Ours, peers: Sequence[Peer], progress: Progress
) -> list[Verdict]:
    """What each method says to each case. The bank's own photos must be held by `ours` already.

    Raises:
        DataError: a photo cannot be read or edited.
    """
    others = OtherPhotos(tuple(_read(photo) for photo in photos.others))
    hashes = _Hashes(peers)
    originals = list(_forked(hashes, photos.bank, "originals", progress))
    judge = _Judge(ours, hashes, others, photos.bank, originals)
    return list(_forked(judge, cases, "photos asked about", progress))


class _Hashes:
    """The peers' hashes of a photo, by the peer's name; one that gives none is left out."""

    def __init__(self, peers: Sequence[Peer]) -> None:
        self.peers = peers

    def __call__(self, photo: Photo) -> dict[str, bytes]:
        return self.of(_read(photo))

    def of(self, raw: bytes) -> dict[str, bytes]:
        made = ((peer, peer.fingerprint(raw)) for peer in self.peers)
        return {peer.name: peer.packed(found) for peer, found in made if found is not None}


class _Judge:
    """Every method's answer to one case."""

    def __init__(
        self,
        ours: Ours,
        hashes: _Hashes,
        others: OtherPhotos,
        bank: Sequence[Photo],
        originals: Sequence[dict[str, bytes]],
    ) -> None:
        self._ours, self._hashes, self._others = ours, hashes, others
        self._originals = {photo.takedown_id: held for photo, held in zip(bank, originals, strict=True)}

    def __call__(self, case: Case) -> Verdict:
        raw = self._photo(case)
        # An edited photo must be told for its own original, any other must be told for none.
        wanted = self._originals.keys() if case.takedown_id is None else {case.takedown_id}
        found = {}
        asked = self._hashes.of(raw)
        for peer in self._hashes.peers:
            held = [self._originals[one][peer.name] for one in wanted if peer.name in self._originals[one]]
            found[peer.name] = peer.name in asked and within(asked[peer.name], held, peer.distance)
        photo = self._ours.fingerprint(raw)
        if photo is None:
            return Verdict(case.edit.name if case.edit else None, found | {OURS: False})
        search = self._ours.look_up(photo)
        same = {match.owner for match in search.matches if match.same_photo}
        return Verdict(
            edit=case.edit.name if case.edit else None,
            found=found | {OURS: not same.isdisjoint(wanted)},
            tier=search.tier,
            elsewhere=bool(same - self._originals.keys()),
        )

    def _photo(self, case: Case) -> bytes:
        raw = _read(case.photo)
        if case.edit is None:
            return raw
        try:
            return case.edit.apply(raw, seed_of(case.group, case.photo.image), self._others)
        except OSError as error:
            raise DataError(f"cannot edit {case.photo.path}: {error}") from None


def _read(photo: Photo) -> bytes:
    try:
        return photo.path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {photo.path}: {error}") from None


class _Forked:
    """What the forked processes do, and of what. They have it by being forked: neither an index nor an edit can
    be sent."""

    work: Callable[[Any], Any]
    items: Sequence[Any]

    @classmethod
    def run(cls, number: int) -> Any:
        return cls.work(cls.items[number])


def _forked(work: Callable[[A], B], items: Sequence[A], what: str, progress: Progress) -> Iterator[B]:
    """`work` of each item, in order, in processes that share all memory of this one."""
    _Forked.work, _Forked.items = staticmethod(work), items
    gc.freeze()
    # Forked although numpy was used: with one thread there is nothing that a fork would leave behind.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, context, die_with_parent, (os.getpid(),)) as pool:
        for done, result in enumerate(pool.map(_Forked.run, range(len(items)), chunksize=TOGETHER), start=1):
            progress(what, done, len(items))
            yield result
