"""Categories are compared by their words, and by their numbers only where one marketplace gave both."""

import pytest

from streams.engine.scoring import category_overlap


@pytest.mark.parametrize(
    ("left", "right", "one_marketplace", "overlap"),
    [
        ("Fashion > Jaket", "jaket pria", False, 0.5),
        ("jaket", "celana", False, 0.0),
        ("100012", "100012", True, 1.0),
        ("100012", "100013", True, 0.0),
        ("100012", "100012", False, None),
        ("100012", "jaket", False, None),
        ("jaket", " 601755 ", False, None),
        (None, "jaket", True, None),
        ("", "jaket", False, None),
        (None, "xxxx", True, None),
        (None, "123", False, None),
    ],
)
def test_overlap(left: str | None, right: str | None, one_marketplace: bool, overlap: float | None) -> None:
    assert category_overlap(left, right, one_marketplace=one_marketplace) == overlap
