"""What a run under too much load is held to: each promise that is broken is named, and a run that keeps all passes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from streams.benchmarks.overload_load import Templates, is_relist, key_of, number_of
from streams.benchmarks.overload_verdict import MB, Limits, Probe, Run, Sample, faults, growth, soak_faults

LIMITS = Limits(memory=500 * MB, matchable=60.0, looked_back=120.0)


def sample(at: float, fed: int, done: int, worker: int = 300) -> Sample:
    return Sample(at, fed, done, worker * MB, 100 * MB)


GOOD = Run(
    capacity=100.0,
    times=3.0,
    seconds=60.0,
    fed=18_000,
    lost=0,
    relists=360,
    missed=0,
    samples=[
        *(sample(at, 300 * at, 100 * at) for at in range(60)),
        *(sample(at, 18_000, min(18_000, 100 * at)) for at in range(60, 181)),
    ],
    probes=[Probe(5.0, 1.2, 4.0), Probe(10.0, 3.4, 9.0)],
)


def test_a_run_that_keeps_everything_passes() -> None:
    assert faults(GOOD, LIMITS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda run: replace(run, fed=9_000), "the load was 1.5 times"),
        (lambda run: replace(run, lost=1), "1 of 18000 listings are lost"),
        (lambda run: replace(run, missed=2), "2 of 360 relists have no alert"),
        (lambda run: replace(run, samples=run.samples[:-20]), "still wait at the end"),
        (lambda run: replace(run, samples=run.samples[:60]), "unknown number of listings still wait"),
        (
            lambda run: replace(
                run, samples=[*run.samples[:100], sample(100, 30_000, 10_000), *run.samples[101:]]
            ),
            "grew again",
        ),
        (
            lambda run: replace(run, samples=[*run.samples, sample(181, 18_000, 18_000, 501)]),
            "took 501 MB, more than",
        ),
        (lambda run: replace(run, samples=[]), "memory was not measured"),
        (lambda run: replace(run, probes=[]), "no takedown was published"),
        (lambda run: replace(run, probes=[Probe(5.0, None, 4.0)]), "1 of 1 takedowns were not matched by"),
        (lambda run: replace(run, probes=[Probe(5.0, 61.0, 4.0)]), "1 of 1 takedowns were not matched by"),
        (
            lambda run: replace(run, probes=[Probe(5.0, 1.0, None)]),
            "1 of 1 takedowns were not looked back for",
        ),
        (
            lambda run: replace(run, probes=[Probe(5.0, 1.0, 121.0)]),
            "1 of 1 takedowns were not looked back for",
        ),
    ],
    ids=[f"broken{number:02}" for number in range(13)],
)
def test_each_broken_promise_is_named(change: Callable[[Run], Run], words: str) -> None:
    assert any(words in fault for fault in faults(change(GOOD), LIMITS))


def soaked(megabytes: Callable[[int], float]) -> list[Sample]:
    return [Sample(at, at * 100, at * 99, int(megabytes(at) * MB), 0) for at in range(1, 101)]


def test_a_soak_is_flat_or_it_is_not() -> None:
    flat = soaked(lambda at: 300 + at % 7)
    assert soak_faults(flat, 500 * MB) == []
    assert "took 306 MB" in soak_faults(flat, 305 * MB)[0]
    leaking = soaked(lambda at: 300 + 2 * at)
    assert "memory grew from 3" in soak_faults(leaking, 1000 * MB)[0]
    # Caches fill in the first quarter.
    assert soak_faults(soaked(lambda at: min(at, 20) * 10 + 100), 1000 * MB) == []
    stalled = [replace(one, done=min(one.done, 3000)) for one in flat]
    assert soak_faults(stalled, 500 * MB) == ["nothing was matched in the second half"]
    with pytest.raises(ValueError, match="eight samples"):
        growth(flat[:7])


def test_every_listing_of_the_load_can_be_told_again() -> None:
    templates = Templates(photos=0, probes=3, bank=50)
    for number in (0, 2, 50, 51, 123_456):
        assert f'"listing_id":"o{number:09d}"'.encode() in templates[number]
        assert number_of(key_of(number).decode().partition(":")[2]) == number
    assert [is_relist(number, 3) for number in (0, 2, 50, 51)] == [False, False, True, False]
    assert number_of("probe1") is None
    assert number_of("17") is None
