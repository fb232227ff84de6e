"""Ways to reach a seller taken out of a text, however they are disguised, and a stable name put in their place."""

import re
from collections.abc import Callable, Mapping

from fingerprints.contact import READ_AT_MOST, Contact, find_contacts

REMOVED = "[removed: a contact that could not be cut out]"
ROUNDS = 64
"""Contacts cut out of one part of a text; none has so many."""
ROUNDS_A_TEXT = 256
"""Of all parts of a text together: each takes a hundredth of a second, and a flood of eight megabytes would take twenty
minutes. In what comes behind, a part with a contact is removed as a whole."""
PART = READ_AT_MOST // 4
"""Characters looked at together; the reader of contacts itself looks at four times as many. What a part's end tears is
whole again where the parts are joined, so that is looked at as well."""

_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{1,40}(?:\.[\w-]{1,40}){0,2}\.[a-z]{2,20}/\S*", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<!\w)@[\w.]{3,40}")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,20}){1,3}")
_NUMBER = re.compile(r"(?<![\w.])\+(?:[\s().-]{0,3}\d){8,17}(?!\w)|(?<![\w.])\d(?:[.-]?\d){9,60}(?!\w)")
"""With a plus, or ten digits and more without a space: opening hours and sizes in a row have spaces."""
_TOKEN = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"(\s+)")

Pseudonym = Callable[[str, str], str]
"""Called with a kind and a value; gives what is written in its place, the same for the same."""


class Scrubber:
    """`known`: ids that are replaced wherever they stand as a word, with what replaces them."""

    def __init__(self, pseudonym: Pseudonym, known: Mapping[str, str]) -> None:
        self._pseudonym = pseudonym
        self._known = known

    def scrub(self, text: str) -> str:
        """The text without contacts, links, long numbers and known ids. Idempotent; never raises.

        What `find_contacts` still sees at the end is removed with the part of the text around it.
        """
        parts, left = [], ROUNDS_A_TEXT
        for at in range(0, len(text), PART):
            part, rounds = self._scrub_part(text[at : at + PART], min(ROUNDS, left))
            parts.append(part)
            left -= rounds
        if len(parts) == 1:
            return parts[0]
        # Two parts may have made a contact at the place where they meet.
        joined = self._without_patterns("".join(parts))
        looked_at = (joined[at : at + READ_AT_MOST] for at in range(0, len(joined), READ_AT_MOST - PART))
        return REMOVED if any(map(find_contacts, looked_at)) else joined

    def _scrub_part(self, text: str, most: int) -> tuple[str, int]:
        """The part, and how many of at most so many rounds it took."""
        for rounds in range(most + 1):
            found = find_contacts(text)
            if not found:
                text = self._without_patterns(text)
                text = _TOKEN.sub(lambda match: self._known.get(match[0].lower(), match[0]), text)
                return (text if not find_contacts(text) else REMOVED), rounds
            cut = self._cut(text, found[0]) if rounds < most else None
            if cut is None:
                break
            text = cut
        return REMOVED, rounds

    def _without_patterns(self, text: str) -> str:
        """What anybody would take for a contact, whatever the reader of contacts says of it."""
        for pattern, kind in ((_EMAIL, "email"), (_LINK, "link"), (_HANDLE, "handle"), (_NUMBER, "number")):
            text = pattern.sub(lambda match, kind=kind: self._pseudonym(kind, match[0]), text)  # type: ignore[misc]
        return text

    def _cut(self, text: str, contact: Contact) -> str | None:
        """The text with the fewest words replaced without which the contact is not there."""
        pieces = _SPACE.split(text)
        end = self._first(len(pieces), lambda many: contact in find_contacts("".join(pieces[:many])))
        if end is None:
            return None
        skip = self._first(end, lambda many: contact not in find_contacts("".join(pieces[many:end])))
        start = max(0, (end if skip is None else skip) - 1)
        new = self._pseudonym(contact.kind, contact.value)
        return "".join([*pieces[:start], new, *pieces[end:]])

    @staticmethod
    def _first(most: int, holds: Callable[[int], bool]) -> int | None:
        """The least number up to `most` for which it holds, by halving; None where it never does. Where it holds
        here and there, some number for which it does."""
        if not holds(most):
            return None
        low, high = 0, most
        while low < high:
            middle = (low + high) // 2
            if holds(middle):
                high = middle
            else:
                low = middle + 1
        return low if holds(low) else None
