"""Whether a goal is met, missed or not measured follows from the figures, and from nothing else."""

from collections.abc import Mapping

import msgspec
import pytest
from bench_figures import ADDED, BENCH, FAST, LOOKBACK, PHOTOS, STREAM, grown, part, peer_grown, recall, run
from msgspec.structs import replace

from streams.bench.figures import LookbackRow, PhotoFigures, StreamFigures
from streams.bench.result import Result, with_part
from streams.bench.table import Met, Row, table
from streams.evaluation.photo_bench_figures import SpeedFigure
from streams.evaluation.photo_bench_methods import OURS, PDQ


def met(result: Result) -> dict[str, Met]:
    """By the first words of the row."""
    return {row.measure: row.met for row in table(result)}


def test_a_run_with_every_goal_reached() -> None:
    found = met(run())
    assert set(found.values()) == {"met"}
    assert len(found) == 12
    for words in (
        "photos a second", "one takedown added", "cost of a look-up", "RAM a takedown photo", "listing in, alert out",
        "text-only listings a second", "look back over 100,000 text", "look back over 100,000 listings with a photo",
        "worker start with 100,000", "two workers against one, on two cores, text", "the same, 100,000",
        "two workers against one, on two cores, listings with a photo",
    ):  # fmt: skip
        assert sum(measure.startswith(words) for measure in found) == 1, words


def photos(**changes: object) -> dict[str, msgspec.Struct]:
    return {"photos": PhotoFigures(replace(BENCH, **changes))}


def stream(**changes: object) -> dict[str, msgspec.Struct]:
    return {"stream": replace(STREAM, **changes)}


SLOW = replace(FAST, p95=500.1, p99=1000.1)
LOAD = STREAM.latency
HEAVY = replace(grown(1_000_000, 3.0), resident=4_197.0, mapped=100.0)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("photos a second", photos(speed=BENCH.speed | {OURS: {800: SpeedFigure((1.0,), 1.0, 1.49)}})),
        ("photos a second", photos(recall=BENCH.recall | {OURS: recall(0.57)})),
        ("one takedown added", {"added": replace(ADDED, by_photo=SLOW)}),
        ("one takedown added", {"added": replace(ADDED, by_title=SLOW)}),
        ("cost of a look-up", photos(growth=(grown(10_000, 3.0), grown(40_000, 1.4), grown(1_000_000, 2.9)))),
        ("RAM a takedown photo", photos(growth=(*BENCH.growth[:-1], HEAVY))),
        ("listing in, alert out", stream(latency=replace(LOAD, took=SLOW))),
        ("listing in, alert out", stream(latency=replace(LOAD, missing=1))),
        ("text-only listings", stream(text=STREAM.text | {1: (2_999.0, 4_400.0, 2_000.0), 2: (8_600.0,)})),
        ("look back over 100,000 text", {"lookback": replace(LOOKBACK, passes=(
            LookbackRow(photos=False, takedowns=1, seconds=10.1, used=1.0), *LOOKBACK.passes[1:]))}),
        ("worker start with", stream(start={1_000: 1.0, 100_000: 3.1})),
        ("the same, 100,000", stream(start_photos=(24.7, 3.1))),
        ("two workers against one, on two cores, text", stream(text=STREAM.text | {2: (7_700.0,)})),
        ("two workers against one, on two cores, listings", stream(photo={1: (143.0,), 2: (257.0,)})),
    ],
)  # fmt: skip
def test_one_goal_missed_and_no_other(words: str, changed: Mapping[str, msgspec.Struct]) -> None:
    missed = [measure for measure, state in met(run(**changed)).items() if state != "met"]
    assert len(missed) == 1
    assert missed[0].startswith(words)
    assert met(run(**changed))[missed[0]] == "missed"


def only(rows: list[Row], words: str) -> Row:
    found = [row for row in rows if row.measure.startswith(words)]
    assert len(found) == 1
    return found[0]


def test_a_load_that_was_not_kept_up_says_nothing_of_the_system() -> None:
    load = replace(LOAD, took=SLOW, missing=3, generator="1% left 53 ms late")
    row = only(table(run(**stream(latency=load))), "listing in")
    assert row.met == "not measured"
    assert "1% left 53 ms late" in row.measured


def test_without_the_peer_its_goal_is_not_measured() -> None:
    alone = {OURS: {800: SpeedFigure((250.0,), 250.0, None)}}
    changed = photos(
        speed=alone, recall={OURS: recall(0.98)}, missing={PDQ: "No module named 'pdqhash'"}, peer_growth=()
    )
    rows = table(run(**changed))
    row = only(rows, "photos a second")
    assert row.met == "not measured"
    assert row.peer == "PDQ: No module named 'pdqhash'"
    # Ours can be said by itself.
    assert only(rows, "cost of a look-up").met == "met"
    assert "threatexchange: not measured" in only(rows, "one takedown added").peer


@pytest.mark.parametrize(("name", "rows"), [("photos", 2), ("stream", 4), ("added", 1), ("lookback", 1)])
def test_a_part_that_failed_or_was_not_run_keeps_its_rows(name: str, rows: int) -> None:
    whole = run()
    failed = with_part(
        whole, name, part(PHOTOS, figures=msgspec.Raw(b"null"), failed="ended with 1: no broker")
    )
    absent = replace(whole, parts={one: found for one, found in whole.parts.items() if one != name})
    odd = with_part(whole, name, part(FAST))
    for result, why in (
        (failed, "failed: ended with 1: no broker"),
        (absent, "not run"),
        (odd, "of another version of the benchmark"),
    ):
        found = [row for row in table(result) if row.met == "not measured"]
        assert [row.measured for row in found] == [why] * rows
        assert {row.part for row in found} == {name}


def test_growth_is_told_from_forty_thousand_on() -> None:
    row = only(table(run()), "cost of a look-up")
    # 3.0 / 1.6, to the power that 25 times the photos have.
    assert row.measured.startswith("**1.88 times** (exponent 0.20)")
    assert row.peer == f"{PDQ} 25.0 times (exponent 1.00)"
    small = photos(growth=(grown(300, 1.0), grown(600, 1.2)), peer_growth=(peer_grown(300, 1.0, 1.0),))
    assert only(table(run(**small)), "cost of a look-up, 300 to 600").met == "met"


def test_rates_are_medians_of_their_rounds() -> None:
    row = only(table(run()), "text-only")
    assert row.measured.startswith("**4,300**: 29% of Faust's floor and 22% of aiokafka's")
    # Figures come back from JSON as they were.
    assert msgspec.json.decode(msgspec.json.encode(STREAM), type=StreamFigures) == STREAM


def test_relists_without_an_alert_are_told_beside_the_time() -> None:
    result = with_part(run(), "added", part(replace(ADDED, missed=2)))
    measured = only(table(result), "one takedown added").measured
    assert f"; 2 of {ADDED.by_title.count + ADDED.by_photo.count} relists had no alert" in measured
    assert "no alert" not in only(table(run()), "one takedown added").measured
