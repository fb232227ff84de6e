"""What a run under too much load shows, and whether that is what docs/delivery.md promises. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MB = 1024 * 1024
REACHED = 0.8
"""Of the load that was asked for, below which the run shows nothing."""
FLAT_SHARE, FLAT_BYTES = 0.05, 24 * MB
"""Growth between two stretches of a soak that is no growth: both are the allocator's and the garbage collector's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the load began, listings sent and matched until then, and bytes resident in the worker
    with its children and in the look back."""

    at: float
    fed: int
    done: int
    worker: int
    lookback: int

    @property
    def backlog(self) -> int:
        """Listings that were sent and are not matched."""
        return self.fed - self.done


@dataclass(frozen=True, slots=True)
class Probe:
    """A takedown that was published under load. Seconds from its publication until the worker matched by it, and until
    the look back had alerted for the listing that came before it; None where that did not happen."""

    at: float
    matchable: float | None
    looked_back: float | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the run is held to. `memory`: bytes resident in the worker with its children. The two times in seconds."""

    memory: int
    matchable: float
    looked_back: float


@dataclass(frozen=True, slots=True)
class Run:
    """One overload: listings a second at capacity, how many times that was sent for how long, and what came of it."""

    capacity: float
    times: float
    seconds: float
    fed: int
    lost: int
    """Listings without a fingerprint, of all that were acknowledged."""
    relists: int
    missed: int
    """Relists without an alert, of all that were sent."""
    samples: Sequence[Sample]
    probes: Sequence[Probe]


def faults(run: Run, limits: Limits) -> list[str]:
    """All that is not as promised; empty where nothing is."""
    return [
        *_load_faults(run),
        *_loss_faults(run),
        *_backlog_faults(run),
        *_memory_faults(run, limits),
        *_takedown_faults(run, limits),
    ]


def _load_faults(run: Run) -> list[str]:
    wanted = run.capacity * run.times * run.seconds
    if run.fed < REACHED * wanted:
        reached = run.fed / run.seconds / run.capacity
        return [f"the load was {reached:.1f} times the capacity, not {run.times:g}: this run shows nothing"]
    return []


def _loss_faults(run: Run) -> list[str]:
    found = []
    if run.lost:
        found.append(f"{run.lost} of {run.fed} listings are lost")
    if run.missed:
        found.append(f"{run.missed} of {run.relists} relists have no alert")
    return found


def _backlog_faults(run: Run) -> list[str]:
    after = [sample.backlog for sample in run.samples if sample.at >= run.seconds]
    if not after or after[-1] > 0:
        left = after[-1] if after else "an unknown number of"
        return [f"{left} listings still wait at the end"]
    # It may stand for a moment, while a batch is handled; the most of each tenth of the way is no more than before.
    tenth = max(1, len(after) // 10)
    most = [max(after[start : start + tenth]) for start in range(0, len(after), tenth)]
    if any(later > earlier for earlier, later in itertools.pairwise(most)):
        return ["the backlog grew again after the load had ended"]
    return []


def _memory_faults(run: Run, limits: Limits) -> list[str]:
    most = max((sample.worker for sample in run.samples), default=0)
    if not most:
        return ["memory was not measured"]
    if most > limits.memory:
        return [f"the worker took {most / MB:.0f} MB, more than {limits.memory / MB:.0f}"]
    return []


def _takedown_faults(run: Run, limits: Limits) -> list[str]:
    if not run.probes:
        return ["no takedown was published under load"]
    found = []
    late = [probe for probe in run.probes if probe.matchable is None or probe.matchable > limits.matchable]
    if late:
        found.append(
            f"{len(late)} of {len(run.probes)} takedowns were not matched by within {limits.matchable:.0f} s"
        )
    starved = [
        probe for probe in run.probes if probe.looked_back is None or probe.looked_back > limits.looked_back
    ]
    if starved:
        found.append(
            f"{len(starved)} of {len(run.probes)} takedowns were not looked back for within {limits.looked_back:.0f} s"
        )
    return found


def growth(samples: Sequence[Sample]) -> tuple[float, float]:
    """Bytes of the worker in the second quarter of a soak and in its last, each the median. The first quarter is left
    out: caches fill.

    Raises:
        ValueError: fewer than eight samples.
    """
    quarter = len(samples) // 4
    if quarter < 2:
        raise ValueError("a soak needs eight samples at least")
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    return median(sample.worker for sample in early), median(sample.worker for sample in late)


def soak_faults(samples: Sequence[Sample], limit: int) -> list[str]:
    """Whether memory is flat and within its limit in bytes."""
    before, after = growth(samples)
    found = []
    if after - before > max(FLAT_SHARE * before, FLAT_BYTES):
        found.append(f"memory grew from {before / MB:.0f} to {after / MB:.0f} MB")
    if (most := max(sample.worker for sample in samples)) > limit:
        found.append(f"the worker took {most / MB:.0f} MB, more than {limit / MB:.0f}")
    if samples[-1].done <= samples[len(samples) // 2].done:
        found.append("nothing was matched in the second half")
    return found
