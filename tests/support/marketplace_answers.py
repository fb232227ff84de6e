"""Answers of Lazada and TikTok Shop, and what their judge makes of one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorError
from connectors.http_client import Answer

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """The answer with this body: bytes as they are, all else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, httpx.Headers(headers), raw, AT)


def meaning(judge: Callable[[Answer], None], given: Answer) -> ConnectorError:
    """The error that the answer is judged to be."""
    with pytest.raises(ConnectorError) as caught:
        judge(given)
    return caught.value
