"""A console on the test's own topics."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, console_in, served

from streams.settings import Settings


@pytest.fixture
def site(topics: Settings, tmp_path: Path) -> Iterator[Served]:
    """Its pages, with an empty database."""
    with console_in(tmp_path, topics) as console, served(console) as site:
        yield site
