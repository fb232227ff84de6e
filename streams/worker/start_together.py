"""Services that start beside each other instead of one after another."""

import asyncio
from collections.abc import Sequence
from typing import Any

from mode import Service


class StartTogether(Service):  # type: ignore[misc]
    """Started when all of them are; they stop in the reverse of this order. Where one fails to start, so does this."""

    def __init__(self, services: Sequence[Service], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._services = services

    async def on_start(self) -> None:
        """Start all of them."""
        for service in self._services:
            self.add_dependency(service)
        await asyncio.gather(*(service.maybe_start() for service in self._services))
