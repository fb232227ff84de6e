"""Was anything lost? A pure function of a run's record; every figure is counted anew from what stands there."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec import Struct

from streams.chaos.record import Planted, Record, SeenAlert, SeenLetter
from streams.chaos.timeline import Span, spans

NAMED = 5
"""Examples in a problem's text."""

Version = tuple[str, str]


class FaultFigures(Struct):
    """One fault's row: seconds, and listings sent while it lasted."""

    name: str
    seconds: float
    listings: int
    longest_pause: float
    recovery: float | None
    note: str


class Verdict(Struct):
    """The figures, and what is wrong with them; no problem, no loss."""

    listings_in: int
    listings_from_market: int
    fingerprints: int
    fingerprints_twice: int
    alerts_expected: int
    alerts_missing: int
    alerts_duplicate: int
    alerts_with_another_id: int
    alerts_unexpected: int
    alerts_held: int
    alerts_by_lookback: int
    listings_missing: int
    fingerprints_missing: int
    unacknowledged: int
    dead_letters: dict[str, int]
    dead_letters_missing: int
    dead_letters_unexplained: int
    photo_failures: dict[str, int]
    longest_pause: float
    faults: list[FaultFigures]
    restarts: list[str]
    problems: list[str]


def judge(record: Record) -> Verdict:
    """Hold what was planted against what was seen."""
    readable = [one for one in record.planted if one.kind != "poison"]
    poison = {one.key: one for one in record.planted if one.kind == "poison"}
    alerted = _alerts_by_version(record.seen.alerts)
    relists = [one for one in readable if one.kind == "relist"]
    fingerprints = Counter(record.seen.fingerprints)
    on_listings = {key for key, _ in record.seen.listings}
    letters = record.seen.letters
    unexplained = [letter for letter in letters if not _explained(letter, poison)]

    lost = [one for one in record.planted if one.key not in on_listings]
    unprinted = [one for one in readable if (one.key, one.version) not in fingerprints]
    missing = [one for one in relists if not _names(alerted.get((one.key, one.version), ()), one)]
    other_ids = [place for place, several in alerted.items() if _ids(several) > 1]
    expected = {(one.key, one.version) for one in relists}
    unexpected = sorted(alerted.keys() - expected)
    unanswered = poison.keys() - {letter.key for letter in letters}
    unacknowledged = [one for one in record.planted if not one.acknowledged]
    measured = spans(record.faults, record.planted, record.seen.alerts)

    problems = [
        *_said("listings that Kafka or a connector lost", (one.key for one in lost)),
        *_said("listings without a fingerprint", (one.key for one in unprinted)),
        *_said("relists without their alert", (f"{one.key} of {one.takedown}" for one in missing)),
        *_said("listing versions with more than one alert id", (key for key, _ in other_ids)),
        *_said("alerts for what is no relist", (key for key, _ in unexpected)),
        *_said("listings never acknowledged, so that the run proves nothing of them",
               (one.key for one in unacknowledged)),
        *_said("messages that no one can read and that are not on dead-letters", sorted(unanswered)),
        *_said("dead letters without a reason", (f"{one.key}: {one.error} ({one.detail[:80]})" for one in unexplained)),
        *_of_faults(record, measured),
    ]  # fmt: skip
    if not relists or not record.seen.alerts:
        problems.append("no relist was planted or no alert seen: the run proves nothing")
    ids = Counter(alert.alert_id for alert in record.seen.alerts if alert.topic == "alerts")
    return Verdict(
        listings_in=len(record.planted),
        listings_from_market=sum(one.channel == "market" for one in record.planted),
        fingerprints=fingerprints.total(),
        fingerprints_twice=fingerprints.total() - len(fingerprints),
        alerts_expected=len(expected),
        alerts_missing=len(missing),
        alerts_duplicate=ids.total() - len(ids),
        alerts_with_another_id=len(other_ids),
        alerts_unexpected=len(unexpected),
        alerts_held=sum(alert.topic != "alerts" for alert in record.seen.alerts),
        alerts_by_lookback=sum(alert.caught_by == "lookback" for alert in record.seen.alerts),
        listings_missing=len(lost),
        fingerprints_missing=len(unprinted),
        unacknowledged=len(unacknowledged),
        dead_letters=dict(sorted(Counter(letter.error for letter in letters).items())),
        dead_letters_missing=len(unanswered),
        dead_letters_unexplained=len(unexplained),
        photo_failures=record.seen.photo_failures,
        longest_pause=round(max((span.pause for span in measured), default=0.0), 1),
        faults=[
            FaultFigures(
                name=fault.name,
                seconds=round(fault.ended - fault.began, 1),
                listings=span.flowed,
                longest_pause=round(span.pause, 1),
                recovery=None if fault.recovered is None else round(span.late, 1),
                note=fault.note,
            )
            for fault, span in zip(record.faults, measured, strict=True)
        ],
        restarts=record.restarts,
        problems=problems,
    )


def _alerts_by_version(alerts: Iterable[SeenAlert]) -> dict[Version, list[SeenAlert]]:
    """Of all kinds but a flood's, which is about a takedown and no listing."""
    found: dict[Version, list[SeenAlert]] = defaultdict(list)
    for alert in alerts:
        if alert.kind != "flood":
            found[alert.key, alert.version].append(alert)
    return found


def _names(alerts: Iterable[SeenAlert], relist: Planted) -> bool:
    return any(relist.takedown in alert.takedowns for alert in alerts)


def _ids(alerts: Iterable[SeenAlert]) -> int:
    return len({alert.alert_id for alert in alerts})


def _explained(letter: SeenLetter, poison: dict[str, Planted]) -> bool:
    planted = poison.get(letter.key)
    return planted is not None and planted.error == letter.error


def _of_faults(record: Record, measured: Iterable[Span]) -> list[str]:
    found = []
    for fault, span in zip(record.faults, measured, strict=True):
        found += [f"{fault.name}: {problem}" for problem in fault.problems]
        if fault.recovered is None:
            found.append(f"{fault.name}: the flow did not recover")
        if not span.flowed:
            found.append(f"{fault.name}: no listing was sent while it lasted, so it proves nothing")
    return found


def _said(what: str, which: Iterable[str]) -> list[str]:
    names = list(which)
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{len(names)} {what}: {', '.join(names[:NAMED])}{more}"]
