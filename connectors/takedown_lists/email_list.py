"""An e-mail: its text and HTML, and the lists that it has attached."""

import email
import email.errors
import email.message
import email.policy
from collections.abc import Callable, Iterator
from typing import Final

from connectors.takedown_lists.headers import tidy
from connectors.takedown_lists.items import Item, ListError, Mention, Remark
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.text_list import decoded, text_items

MOST_PARTS: Final = 1000

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
    for number, part in enumerate(parts, 1):
        name = _name(part)
        content = _content(part)
        kind = part.get_content_type()
        if name is None and kind.startswith("text/"):
            label = "e-mail HTML" if kind == "text/html" else "e-mail text"
            for item in text_items(decoded(content, part.get_content_charset()), limits, label):
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


def _content(part: email.message.Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        content = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return content if isinstance(content, bytes) else b""
