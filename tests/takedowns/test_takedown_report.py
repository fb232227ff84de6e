"""The report's figures from records alone, against a slow and obvious reference too."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from alert_records import alert, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from listing_records import takedown
from takedown_records import RECEIVED, after, request, takedown_change, takedown_status

from connectors.events import Alert, Takedown
from connectors.takedown_requests import TakedownRequest
from connectors.takedown_status import Reason, TakedownChange, TakedownStatus
from connectors.verdicts import Verdict
from streams.percentiles import percentile
from streams.takedowns.cases import DIMENSIONS, Published, cases_of
from streams.takedowns.courses import CLEARED, courses_of
from streams.takedowns.report import Figures, Report, report_of
from streams.takedowns.report_forms import COUNTS, as_csv, as_html, as_json, as_tables
from streams.takedowns.report_words import LANGUAGES, WORDS, duration


def resolved(number: int, takedown_id: str, **asked: Any) -> TakedownStatus:
    return takedown_status(
        request(number, **asked), state="published", takedown_id=takedown_id, reason=None, next_try_at=None
    )


def in_force(takedown_id: str, **fields: Any) -> Published:
    made = msgspec.structs.replace(takedown(1), takedown_id=takedown_id, taken_down_at=RECEIVED, **fields)
    return Published(made, RECEIVED + timedelta(minutes=1))


def relisted(number: int, takedown_id: str, *, seen: datetime, caught: datetime, **fields: Any) -> Alert:
    known = msgspec.structs.replace(alert(1).takedown, takedown_id=takedown_id)
    full = {"takedown": known, "listing_observed_at": seen, "matched_at": caught, "cluster": (takedown_id,)}
    return alert(number, **(full | fields))


def total(
    *,
    requests: Sequence[TakedownRequest] = (),
    statuses: Sequence[TakedownStatus] = (),
    takedowns: Sequence[Published] = (),
    changes: Sequence[TakedownChange] = (),
    alerts: Sequence[Alert] = (),
    verdicts: Sequence[Verdict] = (),
    **asked: Any,
) -> Report:
    return report_of(
        cases_of(requests, statuses, takedowns, changes),
        courses_of(takedowns, changes, alerts, {each.alert_id: each for each in verdicts}),
        **asked,
    )


def test_every_request_is_waiting_unresolved_or_resolved() -> None:
    figures = total(
        requests=[request(1), request(2), request(3)],
        statuses=[takedown_status(request(1)), resolved(2, "td-2")],
        takedowns=[in_force("td-2")],
    ).total
    assert (figures.received, figures.waiting, figures.unresolved, figures.resolved) == (3, 1, 1, 1)
    assert figures.reasons == {"connector-away": 1}


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        ([], "down_not_seen"),
        ([("listing seen", -5)], "down_not_seen"),
        ([("listing seen", 5)], "still_up"),
        ([("listing removed", -5)], "down_removed"),
        ([("listing removed", 5)], "down_removed"),
        ([("listing seen", 5), ("listing removed", 6)], "down_removed"),
        ([("listing removed", 5), ("listing seen", 6)], "still_up"),
    ],
)
def test_what_was_seen_last_says_whether_it_is_up(changes: list[tuple[Any, int]], fate: str) -> None:
    figures = total(
        statuses=[resolved(1, "td-1")],
        takedowns=[in_force("td-1")],
        changes=[
            takedown_change(takedown_id="td-1", what=what, at=after(minutes=at)) for what, at in changes
        ],
    ).total
    assert getattr(figures, fate) == figures.resolved == 1
    assert figures.still_up + figures.down + figures.withdrawn == 1


def test_a_still_up_alert_says_that_it_is_up() -> None:
    told = relisted(1, "td-1", seen=after(hours=1), caught=after(hours=1), kind="still_up")
    figures = total(statuses=[resolved(1, "td-1")], takedowns=[in_force("td-1")], alerts=[told]).total
    assert (figures.still_up, figures.relisted) == (1, 0)


def test_a_withdrawn_takedown_is_resolved_and_neither_up_nor_down() -> None:
    figures = total(
        statuses=[resolved(1, "td-1")], changes=[takedown_change(takedown_id="td-1")], takedowns=[]
    ).total
    assert (figures.resolved, figures.withdrawn, figures.still_up, figures.down) == (1, 1, 0, 0)


def test_takedowns_of_other_producers_count_without_a_request() -> None:
    published = takedown_change(
        takedown_id="theirs-2", what="published", at=after(days=1), by="their/program", authority="bpom",
        source="ai", marketplace="toko-uji",
    )  # fmt: skip
    report = total(
        statuses=[resolved(1, "td-1")],
        takedowns=[in_force("td-1"), in_force("theirs-1", authority="polri", source="manual")],
        changes=[published, takedown_change(takedown_id="theirs-2", at=after(days=2))],
    )
    assert (report.total.received, report.total.resolved, report.total.withdrawn) == (3, 3, 1)
    assert [group.value for group in report.by["authority"]] == ["bpom", "kementerian", "polri"]
    assert [group.value for group in report.by["source"]] == ["ai", "manual", "ministry"]


def test_a_relist_is_timed_from_its_first_sight_to_its_first_alert() -> None:
    figures = total(
        statuses=[resolved(1, "td-1"), resolved(2, "td-1")],
        takedowns=[in_force("td-1")],
        alerts=[
            relisted(1, "td-1", seen=after(hours=2), caught=after(hours=2, seconds=9)),
            relisted(2, "td-1", seen=after(hours=1), caught=after(hours=3), listing=alert(1).listing),
        ],
    ).total
    assert (figures.relisted, figures.relists) == (2, 1)
    assert figures.catch_median == figures.catch_p95 == 3609


def test_what_an_analyst_cleared_is_no_relist() -> None:
    told = [relisted(number, "td-1", seen=after(hours=1), caught=after(hours=1)) for number in (1, 2)]
    for said in CLEARED:
        figures = total(
            statuses=[resolved(1, "td-1")],
            takedowns=[in_force("td-1")],
            alerts=told,
            verdicts=[verdict(number, said, alert=told[number - 1]) for number in (1, 2)],
        ).total
        assert figures.relisted == 0
    figures = total(statuses=[resolved(1, "td-1")], alerts=told, verdicts=[verdict(1, "unsure")]).total
    assert figures.relisted == 1


def test_weeks_are_those_of_iso_8601_in_utc() -> None:
    report = total(
        requests=[
            request(1, received_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
            request(2, received_at=datetime(2027, 1, 3, 23, 59, tzinfo=UTC)),
            request(3, received_at=datetime(2027, 1, 4, 0, 0, tzinfo=UTC)),
        ],
        by=("week",),
    )
    assert [(group.value, group.figures.received) for group in report.by["week"]] == [
        ("2026-W53", 2), ("2027-W01", 1),
    ]  # fmt: skip


def test_only_what_was_received_in_the_time_counts() -> None:
    report = total(
        requests=[request(n, received_at=after(days=n)) for n in range(5)],
        since=after(days=1),
        until=after(days=3),
    )
    assert report.total.received == 2


REASONS = list(get_args(Reason))
times = st.integers(0, 40).map(lambda hours: RECEIVED + timedelta(hours=hours))
ids = st.integers(0, 4).map(lambda number: f"td-{number}")


@st.composite
def worlds(draw: Any) -> dict[str, Any]:
    """Requests in any state, takedowns, sightings, alerts and verdicts over five takedowns, as they may fall."""
    numbers = range(draw(st.integers(0, 8)))
    asked = [
        request(
            number,
            marketplace=draw(st.sampled_from(["shopee-id", "lazada-id"])),
            authority=draw(st.sampled_from(["kementerian", "bpom", None])),
            source=draw(st.sampled_from(["ministry", "ai"])),
            received_at=RECEIVED + timedelta(days=draw(st.integers(0, 20))),
        )
        for number in numbers
    ]
    statuses = []
    for each in asked:
        kind = draw(st.sampled_from(["waiting", "unresolved", "published", "withdrawn"]))
        if kind == "unresolved":
            statuses.append(takedown_status(each, reason=draw(st.sampled_from(REASONS))))
        elif kind != "waiting":
            statuses.append(takedown_status(each, state=kind, takedown_id=draw(ids), reason=None))
    changes: dict[str, TakedownChange] = {}
    for _ in range(draw(st.integers(0, 8))):
        what = draw(st.sampled_from(["published", "withdrawn", "listing seen", "listing removed"]))
        change = takedown_change(takedown_id=draw(ids), what=what, at=draw(times), authority="bpom")
        changes[change.key] = change
    alerts = []
    for number in range(draw(st.integers(0, 8))):
        seen = draw(times)
        fields = {
            "kind": draw(st.sampled_from(["relist", "still_up", "flood"])),
            "cluster": tuple(draw(st.sets(ids))),
        }
        told = relisted(
            number, draw(ids), seen=seen, caught=seen + timedelta(seconds=draw(st.integers(0, 99))), **fields
        )
        place = draw(st.sampled_from(["l1", "l2"]))
        alerts.append(
            msgspec.structs.replace(told, listing=msgspec.structs.replace(told.listing, listing_id=place))
        )
    said = [
        verdict(
            number, draw(st.sampled_from(["relist", "not a relist", "same backdrop", "unsure"])), alert=told
        )
        for number, told in enumerate(alerts)
        if draw(st.booleans())
    ]
    return {
        "requests": asked,
        "statuses": statuses,
        "takedowns": [in_force(takedown_id) for takedown_id in sorted(draw(st.sets(ids)))],
        "changes": list(changes.values()),
        "alerts": alerts,
        "verdicts": said,
    }


def slowly(world: dict[str, Any], dimension: str | None, value: str | None) -> dict[str, Any]:  # noqa: PLR0912
    """The figures of one group by looking through everything again for every case."""
    cases: list[tuple[dict[str, Any], str, str | None]] = []
    statuses = {each.request_id: each for each in world["statuses"]}
    for asked in world["requests"]:
        status = statuses.get(asked.request_id)
        state = status.state if status else "waiting"
        year, week, _ = asked.received_at.isocalendar()
        names = {
            "marketplace": asked.marketplace, "authority": asked.authority, "source": asked.source,
            "week": f"{year}-W{week:02}",
        }  # fmt: skip
        cases.append(
            (names, state if state != "unresolved" else status.reason, status and status.takedown_id)
        )
    has_request = {takedown_id for _, _, takedown_id in cases}
    published = {each.takedown.takedown_id: each for each in world["takedowns"]}
    told = [each for each in world["changes"] if each.what == "published"]
    for takedown_id in sorted({*published, *(each.takedown_id for each in told)}):
        if takedown_id in has_request:
            continue
        first = min((each.at for each in told if each.takedown_id == takedown_id), default=None)
        there: Takedown | None = published[takedown_id].takedown if takedown_id in published else None
        at = min(filter(None, [first, there and published[takedown_id].at]))
        year, week, _ = at.isocalendar()
        names = {
            "marketplace": there.listing.marketplace if there else None,
            "authority": there.authority if there else "bpom",
            "source": there.source if there else None,
            "week": f"{year}-W{week:02}",
        }
        cases.append((names, "published", takedown_id))
    if dimension is not None:
        cases = [case for case in cases if case[0][dimension] == value]
    cleared = {each.alert_id for each in world["verdicts"] if each.verdict in CLEARED}
    figures = Figures(received=len(cases))
    pairs: dict[tuple[str, str], float] = {}
    for _, state, takedown_id in cases:
        if state == "waiting":
            figures.waiting += 1
        elif state in REASONS:
            figures.unresolved += 1
            figures.reasons[state] = figures.reasons.get(state, 0) + 1
        else:
            figures.resolved += 1
            mine = [
                each for each in world["alerts"] if takedown_id in {each.takedown.takedown_id, *each.cluster}
            ]
            changes = [each for each in world["changes"] if each.takedown_id == takedown_id]
            up = [each.at for each in changes if each.what == "listing seen"]
            up += [each.listing_observed_at for each in mine if each.kind == "still_up"]
            gone = [each.at for each in changes if each.what == "listing removed"]
            if takedown_id not in published:
                figures.withdrawn += 1
            elif any(at > RECEIVED and all(at > other for other in gone) for at in up):
                figures.still_up += 1
            elif gone:
                figures.down_removed += 1
            else:
                figures.down_not_seen += 1
            relists = [each for each in mine if each.kind == "relist" and each.alert_id not in cleared]
            figures.relisted += bool(relists)
            for key in {each.listing.key for each in relists}:
                same = [each for each in relists if each.listing.key == key]
                seen = min(each.listing_observed_at for each in same)
                pairs[takedown_id, key] = max(
                    0, (min(each.matched_at for each in same) - seen).total_seconds()
                )
    ordered = sorted(pairs.values())
    figures.relists = len(ordered)
    if ordered:
        middle = len(ordered) // 2
        figures.catch_median = (
            ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
        )
        enough = [
            each for each in ordered if sum(other <= each for other in ordered) * 100 >= 95 * len(ordered)
        ]
        figures.catch_p95 = enough[0]
    figures.reasons = dict(sorted(figures.reasons.items()))
    return msgspec.to_builtins(figures)


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_the_figures_are_those_of_the_slow_reference(world: dict[str, Any]) -> None:
    report = total(**world)
    assert msgspec.to_builtins(report.total) == slowly(world, None, None)
    for dimension in DIMENSIONS:
        for group in report.by[dimension]:
            assert msgspec.to_builtins(group.figures) == slowly(world, dimension, group.value)
            one = group.figures
            assert one.received == one.waiting + one.unresolved + one.resolved
            assert one.resolved == one.still_up + one.down + one.withdrawn
        for name in ("received", "resolved", "unresolved", "still_up", "relisted", "withdrawn"):
            assert sum(getattr(group.figures, name) for group in report.by[dimension]) == getattr(
                report.total, name
            )


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(1, 100))
def test_the_percentile_is_the_least_that_so_many_do_not_exceed(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


HOSTILE = "<script>alert(1)</script>=cmd()\u202e\x1b[2J"


def hostile_report() -> Report:
    return total(
        requests=[request(1, authority=HOSTILE), request(2, authority="=1+1"), request(3, authority=None)],
        statuses=[takedown_status(request(1, authority=HOSTILE))],
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_escapes_what_comes_from_outside(language: Any) -> None:
    page = as_html(hostile_report(), language, after(days=1))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert f'<html lang="{language}">' in page
    assert "default-src 'none'" in page
    assert WORDS[language]["none"] in page
    assert not re.search(r"\{\{|\}\}|Undefined|None", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_csv_cell_is_a_formula(language: Any) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(hostile_report(), language))))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row if cell)
    assert "'=1+1" in {row[1] for row in rows}
    everything = rows[1]
    assert everything[2 : 2 + len(COUNTS)] == ["3", "2", "1", "0", "0", "0", "0", "0", "0", "0"]


def test_json_has_the_same_names_in_every_language() -> None:
    told = json.loads(as_json(hostile_report(), after(days=1)))
    assert set(told["total"]) == set(Figures.__dataclass_fields__)
    assert {group["value"] for group in told["by"]["authority"]} == {HOSTILE, "=1+1", None}


def test_a_table_shows_nothing_raw() -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=220)
    for table in as_tables(hostile_report(), "id"):
        console.print(table)
    shown = console.file.getvalue()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "tidak disebutkan" in shown


def test_both_languages_have_the_same_words_and_every_reason() -> None:
    english, indonesian = (set(WORDS[language]) for language in ("en", "id"))
    assert english == indonesian
    assert {f"reason.{reason}" for reason in REASONS} <= english
    assert {*DIMENSIONS, *COUNTS} <= english
    assert all(text.strip() for words in WORDS.values() for text in words.values())
    same = {key for key in english if WORDS["en"][key] == WORDS["id"][key]}
    assert same == {"source.manual", "source.ai", "source.platform"}


@pytest.mark.parametrize(
    ("seconds", "english", "indonesian"),
    [
        (None, "–", "–"),
        (0.04, "0.0 s", "0,0 detik"),
        (59.95, "60.0 s", "60,0 detik"),
        (61, "1 min 1 s", "1 menit 1 detik"),
        (7200, "2 h 0 min", "2 jam 0 menit"),
        (200000, "2 d 7 h", "2 hari 7 jam"),
    ],
)
def test_a_time_in_words(seconds: float | None, english: str, indonesian: str) -> None:
    assert (duration(seconds, "en"), duration(seconds, "id")) == (english, indonesian)
