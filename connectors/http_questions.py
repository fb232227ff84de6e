"""What the source `http` asks: the file's request with a window's times in it. Pure: it asks nobody."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime
from typing import Any

import httpx
import msgspec

from connectors.expression import Expression
from connectors.http_client import Request
from connectors.http_mapping_file import AnyPaging, MappingFile, Place, Reference, WindowTable, revealed
from connectors.moments import UNITS, write_moment
from connectors.sdk import AbortError
from connectors.windows import Window

Params = dict[str, tuple[str, ...]]


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
        self._params = by_name(url.params.multi_items()) | {
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
        params: Params,
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


def by_name(pairs: Iterable[tuple[str, str]]) -> Params:
    """Each parameter's values, in their order."""
    named: Params = {}
    for name, value in pairs:
        named[name] = (*named.get(name, ()), value)
    return named


def _expression(key: str, text: str | None) -> Expression | None:
    return None if text is None else Expression(key, text)


def _moment(moment: datetime, told: WindowTable) -> str | int:
    text = write_moment(moment, told.format)
    return int(text) if told.place == "body" and told.format in UNITS else text
