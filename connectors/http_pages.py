"""The requests of one walk through a window's pages, decided from each answer. Pure: it asks nobody.

A walk that could go on for ever, or would leave records out in silence, ends with an error instead.
"""

from collections.abc import Iterable
from copy import deepcopy
from hashlib import sha256
from typing import Any

import httpx
import msgspec

from connectors.expression import Expression
from connectors.http_client import Request
from connectors.http_mapping_file import (
    AnyPaging,
    Cursors,
    Links,
    MappingFile,
    Offsets,
    PageNumbers,
    Place,
    Reference,
    WindowTable,
    revealed,
)
from connectors.moments import UNITS, write_moment
from connectors.sdk import AbortError, RetryError, WindowFullError
from connectors.windows import Window


class Questions:
    """What is asked, from the file: the first request of any window, and the expressions that lead on.

    Raises:
        OptionsError: a secret is missing.
        ExpressionError: an expression is wrong; the message names its key.
    """

    def __init__(self, file: MappingFile) -> None:
        request = file.request
        url = httpx.URL(request.url)
        self.base = str(url.copy_with(raw_path=b"/", fragment=None)).rstrip("/")
        self.url = url
        self.paging: AnyPaging = file.paging
        self.window: WindowTable | None = file.window
        self._method = request.method
        self._path = url.raw_path.partition(b"?")[0].decode("ascii")
        self._params = _by_name(url.params.multi_items()) | {
            name: tuple(
                revealed(each, f"request.params.{name}")
                for each in (value if isinstance(value, list) else [value])
            )
            for name, value in request.params.items()
        }
        self.secrets = {
            name: self._params[name]
            for name, value in request.params.items()
            if isinstance(value, Reference) or str(value).startswith(("env:", "file:"))
        }
        """The parameters that sign a request in."""
        self._headers = tuple(
            (name, revealed(value, f"request.headers.{name}")) for name, value in request.headers.items()
        )
        self._body = request.body
        self.more = _expression("paging.more", file.paging.more)
        self.total = _expression("paging.total", file.paging.total)
        self.cursor = _expression("paging.cursor", getattr(file.paging, "cursor", None))
        self.link = _expression("paging.link", getattr(file.paging, "link", None))

    def first(self, window: Window) -> "Asked":
        """The request of the window's first page."""
        asked = Asked(self._method, self._path, dict(self._params), self._headers, deepcopy(self._body))
        if (told := self.window) is not None:
            asked.put(told.place, told.since, _moment(window.since, told))
            if told.until is not None:
                asked.put(told.place, told.until, _moment(window.until, told))
        return asked

    @property
    def narrows(self) -> bool:
        """Whether half a window is half as much to read."""
        return self.window is not None and self.window.until is not None


class Asked:
    """A request as it is put together."""

    def __init__(
        self,
        method: str,
        path: str,
        params: dict[str, tuple[str, ...]],
        headers: tuple[tuple[str, str], ...],
        body: Any,
    ) -> None:
        self.method = method
        self.path = path
        self.params = params
        self.headers = headers
        self.body = body

    def put(self, place: Place, name: str, value: str | int) -> None:
        """Set a parameter, or a key of the body; dots in its name lead into tables."""
        if place == "params":
            self.params[name] = (str(value),)
            return
        self.body = table = {} if self.body is None else self.body
        *above, last = name.split(".")
        for key in above:
            inner = table.setdefault(key, {})
            if not isinstance(inner, dict):
                raise AbortError(f"http: request.body.{key} is no table, so {name} cannot be put into it")
            table = inner
        table[last] = value

    def request(self) -> Request:
        """The request to send."""
        params = tuple((name, each) for name, values in self.params.items() for each in values)
        if self.body is None:
            return Request(self.method, self.path, params, self.headers)
        headers = (("Content-Type", "application/json"), *self.headers)
        return Request(self.method, self.path, params, headers, msgspec.json.encode(self.body))


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
        self.asked.params = self._questions.secrets | _by_name(there.params.multi_items())
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


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    named: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        named[name] = (*named.get(name, ()), value)
    return named


def _expression(key: str, text: str | None) -> Expression | None:
    return None if text is None else Expression(key, text)


def _moment(moment: Any, told: WindowTable) -> str | int:
    text = write_moment(moment, told.format)
    return int(text) if told.place == "body" and told.format in UNITS else text
