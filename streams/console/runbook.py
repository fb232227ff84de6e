"""The runbook, docs/runbook.md, as HTML: only the Markdown that it uses, everything else shown as it is. Pure but
for reading the file.

Headings with the names by which GitHub links to them, paragraphs, lists of `-` and `1.`, code in lines and in blocks,
bold, and links within the runbook. A comment on a line of its own is left out.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup, escape

NAME = "runbook.md"
CHECKOUT = Path(__file__).parents[2] / "docs" / NAME

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\[(?P<words>[^\]]+)\]\((?P<target>#[a-z0-9-]+|/[a-z0-9/-]*)\)"
)
_HEADING = re.compile(r"(#{1,3}) (.+)")
_ITEM = re.compile(r"(-|\d+\.) (.+)")


def runbook_text() -> str:
    """The Markdown, from the installed package or from the checkout's docs/."""
    packaged = files("streams.console") / NAME
    return packaged.read_text("utf-8") if packaged.is_file() else CHECKOUT.read_text("utf-8")


@cache
def runbook_html() -> Markup:
    """The runbook for its page."""
    return to_html(runbook_text())


def anchor_of(heading: str) -> str:
    """The heading's name in links, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def to_html(text: str) -> Markup:
    """The text as HTML, everything in it escaped."""
    return Markup("\n").join(_blocks(text.splitlines()))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if line.startswith("```"):
            while end < len(lines) and lines[end] != "```":
                end += 1
            yield Markup('<pre tabindex="0"><code>{}</code></pre>').format("\n".join(lines[at + 1 : end]))
            end += 1
        elif heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            html = Markup('<h{0} id="{1}">{2}</h{0}>')
            yield html.format(level, anchor_of(heading[2]), _inline(heading[2]))
        elif item := _ITEM.fullmatch(line):
            bulleted = item[1] == "-"
            entries = [item[2]]
            while end < len(lines) and (more := _ITEM.fullmatch(lines[end])) and (more[1] == "-") == bulleted:
                entries.append(more[2])
                end += 1
            html = Markup("<ul>{}</ul>") if bulleted else Markup("<ol>{}</ol>")
            yield html.format(
                Markup("").join(Markup("<li>{}</li>").format(_inline(each)) for each in entries)
            )
        elif line.startswith("<!--") and line.endswith("-->"):
            pass
        elif line.strip():
            while end < len(lines) and lines[end].strip() and not _starts_block(lines[end]):
                end += 1
            yield Markup("<p>{}</p>").format(_inline(" ".join(lines[at:end])))
        at = end


def _starts_block(line: str) -> bool:
    return line.startswith("```") or bool(_HEADING.fullmatch(line) or _ITEM.fullmatch(line))


def _inline(text: str) -> Markup:
    html, at = Markup(), 0
    for found in _INLINE.finditer(text):
        html += escape(text[at : found.start()]) + _marked(found)
        at = found.end()
    return html + escape(text[at:])


def _marked(found: re.Match[str]) -> Markup:
    if found["code"] is not None:
        return Markup("<code>{}</code>").format(found["code"])
    if found["bold"] is not None:
        return Markup("<strong>{}</strong>").format(found["bold"])
    return Markup('<a href="{}">{}</a>').format(found["target"], found["words"])
