"""The hostile source tells the truth about its own attacks, and repeats itself exactly."""

import pytest

from connectors.backoff import Backoff
from connectors.codec import Codec, RecordError
from connectors.context import Context
from connectors.events import ListingEvent
from connectors.hostile import HostileOptions, HostileSource, planted
from connectors.hostile_attacks import ATTACKS
from connectors.memory import MemorySink
from connectors.runner import Runner
from connectors.sdk import OptionsError, make


def test_the_same_options_give_the_same_bytes() -> None:
    assert planted(HostileOptions(seed=3)) == planted(HostileOptions(seed=3))
    assert planted(HostileOptions(seed=3)) != planted(HostileOptions(seed=4))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_an_attack_says_of_its_records_is_what_the_codec_says(attack: str) -> None:
    codec = Codec(ListingEvent)
    records = [each for each in planted(HostileOptions(attacks=(attack,))) if each.attack == attack]
    assert records
    for record in records:
        if record.fate == "refused":
            assert len(record.value or b"") > 8 * 1024 * 1024
            continue
        try:
            codec.decode(record.value or b"")
        except RecordError:
            assert record.fate == "dead letter", record
        else:
            assert record.fate == "fingerprint", record


def test_all_of_it_comes_out_of_the_source_resets_and_all() -> None:
    options = HostileOptions(honest=50, rounds=2)
    sink = MemorySink()
    source = HostileSource(options)
    counts = Runner(source, sink, context=Context("h"), backoff=Backoff(first=0, most=0)).run()
    assert counts.read == counts.written == len(planted(options))
    assert counts.retries == 2 * 3
    honest = [each for each in planted(options) if each.attack == "honest"]
    assert len(honest) == 50


def test_an_unknown_attack_is_told() -> None:
    source = make(HostileSource, {"attacks": ["flattery"]})
    with pytest.raises(OptionsError, match="no attack 'flattery'; its attacks: repeated-ids"):
        source.open(Context("h"))
