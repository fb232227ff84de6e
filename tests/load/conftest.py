"""A small stock and its plan, drawn once a module."""

from datetime import UTC, datetime

import pytest

from streams.load.plan import Mix, Plan
from streams.load.schedule import Course
from streams.load.stock import Amounts, Stock, draw_stock


@pytest.fixture(scope="session")
def stock() -> Stock:
    """Six titles and two photos that were taken down."""
    amounts = Amounts(texts=6, photos=2, honest_texts=20, honest_photos=2)
    return draw_stock("load-0a1b2c3d", 5, amounts, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.fixture
def plan(stock: Stock) -> Plan:
    """A minute at 20 a second, a quarter with a photo and a tenth relists."""
    return Plan(Course(rate=20.0, seconds=60.0), Mix(photos=0.25, relists=0.1), 5, stock)
