"""An e-mail: its text and HTML, and the lists that it has attached."""

import email
import email.errors
import email.message
import email.policy
import re
from collections.abc import Callable, Iterator
from typing import Final

from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.items import Item, ListError, Mention, Remark
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.text_list import decoded, text_items

MOST_PARTS: Final = 1000
_CHARSETS = re.compile(
    r"us-ascii|utf-?8|utf-?16(?:le|be)?|iso-?8859-[0-9]{1,2}|(?:windows-|cp)125[0-9]|gb2312|gbk|gb18030|big5|"
    r"shift_jis|euc-(?:jp|kr)|iso-2022-jp|koi8-[ru]|macintosh",
    re.ASCII | re.IGNORECASE,
)

Attached = Callable[[bytes, str], Iterator[Item]]
"""Reads an attached list, given its bytes and its name."""


def email_items(raw: bytes, limits: ListLimits, attached: Attached) -> Iterator[Item]:
    """What an e-mail mentions. A listing that its HTML repeats from its text is one mention.

    Raises:
        ListError: it has more parts than any e-mail, or an attached list cannot be read.
    """
    try:
        # compat32 keeps headers as they are: the newer policies parse each one, slowly where it is hostile.
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        parts = list(_leaves(message))
    except (RecursionError, ValueError, LookupError, email.errors.MessageError):
        yield Remark("the e-mail is not put together as one; it is read as plain text")
        yield from text_items(decoded(raw), limits)
        return
    seen: set[str] = set()
    # Pasted text with "Link: https://..." behind a From and a To is a header too. What else headers link to,
    # such as the way out of a mailing list, is nobody's request.
    headers = "\n".join(str(value) for _, value in message.items())
    for item in text_items(headers, limits, "e-mail header"):
        if isinstance(item, Mention):
            seen.add(item.target.url)
            yield item
    for number, part in enumerate(parts, 1):
        name = _name(part)
        content = _content(part)
        kind = part.get_content_type()
        if name is None and kind.startswith("text/"):
            label = "e-mail HTML" if kind == "text/html" else "e-mail text"
            for item in text_items(decoded(content, _charset(part)), limits, label):
                if isinstance(item, Mention):
                    if kind == "text/html" and item.target.url in seen:
                        continue
                    seen.add(item.target.url)
                yield item
        elif content:
            label = name or f"part {number} ({tidy(kind)})"
            try:
                yield from attached(content, label)
            except ListError as error:
                raise ListError(f"attachment {label}: {error}") from None


def _leaves(message: email.message.Message) -> Iterator[email.message.Message]:
    for count, part in enumerate(message.walk(), 1):
        if count > MOST_PARTS:
            raise ListError(f"an e-mail of more than {MOST_PARTS} parts")
        if not part.is_multipart():
            yield part


def _name(part: email.message.Message) -> str | None:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        name = "unnamed"
    return tidy(name) or "unnamed" if name is not None else None


def _charset(part: email.message.Message) -> str | None:
    """The charset that it is said to be in, if it is one of those that mail is written in: Python knows codecs
    beside them that take for ever."""
    try:
        said = part.get_content_charset() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return said if _CHARSETS.fullmatch(said) else None


def _content(part: email.message.Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return content if isinstance(content, bytes) else b""
