"""A console on the test's own topics."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, console_in, served

from streams.console import dead_letters
from streams.settings import Settings


@pytest.fixture
def site(topics: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Its pages, with an empty database. They wait for Kafka as long as a busy machine needs."""
    monkeypatch.setattr(dead_letters, "PAGE_SECONDS", 30.0)
    with console_in(tmp_path, topics) as console, served(console) as site:
        yield site
