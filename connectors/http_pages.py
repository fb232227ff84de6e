"""The requests of one walk through a window's pages, decided from each answer. Pure: it asks nobody.

A walk that could go on for ever, or would leave records out in silence, ends with an error instead.
"""

from hashlib import sha256
from typing import Any

import httpx
import msgspec

from connectors.http_mapping_file import Cursors, Links, Offsets, PageNumbers, Place
from connectors.http_questions import Questions, by_name
from connectors.sdk import AbortError, RetryError, WindowFullError
from connectors.windows import Window


class Walk:
    """One walk through one window: `asked` is what to ask now."""

    def __init__(self, questions: Questions, window: Window) -> None:
        self._questions = questions
        self.asked = questions.first(window)
        self.page = 1
        self._read = 0
        self._total: Any = None
        self._led: set[str] = set()
        self._before: bytes | None = None
        match questions.paging:
            case PageNumbers(param=param, first=first, place=place):
                self.asked.put(place, param, first)
            case Offsets(param=param, place=place):
                self.asked.put(place, param, 0)
            case _:
                pass

    def next(self, answer: Any, records: list[Any]) -> bool:
        """Go on to the page after the one with these records; False where it was the last.

        Raises:
            WindowFullError: the pages lead in a circle, or are more than may be read.
            RetryError: the list has changed meanwhile: from its beginning again.
            AbortError: the next page is on another host.
        """
        self._read += len(records)
        self._check_total(answer)
        if not self._leads_on(answer, records):
            if self._total is not None and self._read < self._total:
                self._short()
            return False
        self.page += 1
        if self.page > self._questions.paging.max_pages:
            raise WindowFullError(
                f"http: more than {self._questions.paging.max_pages} pages (paging.max_pages)"
            )
        return True

    def _leads_on(self, answer: Any, records: list[Any]) -> bool:
        questions = self._questions
        if questions.more is not None and not questions.more.of(answer):
            return False
        match questions.paging:
            case PageNumbers(param=param, first=first, place=place):
                self.asked.put(place, param, first + self.page)
                return self._is_new_page(records)
            case Offsets(param=param, place=place):
                self.asked.put(place, param, self._read)
                return self._is_new_page(records)
            case Cursors(param=param, place=place):
                return self._follow_cursor(answer, place, param)
            case Links():
                return self._follow_link(answer)
            case _:
                if questions.more is not None:
                    raise WindowFullError(
                        "http: there are more records than the one answer has, and no paging is set"
                    )
                return False

    def _is_new_page(self, records: list[Any]) -> bool:
        if not records:
            return False
        digest = sha256(msgspec.json.encode(records)).digest()
        if digest == self._before:
            raise WindowFullError(
                f"http: page {self.page} is the page before it again; is paging.param right?"
            )
        self._before = digest
        return True

    def _follow_cursor(self, answer: Any, place: Place, param: str) -> bool:
        assert self._questions.cursor is not None  # noqa: S101  the paging has one
        cursor = self._questions.cursor.of(answer)
        if cursor is None or cursor == "":
            return False
        if isinstance(cursor, bool) or not isinstance(cursor, str | int) or len(repr(cursor)) > 8000:
            raise RetryError("http: paging.cursor gives neither a text nor a number")
        self._remember(str(cursor), "cursor")
        self.asked.put(place, param, cursor)
        return True

    def _follow_link(self, answer: Any) -> bool:
        assert self._questions.link is not None  # noqa: S101  the paging has one
        link = self._questions.link.of(answer)
        if link is None or link == "":
            return False
        here = self._questions.url
        try:
            there = here.join(link) if isinstance(link, str) and len(link) <= 8000 else None
        except (httpx.InvalidURL, ValueError):
            there = None
        if there is None:
            raise RetryError("http: paging.link gives no address")
        if (there.scheme, there.host, there.port, there.userinfo) != (here.scheme, here.host, here.port, b""):
            # The request carries what signs it in here.
            raise AbortError(f"http: paging.link leads to another host, {there.host[:80]!r}")
        self._remember(str(there), "link")
        self.asked.path = there.raw_path.partition(b"?")[0].decode("ascii")
        # Keys in parameters of ours are not in the addresses that an API hands out.
        self.asked.params = self._questions.secrets | by_name(there.params.multi_items())
        return True

    def _remember(self, step: str, what: str) -> None:
        if step in self._led:
            raise WindowFullError(f"http: the {what} of page {self.page + 1} leads back to an earlier page")
        self._led.add(step)

    def _check_total(self, answer: Any) -> None:
        if self._questions.total is None:
            return
        total = self._questions.total.of(answer)
        if isinstance(total, bool) or not isinstance(total, int):
            raise RetryError("http: paging.total gives no number")
        if self._total is not None and total != self._total:
            raise RetryError(
                f"http: the list had {self._total} records and now has {total}: from its beginning again"
            )
        self._total = total

    def _short(self) -> None:
        message = f"http: the list has {self._total} records, and {self._read} came"
        if isinstance(self._questions.paging, PageNumbers | Offsets | Cursors | Links):
            raise RetryError(f"{message}: from its beginning again")
        raise WindowFullError(f"{message}, and no paging is set")
