"""What a shadow policy would have changed, counted by listing."""

from datetime import timedelta

import msgspec
from alert_records import NOON, policy_difference

from streams.policy.difference_report import compare


def test_listings_count_once_a_kind_and_the_newest_are_the_examples() -> None:
    differences = [
        policy_difference(n, observed_at=NOON + timedelta(minutes=n), kind=kind)
        for kind, numbers in (("only_live", range(10)), ("only_shadow", (3, 4)))
        for n in numbers
    ]
    again = policy_difference(2, observed_at=NOON + timedelta(hours=2))
    (found,) = compare([*differences, again, differences[0]])
    assert (found.live, found.shadow, found.records) == ("2026-11", "quiet", 14)
    assert (found.first, found.last) == (NOON, NOON + timedelta(hours=2))
    said = found.as_dict()
    assert {name: kind["listings"] for name, kind in said["kinds"].items()} == {
        "only_live": 10,
        "only_shadow": 2,
    }
    examples = [one["listing"]["listing_id"] for one in said["kinds"]["only_live"]["examples"]]
    assert examples == ["l2", "l9", "l8"]
    msgspec.json.encode(said)


def test_each_pair_of_policies_is_a_comparison_of_its_own() -> None:
    old = policy_difference(1)
    newer = msgspec.structs.replace(
        policy_difference(2, observed_at=NOON + timedelta(days=1)),
        shadow=msgspec.structs.replace(old.shadow, policy="quieter"),
    )
    assert [one.shadow for one in compare([old, newer])] == ["quieter", "quiet"]
    assert compare([]) == []


def test_the_same_whatever_the_order() -> None:
    differences = [policy_difference(n % 7, observed_at=NOON + timedelta(seconds=n)) for n in range(40)]
    assert [one.as_dict() for one in compare(differences)] == [
        one.as_dict() for one in compare(differences[::-1])
    ]
