"""Whether a text can name a contact at all: most do not, and this says so in a tenth of the time of looking."""

import re
from functools import lru_cache

from fingerprints.contact_digits import REMEMBERED_LETTERS, read_digits
from fingerprints.contact_handles import NETWORK_WORDS
from fingerprints.contact_phones import may_hold_a_number

DIGITS_AT_LEAST = 7
"""Of a phone number."""
_BY_ITSELF = 1 << 20
"""Counts for a sign that is no digit: more than a text has digits."""
_TOKEN = re.compile(rf"[a-z0-9]{{1,{REMEMBERED_LETTERS}}}")
_NETWORK_TOKENS = frozenset(re.split(r"[^a-z0-9]", word)[0] for word in NETWORK_WORDS)
"""The networks' words up to the first mark: "tik" of "tik.tok"."""
_PIN = re.compile(r"(?:pin|pinbb|bbm|bb)(?:bbm|bb)?(?:[a-f0-9]{8})?")


def may_name_a_contact(text: str) -> bool:
    """False only for plain text (`fingerprints.contact.plain_text`) in which no contact is found.

    A link has a slash, an account an at sign or a network's word, a phone number digits, a pin its word.
    """
    if "@" in text or "/" in text or "slash" in text:
        return True
    signs = sum(map(_signs, _TOKEN.findall(text)))
    return signs >= DIGITS_AT_LEAST and (signs >= _BY_ITSELF or may_hold_a_number(text))


@lru_cache(maxsize=32_768)
def _signs(token: str) -> int:
    """How many digits a token says; `_BY_ITSELF` where it is another sign, or too long to be remembered."""
    if len(token) == REMEMBERED_LETTERS or token in _NETWORK_TOKENS or _PIN.fullmatch(token):
        return _BY_ITSELF
    reading = read_digits(token)
    return 0 if reading is None else len(reading.digits)
