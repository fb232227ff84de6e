"""Every partition that was asked for has an answer, or there is an error that names the one that has none."""

from collections.abc import Iterable

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from connectors.kafka_offsets import at_times, of_every

PLACES = [TopicPartition("listings", number) for number in range(3)]


class Electing:
    """A broker whose partitions get their leaders one after another: one more at each question."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        numbers = [each.partition for each in partitions]
        self.asked.append(numbers)
        return {PLACES[number]: number * 10 for number in numbers if number < len(self.asked)}

    def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, None]:
        return dict.fromkeys(self.end_offsets(times))


def test_those_without_a_leader_are_asked_for_again() -> None:
    broker = Electing()
    assert of_every(broker.end_offsets, PLACES) == {PLACES[0]: 0, PLACES[1]: 10, PLACES[2]: 20}
    assert broker.asked == [[0, 1, 2], [1, 2], [2]]


def test_where_kafka_python_stumbles_over_one_all_are_asked_for_again() -> None:
    broker = Electing()

    def stumbles(left: list[TopicPartition]) -> dict[TopicPartition, int]:
        found = broker.end_offsets(left)
        return {each: found[each] for each in left}

    assert of_every(stumbles, PLACES) == {PLACES[0]: 0, PLACES[1]: 10, PLACES[2]: 20}
    assert broker.asked == [[0, 1, 2]] * 3
    with pytest.raises(KeyError, match="another"):
        of_every(lambda _: {}["another"], PLACES)


def test_a_time_after_the_last_record_is_an_answer() -> None:
    assert at_times(Electing(), dict.fromkeys(PLACES, 1)) == dict.fromkeys(PLACES)


def test_one_that_never_gets_a_leader_is_named() -> None:
    with pytest.raises(KafkaTimeoutError, match="listings 2"):
        of_every(lambda left: {each: 0 for each in left if each.partition < 2}, PLACES, seconds=0.01)


def test_nothing_asked_is_nothing_found() -> None:
    assert of_every(lambda _: pytest.fail("the broker was asked"), []) == {}
