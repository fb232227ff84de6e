"""What a rebalance takes from a member is what does not come back."""

from kafka import TopicPartition

from connectors.kafka_changes import Changes

ONE, TWO, THREE = (TopicPartition("alerts", number) for number in range(3))


def test_what_comes_back_is_not_lost() -> None:
    changes = Changes()
    changes.on_partitions_revoked(set())
    changes.on_partitions_assigned({ONE, TWO})
    changes.on_partitions_revoked({ONE, TWO})
    assert list(changes.taken()) == [(False, set()), (True, set()), (False, set())]
    changes.on_partitions_assigned({TWO, THREE})
    assert list(changes.taken()) == [(True, {ONE})]
    changes.on_partitions_assigned({ONE, TWO})
    assert list(changes.taken()) == [(True, {THREE})]
    assert list(changes.taken()) == []


def test_what_a_member_had_that_is_put_out_is_lost_though_it_comes_back() -> None:
    changes = Changes()
    changes.on_partitions_assigned({ONE, TWO})
    changes.on_partitions_lost({ONE, TWO})
    changes.on_partitions_assigned({ONE, TWO})
    assert list(changes.taken()) == [(True, set()), (False, {ONE, TWO}), (True, set())]
