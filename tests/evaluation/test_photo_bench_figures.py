"""The arithmetic of the photo benchmark, and what it draws."""

import random

import numpy as np
import pytest
from photo_bytes import drawn, encoded, print_of, random_points

from fingerprints.photo_match import PhotoIndex
from streams.evaluation.figures import share_figure
from streams.evaluation.photo_bench_bank import PrintDrawer, changed, turned
from streams.evaluation.photo_bench_figures import (
    Verdict,
    exponent,
    recall_of,
    speed_of,
    tier_shares,
    time_figure,
)
from streams.evaluation.photo_bench_methods import PEERS, load_peers, within
from streams.evaluation.photo_bench_speed import StageClock, rates, sized
from streams.evaluation.photo_edit import decoded


def test_recall_is_the_mean_of_edits_not_of_photos():
    verdicts = [
        *(Verdict("mirror", {"m": True}) for _ in range(8)),
        Verdict("half", {"m": True}),
        Verdict("half", {"m": False}),
        Verdict(None, {"m": True}),
        *(Verdict(None, {"m": False}) for _ in range(3)),
    ]
    found = recall_of(verdicts, "m")
    assert (found.mean, found.worst, found.worst_edit, found.at_goal) == (0.75, 0.5, "half", 1)
    assert list(found.rows) == ["mirror", "half"]
    assert found.false_alerts == share_figure(1, 4)


def test_recall_of_nothing():
    found = recall_of([], "m")
    assert (found.mean, found.worst, found.at_goal) == (None, None, 0)
    assert found.false_alerts.share is None


def test_tiers():
    verdicts = [Verdict("half", {}, "hash"), Verdict("half", {}, "points"), Verdict(None, {}, "none")]
    assert tier_shares(verdicts) == {
        "edited": {"hash": 0.5, "points": 0.5, "none": 0.0},
        "not in the bank": {"hash": 0.0, "points": 0.0, "none": 1.0},
    }
    assert tier_shares([]) == {}


def test_the_ratio_is_that_of_each_round():
    # The second round was slow for both: it changes the median, not the ratio.
    found = speed_of({"a": [30.0, 3.0, 30.0], "peer": [20.0, 2.0, 20.0]}, "peer")
    assert (found["a"].median, found["a"].ratio) == (30.0, 1.5)
    assert found["peer"].ratio == 1.0


def test_without_the_peer_there_is_no_ratio():
    assert speed_of({"a": [1.0]}, "peer")["a"].ratio is None


def test_times():
    found = time_figure([0.001] * 99 + [1.0])
    assert found.median == 1.0
    assert 1 < found.p99 < 1000
    with pytest.raises(ValueError, match="nothing"):
        time_figure([])


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_exponent_of_a_power_is_found(power: float):
    sizes = [100, 1000, 50_000]
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_one_size_has_no_exponent():
    assert exponent([5, 5], [1.0, 2.0]) is None
    assert exponent([], []) is None


def test_bits_within():
    assert within(b"\x00\x00", [b"\xff\xff", b"\x03\x00"], 2)
    assert not within(b"\x00\x00", [b"\xff\xff", b"\x07\x00"], 2)
    assert not within(b"\x00\x00", [], 16)


def test_every_peer_is_there_or_said_to_be_missing():
    peers, missing = load_peers(10)
    assert {peer.name for peer in peers} | missing.keys() == set(PEERS)
    assert all(missing.values())
    photo = encoded(drawn(1))
    for peer in peers:
        mine, other = (peer.packed(peer.fingerprint(raw)) for raw in (photo, encoded(drawn(2))))
        assert len(mine) * 8 == peer.bits
        assert within(mine, [mine], 0)
        assert not within(mine, [other], peer.distance)
        peer.look_up(peer.fingerprint(photo))


def test_a_changed_photo_is_another_but_the_same_for_the_same_chance():
    photo = drawn(3)
    one, again, other = (changed(photo, random.Random(seed)) for seed in (1, 1, 2))
    assert np.array_equal(np.asarray(one), np.asarray(again))
    assert one.size != other.size


def test_turned_rows_keep_near_their_codes_and_lie_elsewhere():
    rows = random_points(np.random.default_rng(1), 200)
    found = turned(rows, np.random.default_rng(2))
    differing = np.bitwise_count(rows["signs"] ^ found["signs"]) + np.bitwise_count(
        rows["large"] ^ found["large"]
    )
    assert 0 < differing.mean() < 8
    assert np.array_equal(rows["loose"], found["loose"])
    assert sorted(rows["x"]) == sorted(found["x"])
    assert not np.array_equal(rows["x"], found["x"])


def test_drawn_prints_can_be_held_and_are_the_same_again():
    drawer = PrintDrawer()
    with pytest.raises(ValueError, match="no points"):
        next(drawer.prints(0, 1))
    drawer.learn(print_of(drawn(4)))
    several = list(drawer.prints(5, 3))
    assert several[1] == next(drawer.prints(6, 1))
    index = PhotoIndex()
    for number, photo in enumerate(several):
        index.add(str(number), (photo,))
    assert len(index) == 3
    index.close()


def test_a_photo_is_brought_to_a_size():
    raw = encoded(drawn(5, (400, 500)))
    assert sized(raw, 0) is raw
    assert decoded(sized(raw, 1000)).size == (800, 1000)


class Counting:
    """A method that only says what it was given."""

    rule = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def fingerprint(self, raw: bytes) -> bytes | None:
        if raw == b"bad":
            raise ValueError(raw)
        return raw or None

    def look_up(self, fingerprint: bytes) -> object:
        assert fingerprint
        return None


def test_rates_of_methods_in_turn():
    said = []
    found = rates(
        [Counting("a"), Counting("b")], [b"one", b""] * 3, 2, "speed", lambda *told: said.append(told)
    )
    assert [len(found["a"]), len(found["b"])] == [2, 2]
    assert min(map(min, found.values())) > 0
    assert said[-1] == ("speed", 4, 4)


def test_a_method_that_fails_ends_the_run():
    with pytest.raises(RuntimeError, match="a failed"):
        rates([Counting("a")], [b"bad"], 1, "speed", lambda *_: None)


def test_stages_are_timed_without_those_within():
    clock = StageClock()
    with clock.stage("outer"):
        with clock.stage("inner"):
            sum(range(300_000))
        inner = clock.seconds["inner"]
    assert inner > 0
    assert clock.seconds["outer"] < inner
