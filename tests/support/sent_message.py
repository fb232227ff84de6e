"""A message as a stage sees it."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Sent:
    """Of Faust's message what a stage needs."""

    value: bytes
    offset: int
    topic: str = "fingerprints"
    partition: int = 0
    timestamp: float = 0.0
    key: bytes | None = b"k"
    headers: Any = ()
