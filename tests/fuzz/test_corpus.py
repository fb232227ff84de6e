"""Every parser, and the way of a photo, on the corpus and on changes to it: what is not promised is not raised.

The search that is led by coverage is `make fuzz`; this needs nothing beyond the tests' own packages, and is the same
each time.
"""

import time
from itertools import islice

import pytest
from fuzzing.corpus import LARGEST, kept
from fuzzing.mutation import changed
from fuzzing.registry import TARGETS

CHANGED = 150
SECONDS = 1.5
"""Of the processor for one target's changed inputs: some are slow, and all of the corpus is run in any case."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_what_is_promised(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    corpus = kept(name)
    outcomes = [target(raw) for raw in [*seeds, *corpus]]
    assert any(outcomes), "no input of the corpus is a good one"
    start = time.process_time()
    for raw in islice(changed([*seeds, *corpus], [], 20261125, target.largest), CHANGED):
        if time.process_time() - start > SECONDS:
            break
        target(raw)


def test_a_finding_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that forgets one kind of wrong bytes is found out by the corpus alone."""
    from connectors.codec import Codec, RecordError

    decode = Codec.decode

    def forgetful(self: Codec[object], raw: bytes) -> object:
        try:
            return decode(self, raw)
        except RecordError as error:
            if "nested too deeply" in str(error):
                raise RecursionError from None
            raise

    monkeypatch.setattr(Codec, "decode", forgetful)
    with pytest.raises(RecursionError):
        TARGETS["record"](b"\x00" + b'{"unknown":' + b"[" * 200_000)


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_stays_small(name: str) -> None:
    assert all(len(raw) <= LARGEST for raw in kept(name))
    assert len(kept(name)) <= 40
