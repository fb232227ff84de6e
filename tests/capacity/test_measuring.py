"""The measuring, once, with very little of everything and a real Kafka: what it writes is what the model takes."""

import json
from pathlib import Path

import msgspec
from capacity_figures import known

from streams.capacity import measure
from streams.capacity.costs import Costs
from streams.capacity.load import Load, Machine
from streams.capacity.measure_bank import bank_series, bank_sizes
from streams.capacity.measure_flow import Flow
from streams.capacity.measure_index import photo_prints, title_points
from streams.capacity.plan import plan
from streams.capacity.series import read_measured, write_measured
from streams.kafka_local.broker import LocalKafka


def quiet(text: str) -> None:
    """Nothing is said."""


def test_a_listing_is_weighed_on_a_real_broker(kafka: LocalKafka, tmp_path: Path) -> None:
    patterns, _ = photo_prints(None, 4, 1, quiet)
    flow = Flow(kafka, tmp_path, patterns, bank=60, bank_photos=10)
    spent = flow.whole(40, 1)
    sizes = [len(msgspec.json.encode(event)) for event in flow.events(40, 1)]
    # What lies on the disk is the event, its key, and what Kafka puts around it; nothing is compressed.
    assert 1 < spent.listing_bytes / (sum(sizes[8:]) / 32) < 1.02
    assert 15_000 < spent.fingerprint_bytes < 30_000
    assert spent.main > 0
    assert spent.photos > 0
    assert spent.brokers > 0
    assert spent.base > 20e6
    assert spent.photo_process > 5e6
    text, photo = flow.takedown_bytes(0), flow.takedown_bytes(1)
    assert text < 3_000 < photo - text < 30_000


def test_a_bank_and_an_index_are_measured(tmp_path: Path) -> None:
    patterns, probes = photo_prints(None, 4, 2, quiet)
    assert (len(patterns), len(probes)) == (4, 2)
    (bank,) = bank_sizes([40], patterns, tmp_path, photos=True)
    found = bank_series([bank], "photo")
    assert [point.x for point in found["photo_memory"]] == [40]
    # 240 points of 16 bytes and a thumbnail each, at least.
    assert bank.snapshot / 40 > 240 * 16
    assert bank.read > 0
    assert list(tmp_path.iterdir()) == []
    titles = title_points([40, 80], quiet)
    assert [point.x for point in titles] == [40, 80]
    assert all(0 < point.y < 0.1 for point in titles)


def test_what_was_measured_is_taken_and_parts_are_measured_anew(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    write_measured(file, known())
    assert read_measured(file) == known()
    assert measure.main(["--out", str(file), "--size", "quick", "--only", "console"]) == 0
    now = read_measured(file)
    assert now.series["photo_work"] == known().series["photo_work"]
    assert [point.x for point in now.series["console_alerts"]] == list(measure.QUICK.alerts)
    assert "--only console" in now.command
    assert str(tmp_path) not in now.command
    assert plan(Load(listings_per_day=1e6), Machine(), Costs(now)).needs
    assert json.loads(file.read_text())["series"]["console_alerts"]


def test_a_file_that_is_none_of_ours_is_no_ground_to_measure_on(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    file.write_text("{}")
    assert measure.main(["--out", str(file), "--size", "quick", "--only", "console"]) == 2
    assert file.read_text() == "{}"
