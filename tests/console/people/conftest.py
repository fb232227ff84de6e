"""A console with its own pages alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Served, console_in, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """Its pages, with an empty database."""
    with console_in(tmp_path) as console, served(console) as site:
        yield site
