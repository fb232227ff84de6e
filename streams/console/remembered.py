"""Figures that many look at together, counted once for all of them until there is news."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from streams.console.context import Console

SECONDS = 1.0
"""After which they are counted anew also without news, as their times move on."""
MOST = 200

Figures = TypeVar("Figures")


@dataclass(slots=True)
class _Kept:
    number: int
    at: float
    task: "asyncio.Task[Any]"


@dataclass(slots=True)
class _Store:
    kept: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)


async def remembered(console: Console, kind: str, what: Hashable, count: Callable[[], Figures]) -> Figures:
    """What `count` gives, called in a thread. `kind`: of the news that change it; `what`: its name among them."""
    kept = console.services.setdefault(_Store, _Store()).kept
    name, number, now = (kind, what), console.live.number(kind), time.monotonic()
    found = kept.get(name)
    if found is None or found.number != number or now - found.at > SECONDS:
        found = _Kept(number, now, asyncio.ensure_future(console.blocking(count)))
        kept[name] = found
        kept.move_to_end(name)
        while len(kept) > MOST:
            kept.popitem(last=False)
    try:
        figures: Figures = await asyncio.shield(found.task)
    except Exception:
        kept.pop(name, None)
        raise
    return figures
