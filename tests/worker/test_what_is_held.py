"""What bounds memory on the way: bytes that are held, ids that are remembered."""

import asyncio

import pytest

from streams.lookback.sent_alerts import AlertIds, HeldSentAlerts, SentAlerts
from streams.metrics.metrics import Metrics
from streams.photos.byte_gate import ByteGate
from streams.settings import Settings


async def passes(gate: ByteGate) -> bool:
    """Whether there is room at once."""
    waiting = asyncio.ensure_future(gate.room())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    done = waiting.done()
    waiting.cancel()
    return done


async def test_a_gate_is_open_below_its_limit_and_shut_from_it_on() -> None:
    gate = ByteGate(10)
    assert (gate.held, gate.full, await passes(gate)) == (0, False, True)
    gate.take(4)
    gate.take(5)
    assert (gate.held, gate.full, await passes(gate)) == (9, False, True)
    gate.take(1)
    assert (gate.held, gate.full, await passes(gate)) == (10, True, False)
    gate.take(90)
    gate.give(90)
    assert (gate.held, gate.full, await passes(gate)) == (10, True, False)
    gate.give(1)
    assert (gate.held, gate.full, await passes(gate)) == (9, False, True)


async def test_who_waits_goes_on_when_there_is_room() -> None:
    gate = ByteGate(1)
    gate.hold(1)
    waiting = asyncio.ensure_future(gate.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.hold(0)
    await asyncio.wait_for(waiting, 5)


def test_more_given_back_than_was_taken_leaves_nothing() -> None:
    gate = ByteGate(10)
    gate.take(3)
    gate.give(5)
    assert gate.held == 0
    gate.take(4)
    assert gate.held == 4


@pytest.mark.parametrize(
    "ids", [["00ff", "0a0b", "0c0d"], ["no hex", "neither", "alert-7"]], ids=["hex", "others"]
)
def test_the_newest_ids_are_remembered(ids: list[str]) -> None:
    known = AlertIds(most=2)
    for each in ids:
        known.add(each)
        assert each in known
    assert [each in known for each in ids] == [False, True, True]
    assert len(known) == 2
    known.add(ids[2])
    assert len(known) == 2, "one that is known takes no other's place"
    assert ids[1] in known


@pytest.mark.parametrize("kind", [SentAlerts, HeldSentAlerts])
def test_who_follows_alerts_remembers_their_keys(kind: type[SentAlerts]) -> None:
    ids = AlertIds()
    follower = kind(Settings(), ids, Metrics())
    follower.take_in("00ff", b"whatever it says")
    follower.take_in("gone", None)
    assert "00ff" in ids
    assert "gone" in ids
    assert "other" not in ids
