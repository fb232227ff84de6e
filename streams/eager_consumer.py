"""Faust's consumer, handing a message on without four tasks for each.

`Consumer._drain_messages` waits for its callback together with three events (flow suspended, stopped, crashed), and
for that makes a task of each of the four. The callback puts the message into a queue that nearly always has room, so
it is done at once: it is tried first, and only where it really has to wait is everything as Faust does it. That was
an eighth of all time with short text listings (docs/decisions/014).
"""

import inspect
import types
from collections.abc import Coroutine, Generator
from typing import Any

from faust.transport.drivers.aiokafka import Consumer
from mode.services import WaitResults


class EagerWaiting:
    """In front of a `mode.Service`: its `wait_first` runs the first coroutine up to where it waits."""

    _stopped: Any
    _crashed: Any

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:  # noqa: ASYNC109  mode's own
        """As `mode.Service.wait_first`: the first of these to finish, unless the service stops before.

        Raises:
            Exception: what a coroutine raised.
        """
        first, *others = coros
        if not inspect.iscoroutine(first):
            return await super().wait_first(*coros, timeout=timeout)  # type: ignore[misc]
        try:
            waits_for = first.send(None)
        except BaseException as ended:
            for other in others:
                if inspect.iscoroutine(other):
                    other.close()  # never started
            if not isinstance(ended, StopIteration):
                raise
            if self._stopped.is_set() or self._crashed.is_set():
                return WaitResults([], [], True)
            return WaitResults([first], [ended.value], False)
        rest = _going_on(first, waits_for)
        results: WaitResults = await super().wait_first(rest, *others, timeout=timeout)  # type: ignore[misc]
        done = [first if one is rest else one for one in results.done]
        return WaitResults(done, results.results, results.stopped)


class EagerConsumer(EagerWaiting, Consumer):  # type: ignore[misc]
    """A Faust consumer that waits so."""


async def _going_on(started: Coroutine[Any, Any, Any], waits_for: Any) -> Any:
    """A coroutine that another may await although it has begun; `waits_for` is what it yielded last."""
    return await _rest(started, waits_for)


@types.coroutine
def _rest(started: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                sent = yield waits_for
            except GeneratorExit:
                raise
            except BaseException as thrown:  # noqa: BLE001  cancelling too: it is the coroutine's to handle
                waits_for = started.throw(thrown)
            else:
                waits_for = started.send(sent)
    except StopIteration as ended:
        return ended.value
    finally:
        started.close()
