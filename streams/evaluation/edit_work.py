"""Makes the photos of all cases, in two processes: an edit costs 10 to 50 ms, and there are thousands."""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from connectors.sample.seeds import seed_of
from streams.die_with_parent import die_with_parent
from streams.evaluation.cases import Case
from streams.evaluation.edit_table import EDITS
from streams.evaluation.photo_edit import OtherPhotos
from streams.evaluation.photo_set import DataError

PROCESSES = 2
TOGETHER = 16
"""Photos that a process takes at a time."""

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much in all."""


@dataclass(frozen=True, slots=True)
class EditJob:
    """One photo to write: an edit by its name, or None for a copy."""

    source: Path
    target: Path
    edit: str | None
    seed: int


def photo_name(number: int) -> str:
    """The file of case `number`, beneath the folder of the listings."""
    return f"photos/listing-{number:06}.jpg"


def make_photos(cases: Sequence[Case], others: Sequence[Path], folder: Path, progress: Progress) -> None:
    """Write every case's photo to FOLDER/`photo_name(number)`.

    Raises:
        DataError: a photo cannot be read or decoded.
        OSError: a photo cannot be written.
    """
    jobs = [
        EditJob(
            source=case.photo.path,
            target=folder / photo_name(number),
            edit=case.edit.name if case.edit else None,
            seed=seed_of(case.group, case.photo.image),
        )
        for number, case in enumerate(cases)
    ]
    run_jobs(jobs, others, progress)


def run_jobs(jobs: Sequence[EditJob], others: Sequence[Path], progress: Progress) -> None:
    """Write every job's photo; raises as `make_photos`."""
    for parent in {job.target.parent for job in jobs}:
        parent.mkdir(parents=True, exist_ok=True)
    # Spawned, not forked: numpy's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _Editor.prepare, (os.getpid(), tuple(others))) as pool:
        for done, _ in enumerate(pool.map(_Editor.run, jobs, chunksize=TOGETHER), start=1):
            progress("photos edited", done, len(jobs))


class _Editor:
    """What each process holds: the other people's photos, read once."""

    others = OtherPhotos(())

    @classmethod
    def prepare(cls, parent: int, others: Sequence[Path]) -> None:
        die_with_parent(parent)
        cls.others = OtherPhotos(tuple(path.read_bytes() for path in others))

    @classmethod
    def run(cls, job: EditJob) -> None:
        if job.edit is None:
            shutil.copyfile(job.source, job.target)
            return
        try:
            edited = EDITS[job.edit].apply(job.source.read_bytes(), job.seed, cls.others)
        except OSError as error:
            raise DataError(f"cannot edit {job.source}: {error}") from None
        job.target.write_bytes(edited)
