"""XML read in one pass with bounded memory: no document type, no entities, no element that never ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar
from xml.parsers import expat

from connectors.takedown_lists.items import ListError

LONGEST_STEP: Final = 4 * 1024 * 1024
"""Bytes of one tag, comment or the like at most: expat keeps an unfinished one whole."""

Begin = Callable[[dict[str, str]], None]
End = Callable[[], None]
Say = Callable[[str], None]
H = TypeVar("H")


class XmlStream:
    """Calls what is given for an element's name without its prefix; other elements are passed over.

    Names are compared without their namespace: the transitional and the strict one of Open XML say the same.
    """

    def __init__(
        self,
        name: str,
        begins: Mapping[str, Begin],
        ends: Mapping[str, End] | None = None,
        say: Say | None = None,
    ) -> None:
        self._name = name
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        by_name = _ByLocalName(begins)

        # The handlers are called a million times for a large sheet: as little as can be happens in them.
        def on_begin(element: str, attributes: dict[str, str]) -> None:
            handler = by_name[element]
            if handler is not None:
                handler(attributes)

        parser.StartElementHandler = on_begin
        if ends is not None:
            ends_by_name = _ByLocalName(ends)

            def on_end(element: str) -> None:
                handler = ends_by_name[element]
                if handler is not None:
                    handler()

            parser.EndElementHandler = on_end
        if say is not None:
            parser.CharacterDataHandler = say

    def feed(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Parse chunk by chunk; returns to the caller after each.

        Raises:
            ListError: it is no XML that is read here.
        """
        fed = 0
        try:
            for chunk in chunks:
                self._parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - self._parser.CurrentByteIndex > LONGEST_STEP:
                    raise ListError(f"the workbook is damaged: {self._name} has a part that never ends")
                yield
            self._parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            raise ListError(f"the workbook is damaged: {self._name}: {error}") from None

    def _refuse(self, *_: object) -> None:
        raise ListError(f"no workbook: {self._name} has a document type, which may hold entities that expand")


class _ByLocalName(dict[str, H | None]):
    """Handlers by an element's whole name, `x:row` as `row`; None for those without one."""

    def __init__(self, handlers: Mapping[str, H]) -> None:
        super().__init__(handlers)
        self._handlers = handlers

    def __missing__(self, name: str) -> H | None:
        handler = self._handlers.get(name.rpartition(":")[2])
        if len(self) < 1000:
            self[name] = handler
        return handler


def attribute(attributes: dict[str, str], name: str) -> str | None:
    """An attribute by its name without prefix, as `r:id` is."""
    value = attributes.get(name)
    if value is not None:
        return value
    return next((value for key, value in attributes.items() if key.endswith(f":{name}")), None)
