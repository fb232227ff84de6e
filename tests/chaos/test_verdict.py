"""The verdict finds every loss that is planted into a record without one, and counts it right."""

import copy
from collections.abc import Callable

import pytest
from chaos_records import clean_records
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.chaos.record import FaultRun, Record, SeenAlert, SeenLetter
from streams.chaos.table import table
from streams.chaos.verdict import Verdict, judge


@settings(max_examples=30)
@given(clean_records())
def test_a_record_without_a_loss_has_no_problem(record: Record) -> None:
    verdict = judge(record)
    assert verdict.problems == []
    assert verdict.alerts_missing == verdict.fingerprints_missing == verdict.listings_missing == 0
    assert verdict.alerts_expected == sum(one.kind == "relist" for one in record.planted)
    assert verdict.fingerprints_twice == len(record.seen.fingerprints) - len(set(record.seen.fingerprints))
    assert "Nothing is lost." in table(verdict)


def one_of(record: Record, kind: str, data: st.DataObject):
    return data.draw(st.sampled_from([one for one in record.planted if one.kind == kind]))


def lose_alert(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    lost = one_of(record, "relist", data)
    record.seen.alerts = [alert for alert in record.seen.alerts if alert.key != lost.key]
    return lambda verdict: verdict.alerts_missing


def name_another_takedown(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    wrong = one_of(record, "relist", data)
    for alert in record.seen.alerts:
        if alert.key == wrong.key:
            alert.takedowns = ("t99",)
    return lambda verdict: verdict.alerts_missing


def lose_fingerprint(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    lost = data.draw(st.sampled_from(record.seen.fingerprints))
    record.seen.fingerprints = [one for one in record.seen.fingerprints if one != lost]
    return lambda verdict: verdict.fingerprints_missing


def lose_listing(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    lost = data.draw(st.sampled_from(record.seen.listings))
    record.seen.listings = [one for one in record.seen.listings if one != lost]
    return lambda verdict: verdict.listings_missing


def lose_letter(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    lost = one_of(record, "poison", data)
    record.seen.letters = [letter for letter in record.seen.letters if letter.key != lost.key]
    return lambda verdict: verdict.dead_letters_missing


def give_another_id(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    again = copy.copy(data.draw(st.sampled_from(record.seen.alerts)))
    again.alert_id = "another"
    record.seen.alerts.append(again)
    return lambda verdict: verdict.alerts_with_another_id


def alert_the_honest(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    honest = one_of(record, "honest", data)
    alert = SeenAlert("x", honest.key, honest.version, "relist", ("t1",), 100.5)
    record.seen.alerts.append(alert)
    return lambda verdict: verdict.alerts_unexpected


def set_a_good_one_aside(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    good = one_of(record, data.draw(st.sampled_from(("honest", "relist"))), data)
    record.seen.letters.append(SeenLetter(good.key, "internal-error", "listings", "OSError"))
    return lambda verdict: verdict.dead_letters_unexplained


def set_a_bad_one_aside_for_another_reason(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    bad = one_of(record, "poison", data)
    record.seen.letters.append(SeenLetter(bad.key, "internal-error", "listings"))
    return lambda verdict: verdict.dead_letters_unexplained


def never_acknowledge(record: Record, data: st.DataObject) -> Callable[[Verdict], int]:
    data.draw(st.sampled_from(record.planted)).acknowledged = False
    return lambda verdict: verdict.unacknowledged


LOSSES = (
    lose_alert,
    name_another_takedown,
    lose_fingerprint,
    lose_listing,
    lose_letter,
    give_another_id,
    alert_the_honest,
    set_a_good_one_aside,
    set_a_bad_one_aside_for_another_reason,
    never_acknowledge,
)


@settings(max_examples=20)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@given(record=clean_records(), data=st.data())
def test_every_loss_that_is_planted_is_found(loss, record: Record, data: st.DataObject) -> None:
    figure = loss(record, data)
    verdict = judge(record)
    assert figure(verdict) == 1
    assert len(verdict.problems) >= 1
    assert "WRONG" in table(verdict)


@settings(max_examples=30)
@given(clean_records(), st.data())
def test_an_edited_listing_may_have_an_id_for_each_version(record: Record, data: st.DataObject) -> None:
    one = one_of(record, "relist", data)
    edited = copy.copy(one)
    edited.version = "edited"
    record.planted.append(edited)
    record.seen.listings.append((edited.key, edited.version))
    record.seen.fingerprints.append((edited.key, edited.version))
    assert judge(record).alerts_missing == 1, "the alert of the first version is none of the second"
    alert = next(alert for alert in record.seen.alerts if alert.key == one.key)
    record.seen.alerts.append(
        SeenAlert("b", edited.key, edited.version, "relist", alert.takedowns, alert.at + 1)
    )
    assert judge(record).problems == []


@settings(max_examples=30)
@given(clean_records())
def test_a_run_that_proves_nothing_is_no_success(record: Record) -> None:
    record.faults = [FaultRun("worker-killed", 1.0, 2.0, 3.0)]
    assert "no listing was sent" in judge(record).problems[0]
    record.faults = [FaultRun("worker-killed", 99.0, 200.0, None, problems=("w1 is not in its group",))]
    assert [problem.split(": ")[1] for problem in judge(record).problems] == [
        "w1 is not in its group",
        "the flow did not recover",
    ]
    record.faults = []
    record.planted = [one for one in record.planted if one.kind == "honest"]
    record.seen.alerts = []
    record.seen.letters = []
    assert "proves nothing" in judge(record).problems[-1]
