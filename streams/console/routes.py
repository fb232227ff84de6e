"""A page or an action, and what one must be allowed to for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from streams.console.people import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """`needs`: None is for everyone, signed in or not. A POST is an action: its CSRF token is checked before."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    needs: Permission | None = "see"
