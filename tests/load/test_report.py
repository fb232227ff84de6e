"""A recorded run is judged by each threshold, and drawn, as often as one likes and always the same."""

import re
from collections.abc import Callable

import msgspec
import pytest

from streams.load.document import DocumentError, document, read_document
from streams.load.histogram import Histogram
from streams.load.page import render_page
from streams.load.plan import Mix
from streams.load.plots import MOST_STRETCHES, stretches
from streams.load.recording import Interval, Lag, Machine, Odd, Planted, Recording
from streams.load.report import Check, judge
from streams.load.schedule import Course
from streams.load.thresholds import Thresholds
from streams.load.words import report_lines


def counts(ms: float, times: int) -> dict[int, int]:
    counted = Histogram()
    counted.record(ms / 1000, times)
    return counted.counts


def interval(ms: float = 100.0, late: float = 1.0) -> Interval:
    return Interval(
        due=50,
        sent=50,
        acknowledged=50,
        late=counts(late, 50),
        acknowledged_after=counts(8, 50),
        alerted_after=counts(ms, 5),
        on_kafka=counts(ms - 10, 5),
    )


def run(**changes: object) -> Recording:
    """Ten seconds at 50 a second; all is well but for the first second, which is warm-up."""
    good = Recording(
        run="load-0a1b2c3d",
        seed=1,
        began_at="2026-11-24T03:00:00+00:00",
        machine=Machine(
            cores=2, processor="x86_64", memory_bytes=2**33, system="Linux 6", python="3.11", version="0.1.0"
        ),
        course=Course(rate=50.0, seconds=10.0, arrival="constant"),
        mix=Mix(photos=0.2, relists=0.1),
        warmup=1.0,
        takedowns=48,
        matchable_after=1.5,
        left_out=0,
        ran=10.0,
        planned=500,
        due=500,
        sent=500,
        acknowledged=500,
        acknowledged_in_time=500,
        refused=0,
        width=1.0,
        intervals=[interval(9000, 900), *(interval() for _ in range(9))],
        planted=[
            Planted(kind="text", how="leet", sent=40, found=40),
            Planted(kind="photo", how="mirror", sent=10, found=10),
        ],
        alerts=50,
        lost=0,
        lags=[Lag(1.0, 20, 5), Lag(12.0, 0, 0)],
        drained=2.0,
    )
    return msgspec.structs.replace(good, **changes)


def missed(checks: list[Check]) -> list[str]:
    return [check.what for check in checks if not check.kept]


def test_a_run_that_keeps_all_is_kept_and_its_warmup_is_not_judged() -> None:
    report = judge(run(), Thresholds(p50_ms=101, p99_ms=101, max_ms=101))
    assert (report.verdict, report.exit_code, missed(report.checks)) == ("kept", 0, [])
    assert report.latencies[0].ms[99.9] == pytest.approx(100, rel=0.001)
    assert (report.offered, report.achieved, report.recall) == (50.0, 50.0, 1.0)
    assert (report.most_waiting, report.waiting_at_end) == (25, 25)
    with_it = judge(run(warmup=0.0), Thresholds(late_ms=1000))
    assert missed(with_it.checks) == ["p95 from due to alert"]


@pytest.mark.parametrize(
    ("changes", "thresholds", "what"),
    [
        ({}, Thresholds(p50_ms=99), "p50 from due to alert"),
        ({}, Thresholds(p95_ms=99), "p95 from due to alert"),
        ({}, Thresholds(p99_ms=99), "p99 from due to alert"),
        ({}, Thresholds(max_ms=99), "most from due to alert"),
        ({"intervals": [Interval(late=counts(1, 50))] * 10}, Thresholds(), "p95 from due to alert"),
        (
            {"planted": [Planted(kind="text", how="leet", sent=50, found=49)]},
            Thresholds(),
            "recall of planted relists",
        ),
        ({"planted": []}, Thresholds(), "recall of planted relists"),
        ({"false_alerts": 1}, Thresholds(), "false alerts"),
        ({"lost": 1}, Thresholds(), "listings missing"),
        ({"lost": None}, Thresholds(), "listings missing"),
        ({"dead_letters": 3}, Thresholds(dead_letters=2), "dead letters"),
        ({"acknowledged_in_time": 494}, Thresholds(), "achieved of the offered rate"),
        ({"sent": 400, "due": 400, "acknowledged_in_time": 400, "ran": 8.0}, Thresholds(), "ran to its end"),
    ],
    ids=[f"missed{number:02}" for number in range(13)],
)
def test_each_threshold_is_missed_by_itself(
    changes: dict[str, object], thresholds: Thresholds, what: str
) -> None:
    report = judge(run(**changes), thresholds)
    assert missed(report.checks) == [what]
    assert (report.verdict, report.exit_code) == ("missed", 1)


def test_a_late_generator_makes_the_run_invalid_whatever_else_it_shows() -> None:
    late = run(intervals=[interval(late=60.0)] * 10)
    for recording in (late, msgspec.structs.replace(late, lost=5)):
        report = judge(recording, Thresholds())
        assert (report.verdict, report.exit_code) == ("generator", 4)
        assert "could not keep up" in report.generator[0]
    assert judge(late, Thresholds(late_ms=61)).exit_code == 0
    assert judge(run(intervals=[Interval()] * 10), Thresholds()).verdict == "generator"


def test_written_and_read_it_is_judged_alike() -> None:
    report = judge(run(), Thresholds())
    again = read_document(document(run(), report))
    assert judge(again, Thresholds()) == report
    assert document(again, report) == document(run(), report)
    assert render_page(again, report) == render_page(run(), report)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"recording": {"format": 2}}', b'{"recording": {"format": 1}}', b"\xff\x00"],
    ids=["empty", "list", "object", "newer", "bare", "bytes"],
)
def test_what_is_no_recording_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(DocumentError, match=r"\w"):
        read_document(raw)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (b'"width": 1.0', b'"width": 0.0'),
        (b'"ran": 10.0', b'"ran": -1.0'),
        (b'"due": 50', b'"due": -50'),
        (b'"intervals": [', b'"intervals": [], "unknown": ['),
        # The top of such a bucket has a hundred million digits.
        (b'"1001": 50', b'"333333333333": 50'),
    ],
    ids=["width", "ran", "due", "intervals", "bucket"],
)
def test_a_recording_that_cannot_be_is_refused(given: bytes, made: bytes) -> None:
    raw = msgspec.json.format(
        document(run(intervals=[interval(late=1.001)] * 10), judge(run(), Thresholds())), indent=1
    )
    assert given in raw
    with pytest.raises(DocumentError):
        read_document(raw.replace(given, made))


HOSTILE = "<script>alert(1)</script>\"' onload=x \u202e\x1b[31m"


def hostile() -> Recording:
    machine = msgspec.structs.replace(run().machine, processor=HOSTILE, system=HOSTILE)
    odd = [Odd(listing=HOSTILE, what=HOSTILE)] * 300
    return run(
        run=HOSTILE,
        began_at=HOSTILE,
        machine=machine,
        refused=1,
        refused_why=HOSTILE,
        planted=[Planted(kind="text", how=HOSTILE, sent=4, found=1)],
        without_alert=odd,
        false_named=odd,
        dead_named=odd,
    )


def test_the_page_escapes_and_fetches_nothing() -> None:
    page = render_page(hostile(), judge(hostile(), Thresholds()))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    outside = re.findall(r"(?:href|src|url|action|xmlns)\s*[=(]\s*[\"']?([^\"')\s>]+)", page)
    assert outside == []
    assert "280 more are in the recording" in page


@pytest.mark.parametrize("ms", [20.0, 999.96, 54_321.0])
def test_tables_fit_a_terminal(ms: float) -> None:
    slow = run(intervals=[interval(ms, late=ms) for _ in range(10)])
    lines = list(report_lines(slow, judge(slow, Thresholds())))
    head = next(number for number, line in enumerate(lines) if line.startswith("milliseconds"))
    tables = [line for line in lines if line.startswith(("ok ", "MISSED  "))] + lines[head : head + 5]
    assert len(tables) >= 10
    assert max(map(len, tables)) <= 80
    for line in tables[-5:]:
        assert len(line[28:].split()) == 7, "each column apart from the next"


def test_the_lines_have_no_control_characters() -> None:
    text = "\n".join(report_lines(hostile(), judge(hostile(), Thresholds())))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one,
        lambda one: msgspec.structs.replace(one, lags=[]),
        lambda one: msgspec.structs.replace(one, intervals=[Interval()] * 10, planted=[]),
        lambda one: msgspec.structs.replace(one, ran=0.0, sent=0, due=0),
        lambda one: msgspec.structs.replace(
            one, intervals=[interval(n + 1, n % 7) for n in range(300)], ran=299.5, course=Course(rate=50.0, seconds=300.0)
        ),
    ],
    ids=["usual", "no-lag", "nothing", "ended-at-once", "long"],
)  # fmt: skip
def test_every_run_can_be_drawn(change: Callable[[Recording], Recording]) -> None:
    recording = change(run())
    for thresholds in (Thresholds(), Thresholds(p95_ms=None)):
        page = render_page(recording, judge(recording, thresholds))
        assert page.count("<svg") == (4 if not recording.lags else 5)
        assert "nan" not in page.lower().replace("alternant", "")
        for numbers in re.findall(r' d="([^"]*)"', page):
            assert re.fullmatch(r"[MLHhZ0-9.,\- ]*", numbers), numbers
    assert len(stretches(recording)) <= MOST_STRETCHES
