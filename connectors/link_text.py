"""Finding links in text as people hand it on: pasted e-mail, table cells, HTML, chat, links made harmless.

Undone before a link is looked at: invisible characters within it, full-width signs, hxxp and [.], JSON's and
HTML's escapes, quoted-printable's soft line breaks, and a break that a mail program put into it. Linear in the
text's length, whatever it holds; the text is the caller's to bound.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from msgspec import Struct

from connectors.links import LONGEST_LINK, LinkTarget, Recognised, RefusedLink, ShortLink, recognise

MOST_JOINED: Final = 4
"""Lines that one link may be broken over, after its first."""
MOST_COMMAS: Final = 3
WRAPPED_FROM: Final = 60
"""Characters of a line that a mail program may have broken: it does so at 65 to 78 (RFC 5322, 2.1.1)."""
NAMES: Final = "shopee|lazada|tokopedia|tiktok|shp\\.ee|shope\\.ee"

_INVISIBLE: Final = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
     *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080)]
)  # fmt: skip
"""Soft hyphen, joiners, zero-width, direction marks, variation selectors, tags: never part of a web address."""
_FULL_WIDTH: Final = {0x3A + 0xFEE0: ":", 0x2F + 0xFEE0: "/", 0x2E + 0xFEE0: ".", 0x3002: ".", 0xFF61: "."}
_SPACES: Final = dict.fromkeys([0xA0, 0x202F, 0x205F, 0x3000, *range(0x2000, 0x200B)], " ")
_CLEAN: Final = {**_INVISIBLE, **_FULL_WIDTH, **_SPACES}

_HINT = re.compile(rf"{NAMES}|:[/\\]|%3a%2f|www\.|hxxp|\[:\]|[\[(]\.[\])]", re.IGNORECASE | re.ASCII)
_HARMLESS = re.compile(r"\[(?:\.|dot)\]|\((?:\.|dot)\)|\[(://|:|/)\]", re.IGNORECASE | re.ASCII)
_TOKEN = re.compile(r"[^\s<>\"'`{}|^\x00-\x1f\x7f]+")
_SCHEME = re.compile(r"h(?:tt|xx|\*\*)ps?(?::[/\\]|%3a%2f)", re.IGNORECASE | re.ASCII)
_NAME = re.compile(NAMES + r"|www\.", re.IGNORECASE | re.ASCII)
_ESCAPED = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.IGNORECASE | re.ASCII)
_LINK_BEGINS = re.compile(
    rf"h(?:tt|xx)ps?[:%]|www\.|(?:[a-z0-9-]{{1,30}}\.){{0,3}}(?:{NAMES})(?:\.[a-z]{{2,10}}){{0,2}}/",
    re.IGNORECASE | re.ASCII,
)
_LIST_MARK = re.compile(
    r"[,;](?=(?:[a-z0-9-]{1,30}\.){0,3}(?:" + NAMES + r"|https?:))", re.IGNORECASE | re.ASCII
)
_QUOTE_MARKS = re.compile(r"[>\s|]{0,40}")
_COMMA = re.compile(r"[,;]")
_QP_BYTE = re.compile(r"=([2-7][0-9A-F])", re.ASCII)
_HOST_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_TRAILING: Final = ".,;:!?…*~\u201d\u2019\u00bb"
_PAIRS: Final = {")": "(", "]": "["}
_DIGITS_ALONE = re.compile(r"[0-9]{1,18}/?(?:[?#][^\s]*)?", re.ASCII)
_SLUG_REST = re.compile(r"[a-z0-9-]{1,200}/?(?:[?#][^\s]*)?", re.IGNORECASE | re.ASCII)


class Found(Struct, frozen=True):
    """A link as it stood in the text's line `line` (from 0), made visible, and what it leads to."""

    link: str
    target: Recognised
    line: int = 0


class _Piece(Struct):
    """A link within one line: its text, and where the text ends before punctuation was taken off."""

    text: str
    end: int


def find_links(text: str) -> Iterator[Found]:
    """Every link in `text`, in its order; the same one twice where it stands twice. Never raises."""
    if not may_have_link(text):
        return
    plain = _plain(text)
    if not _HINT.search(plain):
        return
    lines = _lines(plain)
    index, start = 0, 0
    while index < len(lines):
        number, line = lines[index]
        pieces = list(_pieces(line, start))
        index, start = index + 1, 0
        for piece in pieces:
            link, target = _recognised(piece.text)
            if piece.end == len(line) and index < len(lines):
                joined = _joined(piece.text, target, line, lines, index)
                if joined is not None:
                    link, target, index, start = joined
            yield Found(link, target, number)


def may_have_link(text: str) -> bool:
    """Whether a link could be in `text`: a quick no for most cells of a table. Every link has a slash, written one
    way or another."""
    return "/" in text or "\\" in text or "%" in text or "&" in text or "\uff0f" in text


def _plain(text: str) -> str:
    """The text without what hides a link in it."""
    if not text.isascii():
        text = text.translate(_CLEAN)
    if "&" in text:
        text = _ESCAPED.sub(lambda found: html.unescape(found[0]), text).translate(_CLEAN)
    if "[" in text or "(" in text:
        text = _HARMLESS.sub(lambda found: found[1] or ".", text)
    return text.replace("\\/", "/")


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines with their numbers; those that quoted-printable broke softly are one (RFC 2045, 6.7)."""
    if "\n" not in text:
        return [(0, text.rstrip())]
    lines: list[tuple[int, str]] = []
    parts: list[str] = []
    size, first = 0, 0
    for number, raw in enumerate(text.split("\n")):
        line = raw.rstrip()
        if not parts:
            first = number
        soft = line.endswith("=") and not line.endswith(" =") and size < LONGEST_LINK
        parts.append(line[:-1] if soft else line)
        size += len(line)
        if not soft:
            lines.append((first, "".join(parts)))
            parts, size = [], 0
    if parts:
        lines.append((first, "".join(parts)))
    return lines


def _pieces(line: str, start: int) -> Iterator[_Piece]:
    """What may be links within a line, each with the text that browsers would take for it."""
    if not _HINT.search(line, start):
        return
    for token in _TOKEN.finditer(line, start):
        yield from _pieces_of_token(token[0], token.start())


def _pieces_of_token(token: str, offset: int) -> Iterator[_Piece]:
    begins = [found.start() for found in _SCHEME.finditer(token) if _begins_link(token, found.start())]
    edges = [*begins, len(token)]
    yield from _without_scheme(token[: edges[0]], offset)
    for begin, end in zip(begins, edges[1:], strict=True):
        rest = 0
        for mark in _LIST_MARK.finditer(token, begin, end):
            yield _Piece(token[begin + rest : mark.start()], offset + mark.start())
            rest = mark.end() - begin
        yield _Piece(token[begin + rest : end], offset + end)


def _begins_link(token: str, at: int) -> bool:
    """Whether a scheme here begins a link of its own: not within a redirect's query or an archive's path."""
    if at == 0:
        return True
    if token[at - 1] in "=/&":
        # Before the first link, "url=https://" is just how somebody wrote it.
        return not _SCHEME.search(token, 0, at)
    # The rest of an escaped link has its colon escaped too, as in ...%3Dhttps%3A%2F%2F.
    return token[at - 3 : at - 2] != "%"


def _without_scheme(text: str, offset: int) -> Iterator[_Piece]:
    """Links that begin with a host that we know or one like it, and go on behind it."""
    at = 0
    while found := _NAME.search(text, at):
        begin = found.start()
        while begin > at and text[begin - 1] in _HOST_SIGNS:
            begin -= 1
        mark = _LIST_MARK.search(text, found.end())
        end = mark.start() if mark else len(text)
        at = mark.end() if mark else len(text)
        host, slash, path = text[begin:end].lstrip(".-_").partition("/")
        if slash and path and "." in host and (begin == 0 or text[begin - 1] != "@"):
            yield _Piece(f"{host}/{path}", offset + end)


def _trimmed(link: str) -> str:
    """Without the punctuation of the sentence that it stood in."""
    while link:
        last = link[-1]
        opening = _PAIRS.get(last)
        if last in _TRAILING or (opening and link.count(opening) < link.count(last)):
            link = link[:-1]
        else:
            break
        if len(link) > LONGEST_LINK:
            return link
    return link


def _recognised(text: str) -> tuple[str, Recognised]:
    """The link in `text`, and what it leads to. Where nothing is there, what stands before a comma may be it: a
    table pasted as text has other columns behind its links."""
    link = _trimmed(text)
    target = recognise(_decoded(link))
    if isinstance(target, RefusedLink) and len(link) <= LONGEST_LINK:
        for mark in islice(_COMMA.finditer(link), MOST_COMMAS):
            shorter = recognise(_decoded(link[: mark.start()]))
            if not isinstance(shorter, RefusedLink):
                return link[: mark.start()], shorter
    return link, target


def _decoded(link: str) -> str:
    """With quoted-printable's escapes undone where a link has one that it would hardly have of its own."""
    if "=3D" in link or "=2E" in link or "=2D" in link:
        return _QP_BYTE.sub(lambda found: chr(int(found[1], 16)), link)
    return link


def _joined(
    first: str, target: Recognised, line: str, lines: list[tuple[int, str]], index: int
) -> tuple[str, Recognised, int, int] | None:
    """The link with what the following lines add to it: link, target, and line and place to read on from.

    None where the link is whole as it is, or where more lines make no listing of it: nothing is guessed.
    """
    if isinstance(target, ShortLink) or (isinstance(target, LinkTarget) and len(line) < WRAPPED_FROM):
        return None
    text = first
    for step in range(index, min(index + MOST_JOINED, len(lines))):
        following = lines[step][1]
        begin = _QUOTE_MARKS.match(following)
        at = begin.end() if begin else 0
        token = _TOKEN.match(following, at)
        if token is None or _LINK_BEGINS.match(token[0]):
            return None
        if len(text) + len(token[0]) > LONGEST_LINK:
            return None
        text += token[0]
        link, longer = _recognised(text)
        alone = token.end() == len(following)
        wrapped = len(line) >= WRAPPED_FROM
        if _is_better(longer, target, first, token[0], wrapped=wrapped, alone=alone):
            return link, longer, step + (1 if alone else 0), 0 if alone else token.end()
        if not alone or isinstance(target, LinkTarget):
            return None
    return None


def _is_better(
    longer: Recognised, before: LinkTarget | RefusedLink, first: str, rest: str, *, wrapped: bool, alone: bool
) -> bool:
    if not isinstance(longer, LinkTarget) or longer == before:
        return False
    if longer.listing_id is None and not (wrapped and "-" in first[-1] + rest):
        # Two words behind a shop's address are soon a slug.
        return False
    if isinstance(before, RefusedLink):
        return True
    if not (wrapped and alone):
        return False
    # A listing before and another one after: an id or a slug that was cut, where nothing else stands on the
    # line but what could be its rest.
    return bool((_SLUG_REST if before.listing_id is None else _DIGITS_ALONE).fullmatch(rest))
