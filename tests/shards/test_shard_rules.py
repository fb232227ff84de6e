"""Where a set begins, what an answer says, and what doctor says of shards. No Kafka."""

import math
from datetime import timedelta
from typing import Any

import pytest
from heartbeat_records import heartbeat
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from listing_records import START, takedown

from fingerprints.photo_match import PhotoMatch, Tier
from fingerprints.photo_print import PhotoPrint
from streams.doctor.shard_findings import shard_findings
from streams.engine.found import together
from streams.engine.pipeline import fingerprint_takedown
from streams.engine.resemblance import Found, FoundPhoto, PhotoMeeting
from streams.health.heartbeat import LOST_AFTER
from streams.kafka_clients.outbox import Outgoing
from streams.rights.check import needed_rights
from streams.settings import Settings, SettingsError, Worker, load_settings
from streams.sharding.answer_reader import Place
from streams.sharding.answers import ShardAnswer, ShardMatch
from streams.sharding.stages import ANSWER_BYTES, answers_out
from streams.sharding.start import where_to_begin
from streams.shards import Shard, shard_group
from streams.worker.parts import group_of

places = st.integers(0, 3).map(lambda number: TopicPartition("fingerprints", number))
offsets = st.dictionaries(places, st.integers(0, 1000), max_size=4)


@given(st.lists(offsets, max_size=4), st.dictionaries(places, st.integers(0, 1000), min_size=1, max_size=4))
def test_a_set_begins_where_the_furthest_before_it_is(sets: list[Any], beginnings: Any) -> None:
    found = where_to_begin(sets, beginnings)
    assert found.keys() == beginnings.keys()
    for place, offset in found.items():
        known = [each[place] for each in sets if place in each]
        assert offset == max([*known, beginnings[place]])
        # Later, when no set has gone back, never before: the gatherer's group, asked for last, is not before another's.
        later = [{one: at + 7 for one, at in each.items()} for each in sets]
        assert where_to_begin(later, beginnings)[place] >= offset


class Message:
    def __init__(self, partition: int, offset: int) -> None:
        self.partition, self.offset = partition, offset


def answers_of(messages: list[Any], found: dict[int, list[ShardMatch]]) -> list[tuple[Outgoing, ShardAnswer]]:
    import msgspec

    out = answers_out(Shard(3, 4), messages, found)
    return [(each, msgspec.json.decode(each.value or b"", type=ShardAnswer)) for each in out]


def test_every_batch_says_how_far_the_shard_is_on_each_partition() -> None:
    messages = [Message(2, 10), Message(5, 70), Message(2, 14)]
    told = answers_of(messages, {2: [ShardMatch(offset=14)], 5: []})
    assert [(out.partition, out.key) for out, _ in told] == [(2, b"3/4 2"), (5, b"3/4 5")]
    assert [(one.first, one.to, len(one.matches)) for _, one in told] == [(10, 15, 1), (70, 71, 0)]


def test_a_large_answer_is_parted_and_counts_when_all_of_it_is_there() -> None:
    down = tuple(fingerprint_takedown(takedown(number, title="x" * 400), ()) for number in range(150))
    matches = [ShardMatch(offset=offset, takedowns=down) for offset in range(6)]
    told = answers_of([Message(0, offset) for offset in range(6)], {0: matches})
    assert len(told) > 1
    assert all(len(out.value or b"") < 2 * ANSWER_BYTES for out, _ in told)
    place = Place(kept_from=0)
    for _, one in told[:-1]:
        place.take(one)
    assert place.to[3] == 0
    place.take(told[-1][1])
    assert place.to[3] == 6
    assert sorted(place.found) == list(range(6))


def test_of_an_answer_given_again_the_later_counts_and_what_was_handled_is_forgotten() -> None:
    place = Place(kept_from=5)
    down = (fingerprint_takedown(takedown(1), ()),)
    first = ShardAnswer(
        shard=2, of=2, partition=0, first=4, to=9, matches=(ShardMatch(offset=4), ShardMatch(offset=8))
    )
    again = ShardAnswer(
        shard=2, of=2, partition=0, first=7, to=9, matches=(ShardMatch(offset=8, takedowns=down),)
    )
    place.take(first)
    place.take(again)
    assert (place.to, place.first) == ({2: 9}, {2: 4})
    assert {offset: by[2].takedowns for offset, by in place.found.items()} == {8: down}
    place.forget_before(9)
    assert not place.found


def test_each_shard_s_place_is_its_own_and_never_goes_back() -> None:
    place = Place(kept_from=5)
    for shard, first, to in ((2, 6, 9), (3, 5, 7), (2, 7, 8), (3, 8, 12)):
        place.take(ShardAnswer(shard=shard, of=3, partition=0, first=first, to=to, matches=()))
    assert (place.first, place.to) == ({2: 6, 3: 5}, {2: 9, 3: 12})


def test_what_is_handled_is_forgotten_and_not_taken_in_again() -> None:
    place = Place(kept_from=0)
    answer = ShardAnswer(
        shard=2, of=2, partition=0, first=0, to=9, matches=tuple(ShardMatch(offset=each) for each in range(9))
    )
    place.take(answer)
    place.forget_before(6)
    assert sorted(place.found) == [6, 7, 8]
    place.forget_before(4)
    assert (place.kept_from, sorted(place.found)) == (6, [6, 7, 8])
    place.take(answer)
    assert sorted(place.found) == [6, 7, 8]


def finding(*shards: str, **changes: Any) -> list[tuple[str, str]]:
    beats = [
        heartbeat(kind="worker", instance=f"w{number}", shard=shard, at=START, state="ready", **changes)
        for number, shard in enumerate(shards)
    ]
    return [(each.check, each.state) for each in shard_findings(beats, START + timedelta(seconds=1))]


@pytest.mark.parametrize(
    ("shards", "said"),
    [
        (("1/1", "1/1"), []),
        (("1/1", "1/2", "2/2", "2/2"), [("shards", "ok")]),
        (("1/1", "1/4", "2/4", "4/4"), [("shards", "fail")]),
        (("1/1", "1/2", "2/2", "1/4"), [("shards", "ok"), ("shards", "fail")]),
        (("1/2", "2/2"), [("shards", "ok"), ("fingerprints", "fail")]),
    ],
)
def test_doctor_says_which_shard_has_no_worker(shards: tuple[str, ...], said: list[tuple[str, str]]) -> None:
    assert finding(*shards) == said


def said_of(*beats: Any, seconds: float = 1) -> list[tuple[str, str, str, str]]:
    found = shard_findings(beats, START + timedelta(seconds=seconds))
    return [(each.check, each.state, each.detail, each.advice) for each in found]


def beat(shard: str, **changes: Any) -> Any:
    return heartbeat(
        **({"kind": "worker", "instance": shard, "shard": shard, "at": START, "state": "ready"} | changes)
    )


def test_doctor_names_what_is_missing_and_what_to_start() -> None:
    whole = beat("1/1")
    assert said_of(whole, beat("1/2"), beat("2/2")) == [("shards", "ok", "all 2 have a worker", "")]
    assert said_of(whole, beat("1/4"), beat("3/4")) == [
        ("shards", "fail", "no worker of 2/4, 4/4: alerts wait until there is one, and nothing is lost",
         "relistwatch worker --shard 2/4"),
    ]  # fmt: skip
    (many,) = said_of(whole, beat("1/12"))
    assert many[2].startswith(
        "no worker of 2/12, 3/12, 4/12, 5/12, 6/12, 7/12, 8/12, 9/12 and 3 more: alerts wait"
    )
    (shown,) = said_of(whole, beat("1/9"))
    assert shown[2].startswith("no worker of 2/9, 3/9, 4/9, 5/9, 6/9, 7/9, 8/9, 9/9: alerts wait")
    assert said_of(beat("1/2"), beat("2/2"))[1:] == [
        ("fingerprints", "fail", "shards run, but no worker that fingerprints listings",
         "start relistwatch worker --only fingerprint"),
    ]  # fmt: skip
    assert said_of(whole, beat("1/2", every_seconds=0.1)) == [
        ("shards", "warn", "no worker of 2 shards lives any more",
         "start workers with --shard 1/2 to 2/2, unless other shards have taken over"),
    ]  # fmt: skip


def test_whoever_else_tells_how_it_is_hides_no_shard() -> None:
    others = (
        beat("1/1", kind="dashboard"),
        beat("1/1"),
        beat("1/1", instance="w2", every_seconds=0.01),
        beat("no shard"),
    )
    assert said_of(*others, beat("1/2"), beat("2/2")) == [("shards", "ok", "all 2 have a worker", "")]


def test_a_worker_lives_until_it_has_missed_its_beats() -> None:
    seconds = 2.0 * LOST_AFTER
    beats = (beat("1/1"), beat("1/2"), beat("2/2"))
    assert [each[1] for each in said_of(*beats, seconds=seconds)] == ["ok"]
    assert [each[1] for each in said_of(*beats, seconds=seconds + 0.001)] == ["warn"]


def test_a_set_that_was_ended_in_order_is_not_missed() -> None:
    assert finding("1/2", "2/2", every_seconds=0.1) == [("shards", "warn")]
    ended = [heartbeat(kind="worker", instance="w", shard="1/2", at=START, state="stopping")]
    assert list(shard_findings(ended, START)) == []


def test_a_shards_group_is_its_own_and_its_rights_are_asked_for_by_name() -> None:
    settings = Settings(worker=Worker(shard="2/4"))
    assert group_of(settings) == shard_group("relistwatch", Shard(2, 4)) == "relistwatch-shard-2-of-4"
    asked = {
        right.name
        for right in needed_rights(settings, "shard", group_of(settings))
        if right.resource == "group"
    }
    assert asked == {"relistwatch", "relistwatch-shard-2-of-4"}


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1/2 "])
def test_a_setting_that_is_no_shard_is_an_error_and_names_itself(shard: str) -> None:
    with pytest.raises(SettingsError, match="shard"):
        load_settings(environ={"RELISTWATCH_WORKER__SHARD": shard})


def test_a_shard_does_not_fingerprint() -> None:
    with pytest.raises(SettingsError, match="one of them"):
        load_settings(environ={"RELISTWATCH_WORKER__SHARD": "1/2", "RELISTWATCH_WORKER__ONLY": "fingerprint"})


def test_what_one_shards_hash_settles_is_looked_for_by_no_points_elsewhere() -> None:
    """As in one bank, where points are asked only when no hash settles the photo; and of all no more than asked for."""
    photo = PhotoPrint(b"0" * 32, b"1" * 32, 480, 640, b"", b"")

    def search(tier: Tier, *odds: float) -> Found:
        met = [
            (f"{tier}{number}", PhotoMeeting(0, 0, photo, PhotoMatch(f"{tier}{number}", 0, log_odds=each)))
            for number, each in enumerate(odds)
        ]
        return Found(photos=(FoundPhoto(0, tier, tuple(met)),))

    settled, points = search("hash", math.inf), search("points", 9.0, 3.0)
    (one,) = together([points, settled], 10).photos
    assert (one.tier, [owner for owner, _ in one.meetings]) == ("hash", ["hash0"])
    (one,) = together([points, search("none", -1.0)], 2).photos
    assert (one.tier, [owner for owner, _ in one.meetings]) == ("points", ["points0", "points1"])
