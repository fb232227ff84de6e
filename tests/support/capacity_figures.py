"""Measurements whose laws are known: what each thing costs is a round number."""

from streams.capacity.costs import CURVES, LINES, SINGLE, Costs
from streams.capacity.series import Measured, Point

LAWS: dict[str, tuple[float, float]] = {
    "text_memory": (1e6, 2_000.0),
    "photo_memory": (1e6, 5_000.0),
    "text_snapshot": (1e3, 1_000.0),
    "photo_snapshot": (1e3, 15_000.0),
    "text_load": (0.1, 10e-6),
    "photo_load": (0.1, 30e-6),
    "text_read": (0.1, 60e-6),
    "photo_read": (0.1, 500e-6),
    "photo_held_back": (0.01, 20e-6),
    "listing_bytes": (700.0, 1.34),
    "linked_bytes": (700.0, 100.0),
    "fingerprint_bytes": (1_500.0, 21_000.0),
    "takedown_bytes": (1_500.0, 21_000.0),
    "worker_work": (300e-6, 4e-3),
    "linked_work": (300e-6, 5e-3),
    "match_work": (150e-6, 2.5e-3),
    "photo_work": (1e-9, 6e-3),
    "broker_work": (50e-6, 5e-9),
    "text_stored": (1e4, 700.0),
    "photo_stored": (1e4, 19_700.0),
    "text_stored_memory": (1e5, 50.0),
    "photo_stored_memory": (1e5, 60.0),
    "text_store_work": (0.01, 20e-6),
    "photo_store_work": (0.01, 100e-6),
    "text_pass_by_takedowns": (40e-6, 1e-8),
    "photo_pass_by_takedowns": (45e-6, 4e-7),
    "console_alerts": (1e5, 6_000.0),
    "console_takedowns": (1e5, 1_000.0),
}
"""y = first + second times x."""
FEW = (0, 1, 2, 3)
SIZES = {
    "photos": FEW,
    "inline photos": FEW,
    "linked photos": FEW,
    "bytes of inline photos": (0, 90_000, 180_000, 270_000),
    "bytes produced": (1_000, 20_000, 200_000),
}
"""By what a series grows with; else thousands."""
TITLE_POWER, PHOTO_POWER = 0.8, 0.25


def known(**changed: tuple[Point, ...]) -> Measured:
    """All series; `changed` ones instead of these."""
    series: dict[str, tuple[Point, ...]] = {}
    for name, what in LINES.items():
        base, slope = LAWS[name]
        sizes = SIZES.get(what, (1_000, 10_000, 50_000))
        series[name] = tuple(Point(x, base + slope * x) for x in sizes)
    held = (10_000, 40_000, 100_000, 400_000, 1_000_000)
    series["title_search"] = tuple(Point(x, 40e-6 * (x / 40_000) ** TITLE_POWER) for x in held)
    series["photo_search"] = tuple(Point(x, 2e-3 * (x / 40_000) ** PHOTO_POWER) for x in held)
    for name, value in zip(SINGLE, (1_200.0, 150e6, 80e6), strict=True):
        series[name] = (Point(0, value), Point(1, value))
    assert set(series) == {*LINES, *CURVES, *SINGLE}
    return Measured(
        machine="a machine of known figures",
        taken="2026-11-01",
        version="0",
        command="none",
        flow_bank=40_000,
        flow_photos=10_000,
        series=series | changed,
    )


COSTS = Costs(known())
