"""Checks that a connector comes to an end: when asked, when closed, and when the other side never does."""

import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

from connectors.conformance.answers import emptied, lists_in, page_path, with_lists
from connectors.conformance.errors import ConformanceError, NotApplicableError
from connectors.conformance.subject import Subject
from connectors.conformance.surroundings import Ask, Meddle, RunawayError, TrialStop, as_recorded
from connectors.conformance.trial import Outcome, run, sample, surroundings
from connectors.exchanges import Asked, Reply
from connectors.sdk import ConnectorError, Event, Item, RetryError, Source, Stop

MOST_STOPS = 8
MORE_ITEMS = 100
"""What may still come after a stop: the rest of a page at hand. The runner looks at none of it."""
MORE_WAITS = 3
MOST_PAGES = 10
THREAD_SECONDS = 5.0


def stops_promptly(subject: Subject) -> None:
    """Once `stop` is set, it asks at most one more request, waits no more, and ends."""
    base = subject.baseline
    for position in [0, *(number + 1 for number in sample(base.items, MOST_STOPS))]:
        _stopped_after(subject, position)
    for position in sample(len(base.turns), MOST_STOPS):
        _stopped_in_request(subject, position)


def _stopped_after(subject: Subject, position: int) -> None:
    with surroundings(subject) as (context, desk, clock, stop):
        source = subject.make()
        source.open(context)
        try:
            items = source.events(stop)
            for _ in range(position):
                if next(items, None) is None:
                    break
            stop.set()
            asked, waited = len(desk.turns), len(clock.waited)
            _drain(items, f"stopped after {position} items")
            _quiet(len(desk.turns) - asked, len(clock.waited) - waited, f"stopped after {position} items")
        finally:
            source.close()


def _stopped_in_request(subject: Subject, position: int) -> None:
    stops: list[TrialStop] = []

    def meddle(number: int, _: Asked, ask: Ask) -> Reply:
        if number == position:
            stops[0].set()
        return ask()

    where = f"stopped during request {position + 1}"
    with surroundings(subject, meddle) as (context, desk, clock, stop):
        stops.append(stop)
        source = subject.make()
        try:
            source.open(context)
            waited = len(clock.waited)
            items = source.events(stop)
            while not stop.is_set() and next(items, None) is not None:
                waited = len(clock.waited)
            if stop.is_set():
                _drain(items, where)
                _quiet(len(desk.turns) - position - 1, len(clock.waited) - waited - 1, where)
        except RetryError:
            pass
        finally:
            source.close()


def _drain(items: Iterator[Item], where: str) -> None:
    try:
        for more, _ in enumerate(items):
            if more > MORE_ITEMS:
                raise ConformanceError(f"{where}, it goes on for more than {MORE_ITEMS} items")
    except RetryError:
        pass  # A client that was about to ask says so.
    except RunawayError as error:
        raise ConformanceError(f"{where}, it does not end: {error}") from None
    except ConnectorError as error:
        raise ConformanceError(f"{where}, it ends with {type(error).__name__}: {error}") from None


def _quiet(requests: int, waits: int, where: str) -> None:
    if requests > 1:
        raise ConformanceError(f"{where}, it asks {requests} more requests")
    if waits > MORE_WAITS:
        raise ConformanceError(
            f"{where}, it waits {waits} more times: wait with context.clock.wait(stop, ...)"
        )


def silent_after_close(subject: Subject) -> None:
    """`close` ends it: no event, no request and no thread outlives it; it may come without `open` before it."""
    never_opened = subject.make()
    try:
        never_opened.close()
    except Exception as error:  # noqa: BLE001
        raise ConformanceError(
            f"close() without open() before it raises {type(error).__name__}: {error}"
        ) from None
    threads = set(threading.enumerate())
    for position in (0, 1):
        with surroundings(subject) as (context, desk, _, stop):
            source = subject.make()
            source.open(context)
            items = source.events(stop)
            for _ in range(position):
                next(items, None)
            source.close()
            asked = len(desk.turns)
            _give_up(items)
            if any(isinstance(item, Event) for item in _what_comes(source, stop)):
                raise ConformanceError("it yields events after close(): close the HTTP client there")
            if len(desk.turns) > asked:
                raise ConformanceError("it sends requests after close(): close the HTTP client there")
    for thread in set(threading.enumerate()) - threads:
        thread.join(THREAD_SECONDS)
        if thread.is_alive():
            raise ConformanceError(f"its thread {thread.name!r} outlives close()")


def _give_up(items: Iterator[Item]) -> None:
    try:
        if isinstance(items, Generator):
            items.close()
    except RuntimeError as error:
        raise ConformanceError(f"its generator cannot be ended: {error}") from None


def _what_comes(source: Source[Any], stop: Stop) -> list[Item]:
    found: list[Item] = []
    # An error is as silent as an end.
    with suppress(Exception, RunawayError):
        for item in source.events(stop):
            found.append(item)
            if isinstance(item, Event) or len(found) > MORE_ITEMS:
                break
    return found


def empty_page_ends(subject: Subject) -> None:
    """A marketplace without any listing is no error and no endless loop."""
    base = subject.baseline
    path = page_path(base.turns)
    last = [turn.reply for turn in base.turns if turn.asked.path == path and turn.reply is not None][-1]
    empty = emptied(last)
    outcome = run(subject, _instead(path, empty))
    if outcome.error is not None:
        raise ConformanceError(f"an empty answer of {path} ends the run: {outcome.failure}")
    if more := set(outcome.ids) - set(base.ids):
        raise ConformanceError(f"an empty answer of {path} makes an event: {sorted(more)[0][:200]}")


def repeated_cursor_ends(subject: Subject) -> None:
    """A page that leads to itself, again and again, is noticed: it ends, or is an error, and is no endless loop."""
    base = subject.baseline
    path = page_path(base.turns)
    pages = [
        turn.reply for turn in base.turns if turn.asked.path == path and turn.reply and lists_in(turn.reply)
    ]
    noticed = False
    for number in sample(len(pages), MOST_PAGES):
        outcome = run(subject, _instead(path, pages[number]), runs=2)
        if isinstance(outcome.error, RunawayError):
            raise ConformanceError(
                f"a page of {path} that leads to itself is asked for without end: {outcome.error}"
            )
        if outcome.error is not None and not isinstance(outcome.error, ConnectorError):
            raise ConformanceError(f"a page of {path} that leads to itself ends with {outcome.failure}")
        noticed = noticed or outcome.error is not None or len(outcome.turns) > len(base.turns)
        noticed = noticed or _leads_on(base, path, pages[number])
    if not noticed:
        raise NotApplicableError(
            "no page of the recording leads to a next one: record a stretch of several pages"
        )


def _leads_on(base: Outcome, path: str, page: Reply) -> bool:
    """Whether something that the page says, outside its lists, is asked for in the next request."""
    for turn, following in pairwise(base.turns):
        if turn.reply is page and following.asked.path == path:
            said = with_lists(page, lambda _: []).body().decode("utf-8", "replace")
            asked = {value for _, value in following.asked.params} - {value for _, value in turn.asked.params}
            return any(f'"{value}"' in said or f": {value}" in said for value in asked)
    return False


def _instead(path: str, reply: Reply) -> Meddle:
    return lambda number, asked, ask: reply if asked.path == path else as_recorded(number, asked, ask)
