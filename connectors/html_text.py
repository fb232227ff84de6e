"""The words of a description that a marketplace keeps as HTML."""

import html
import re

TAG = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9]*+)|[!?])[^<>]*+>")
"""A tag, a comment or a declaration. A `<` before anything else is text, as in `< 50rb`.

`[^<>]*+` ends at the first `<` or `>`, and neither it nor the name gives back what it took, so that hostile text costs
linear time: a name of a million letters, shortened letter by letter, took twenty minutes.
"""
UNSEEN = frozenset({"noscript", "script", "style", "template"})
"""Elements whose text no reader sees."""
INLINE = frozenset(
    ["a", "abbr", "b", "big", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"]
)
"""Elements within a line; any other ends it."""
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def text_of_html(source: str) -> str:
    """The text a reader sees: a line a block, entities replaced, spaces folded; plain text keeps its lines."""
    pieces: list[str] = []
    at = 0
    unseen: str | None = None
    for tag in TAG.finditer(source):
        closing, name = bool(tag[1]), (tag[2] or "").lower()
        if unseen is None:
            pieces.append(source[at : tag.start()])
            if name and name not in INLINE:
                pieces.append("\n")
            if name in UNSEEN and not closing and not tag[0].endswith("/>"):
                unseen = name
        elif closing and name == unseen:
            unseen = None
        at = tag.end()
    if unseen is None:
        pieces.append(source[at:])
    # Unescaped last: `&lt;b&gt;` is text about a tag, and no tag.
    text = html.unescape("".join(pieces))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
