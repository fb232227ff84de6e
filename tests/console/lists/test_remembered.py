"""Figures that many look at are counted once, and anew when there is news."""

import asyncio
from pathlib import Path

import pytest
from console_client import console_in

from streams.console import remembered as module
from streams.console.remembered import MOST, remembered


async def test_they_are_counted_once_until_there_is_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 3600.0)
    counted: list[str] = []

    def count() -> int:
        counted.append("")
        return len(counted)

    with console_in(tmp_path) as console:
        console.live.begin(asyncio.get_running_loop())
        together = await asyncio.gather(*(remembered(console, "requests", "x", count) for _ in range(20)))
        assert together == [1] * 20
        console.live.changed("alerts")
        await asyncio.sleep(0)
        assert await remembered(console, "requests", "x", count) == 1
        console.live.changed("requests")
        await asyncio.sleep(0)
        assert await remembered(console, "requests", "x", count) == 2
        assert await remembered(console, "requests", "y", count) == 3
        for number in range(MOST):
            await remembered(console, "requests", number, lambda: 0)
        assert await remembered(console, "requests", "x", count) == 4


async def test_a_failure_is_told_and_not_kept(tmp_path: Path) -> None:
    def fail() -> int:
        raise OSError("away")

    with console_in(tmp_path) as console:
        with pytest.raises(OSError, match="away"):
            await remembered(console, "requests", "x", fail)
        assert await remembered(console, "requests", "x", lambda: 7) == 7
