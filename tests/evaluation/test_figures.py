"""From a scan's files to the figures and the report, on a run written by hand."""

from pathlib import Path

import msgspec
import pytest

from streams.evaluation.cases import Case
from streams.evaluation.edit_table import EDITS
from streams.evaluation.figures import BackdropRow, Figures, figures_of
from streams.evaluation.outcomes import judge
from streams.evaluation.photo_set import Photo
from streams.evaluation.report import Run, command_line, render
from streams.evaluation.scan_run import ScanError, ScanResult, ScanSummary, read_result

SENDERS = {"takedown-a.jpg": "ann", "takedown-b.jpg": "ann", "takedown-c.jpg": "cat"}
SUMMARY = ScanSummary(takedowns=3, listings=7, dead_letters=0, photos=10, photo_failures={})

ALERTS = """
{"listing": {"listing_id": "sepia/a"}, "takedown": {"takedown_id": "takedown-a.jpg"}, "other_takedowns": [], "new": 1}
{"listing": {"listing_id": "sepia/b"}, "takedown": {"takedown_id": "takedown-c.jpg"}, "other_takedowns": ["takedown-b.jpg"]}
{"listing": {"listing_id": "hue/a"}, "takedown": {"takedown_id": "takedown-c.jpg"}, "other_takedowns": []}
{"listing": {"listing_id": "n/1"}, "takedown": {"takedown_id": "takedown-a.jpg"}, "other_takedowns": []}
"""
SCORES = """
{"listing_id": "sepia/a", "takedown_id": "takedown-a.jpg", "probability": 0.99, "photo": 1.0, "text": 0, "backdrop": 0.0}
{"listing_id": "sepia/b", "takedown_id": "takedown-c.jpg", "probability": 0.9, "photo": 0.8, "text": 0, "backdrop": 0.6}
{"listing_id": "sepia/b", "takedown_id": "takedown-b.jpg", "probability": 0.8, "photo": 0.7, "text": 0, "backdrop": 0.0}
{"listing_id": "sepia/c", "takedown_id": "takedown-c.jpg", "probability": 0.3, "photo": 0.2, "text": 0, "backdrop": 0.0}
{"listing_id": "hue/a", "takedown_id": "takedown-c.jpg", "probability": 0.95, "photo": 0.9, "text": 0, "backdrop": 0.0}
{"listing_id": "n/1", "takedown_id": "takedown-a.jpg", "probability": 0.7, "photo": 0.6, "text": 0, "backdrop": 0.0}
{"listing_id": "n/2", "takedown_id": "takedown-b.jpg", "probability": 0.2, "photo": 0.1, "text": 0, "backdrop": 0.9}
{"listing_id": "n/2", "takedown_id": "takedown-c.jpg", "probability": 0.1, "photo": 0.1, "text": 0, "backdrop": 0.0}
"""


def photo(name: str, sender: str) -> Photo:
    return Photo(f"{name}.jpg", sender, Path(f"{name}.jpg"))


CASES = [
    Case("sepia/a", "table", photo("a", "ann"), EDITS["sepia"]),
    Case("sepia/b", "table", photo("b", "ann"), EDITS["sepia"]),
    Case("sepia/c", "table", photo("c", "cat"), EDITS["sepia"]),
    Case("hue/a", "extra", photo("a", "ann"), EDITS["hue"]),
    Case("n/1", "negative", photo("x", "ann")),
    Case("n/2", "negative", photo("y", "ann")),
    Case("e/1", "edited negative", photo("x", "ann"), EDITS["half"]),
]


@pytest.fixture
def figures(tmp_path) -> Figures:
    (tmp_path / "alerts").write_text(ALERTS.lstrip())
    (tmp_path / "scores").write_text(SCORES.lstrip())
    return figures_of(judge(CASES, read_result(tmp_path / "alerts", tmp_path / "scores", SUMMARY), SENDERS))


def test_recall_counts_the_right_takedown_first_or_among_the_others(figures):
    sepia, hue = figures.recall
    assert (sepia.edit, sepia.recall.hits, sepia.recall.of, sepia.recall.share) == (
        "sepia",
        2,
        3,
        pytest.approx(2 / 3),
    )
    assert (sepia.others_only, sepia.missed) == (0, ("c.jpg",))
    assert (hue.edit, hue.recall.hits, hue.recall.of) == ("hue", 0, 1)
    assert (hue.others_only, hue.missed) == (1, ("a.jpg",))
    assert {group: (share.hits, share.of) for group, share in figures.overall.items()} == {
        "table": (2, 3),
        "extra": (0, 1),
    }


def test_any_alert_on_a_negative_is_false(figures):
    plain, edited = figures.negatives
    assert (plain.alerts.hits, plain.alerts.of, plain.of_sender, plain.alerting) == (1, 2, 1, ("x.jpg",))
    assert (edited.alerts.hits, edited.alerts.of) == (0, 1)


def test_recall_at_a_false_alert_rate_is_of_the_right_takedowns_probability(figures):
    plain = [row for row in figures.roc if row.negatives == "negative"]
    assert [row.rate for row in plain] == [0.0005, 0.001, 0.0025, 0.005, 0.01]
    # The worst negative is at 0.7, so 0.99 and 0.8 of three are found, and of hue/a the right one has no score.
    assert {(row.allowed, row.above, row.table.hits, row.table.of) for row in plain} == {(0, 0.7, 2, 3)}
    assert {(row.extra.hits, row.extra.of) for row in plain} == {(0, 1)}
    edited = [row for row in figures.roc if row.negatives == "edited negative"]
    assert {(row.above, row.table.hits) for row in edited} == {(0.0, 3)}


def test_backdrops_are_counted_where_the_best_takedown_is_one(figures):
    assert figures.backdrops == (
        BackdropRow("table", 3, 0, 1),
        BackdropRow("extra", 1, 0, 0),
        BackdropRow("negative", 2, 1, 0),
        BackdropRow("edited negative", 1, 0, 0),
    )


def test_a_file_in_another_format_is_an_error(tmp_path):
    (tmp_path / "alerts").write_text('{"listing": "l1"}\n')
    (tmp_path / "scores").write_text("")
    with pytest.raises(ScanError, match="alerts is not in the documented format"):
        read_result(tmp_path / "alerts", tmp_path / "scores", SUMMARY)


RUN = Run(
    command=command_line(["--data", "my photos", "--photos", "3"]),
    machine="a machine, 2 cores",
    python="3.11.7",
    packages={"relistwatch": "0.1.0", "pillow": "13.0.0"},
    half="held-out",
    takedowns=3,
    negatives=2,
    senders=2,
    listings=7,
    photo_failures={},
)


def test_the_report_is_markdown_tables_and_says_what_was_run(figures):
    report = render(RUN, figures)
    assert "| sepia | 0.667 | 0.208-0.939 | 2 | 3 | 0 |" in report
    assert "| **all** | 0.667 | 0.208-0.939 | 2 | 3 | 0 |" in report
    assert "| hue moved | 0.000 | 0.000-0.793 | 0 | 1 | 1 |" in report
    assert "| as they are | 0.5000 | 0.0945-0.9055 | 1 | 2 | 1 |" in report
    assert "| as they are | 0.05% | 0 | 0.700000 | 0.667 | 0.000 |" in report
    assert "| negative | 2 | 1 | 0 |" in report
    assert "not used" not in report
    assert report.splitlines()[-1] == (
        "a machine, 2 cores; Python 3.11.7; relistwatch 0.1.0, pillow 13.0.0; "
        "`python -m streams.evaluation --data 'my photos' --photos 3`"
    )


def test_every_table_of_the_report_is_whole(figures):
    rows = [line for line in render(RUN, figures).splitlines() if line.startswith("|")]
    tables = [rows[number - 1 :] for number, row in enumerate(rows) if set(row) == {"|", "-"}]
    assert len(tables) == 5
    for table, following in zip(tables, [*tables[1:], []], strict=True):
        body = table[: len(table) - len(following)]
        assert len({row.count("|") for row in body}) == 1


def test_photos_that_the_scan_could_not_use_are_said(figures):
    failed = msgspec.structs.replace(RUN, photo_failures={"timeout": 2, "decode": 1})
    report = render(failed, figures)
    assert "**Photos that were not used, so that the figures are too low: 1 decode, 2 timeout.**" in report


def test_nothing_measured_is_no_number():
    figures = figures_of(judge(CASES[:1], ScanResult({}, {}, SUMMARY), SENDERS))
    assert figures.negatives[0].alerts.share is None
    assert figures.roc == ()
    assert "| as they are | - | - | 0 | 0 | 0 |" in render(RUN, figures)
