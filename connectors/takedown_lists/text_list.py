"""Plain text, HTML and whatever else is text: links with the number of their line."""

import codecs
from collections.abc import Iterator
from typing import Final

from connectors.link_text import find_links
from connectors.links import RefusedLink
from connectors.takedown_lists.items import Item, ListError, Mention, Place, Reject
from connectors.takedown_lists.limits import ListLimits, over

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_items(text: str, limits: ListLimits, part: str | None = None) -> Iterator[Item]:
    """What the text's lines mention; the same listing twice in one line, as HTML's links are, is one mention.

    Raises:
        ListError: more links than allowed.
    """
    line, seen = -1, set[str]()
    for count, found in enumerate(find_links(_one_line_end(text)), 1):
        if count > limits.max_rows:
            raise ListError(over("more links", "max_rows", limits.max_rows))
        if found.line != line:
            line, seen = found.line, set()
        target = found.target
        same = found.link if isinstance(target, RefusedLink) else target.url
        if same in seen:
            continue
        seen.add(same)
        place = Place(line + 1, part)
        if isinstance(target, RefusedLink):
            yield Reject(target.why, place, found.link)
        else:
            yield Mention(found.link, target, place)


def decoded(raw: bytes, charset: str | None = None) -> str:
    """The text in `raw`, by its mark, the charset it came with, UTF-8, or as Windows-1252. Never raises."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    for name in (charset, "utf-8", "cp1252"):
        try:
            if name:
                return raw.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
