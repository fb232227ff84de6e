"""Looks again and again whether a running part still has its rights: one that was taken from it must not leave it idle.

A consumer whose group refuses it in the middle may stop asking without a word, and a producer tries for ever. So the
part is not ready from the first look that finds a right gone, and ends itself at the second: a supervisor starts it
again, and it begins once it has its rights.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import structlog
from mode import Service

from streams.kafka_clients.topic_admin import BrokerUnavailableError
from streams.rights.check import has_rights, missing_rights, told
from streams.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS = 20.0
EXIT_CODE = 70
"""As where a batch can neither be delivered nor continued (docs/delivery.md): nothing more is committed."""


def end_at_once() -> None:
    """End the process: what is in hand cannot be finished, and must not be committed."""
    os._exit(EXIT_CODE)


class RightsWatch(Service):  # type: ignore[misc]
    """`lacking` says what the part may not do any more; None where all is well. Without rights to lose it looks at
    nothing."""

    def __init__(
        self,
        settings: Settings,
        component: str,
        group: str | None = None,
        *,
        every: float = LOOK_SECONDS,
        end: Callable[[], None] = end_at_once,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._settings, self._component, self._group = settings, component, group
        self._every, self._end = every, end
        self.lacking: str | None = None

    @Service.task  # type: ignore[untyped-decorator]
    async def _look(self) -> None:
        if not has_rights(self._settings.kafka):
            return
        while not self.should_stop:
            await self.sleep(self._every)
            if not self.should_stop:
                await self._look_once()

    async def _look_once(self) -> None:
        try:
            missing = await asyncio.to_thread(missing_rights, self._settings, self._component, self._group)
        except BrokerUnavailableError:
            return  # Away, or the password was changed: what works goes on, and what does not says so.
        if not missing:
            self.lacking = None
            return
        before, self.lacking = self.lacking, told(self._settings.kafka, self._component, missing)
        if before is None:
            log.error("rights were taken away", error=self.lacking)
        else:
            log.critical("rights are gone, ending uncommitted", error=self.lacking)
            self._end()
