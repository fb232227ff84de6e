"""What a seller wants to be reached by outside the marketplace, read from a title or a description.

Two shops with one phone number are in all likelihood one seller, so equal contacts are equal strings however
they are written, and what might be something else is left out: a missed contact costs little, a wrong one links
strangers.
"""

from typing import Literal

from msgspec import Struct

from fingerprints.contact_handles import find_handles, mask_emails
from fingerprints.contact_links import Found, find_links, joined_links, without_links
from fingerprints.contact_phones import find_phones
from fingerprints.contact_signs import may_name_a_contact
from fingerprints.lookalikes import PlainCharacters

READ_AT_MOST = 16_384
"""Characters of a text that are looked at."""
CONTACTS_AT_MOST = 16
"""Contacts of a text; the first by place."""

Kind = Literal["phone", "handle", "messenger", "shop"]

_CHARACTERS = PlainCharacters()
_CHARACTERS[ord("\n")] = "\n"


class Contact(Struct, frozen=True, array_like=True, order=True):
    """One contact. `value` by kind:

    - phone: E.164, "+6281234567890"
    - handle: "network:name" ("instagram:toko.baju"), or "@:name" where the network is not said
    - messenger: a link or code that leads to one chat but does not show to whom ("wa.me:...", "bbm:5a3b2c1d")
    - shop: "marketplace:shop" ("shopee:308864651", "tokopedia:tokobaju")

    Values of different kinds are never equal, but for a shop that is named by a link and by its name.
    """

    kind: Kind
    value: str


def find_contacts(text: str) -> tuple[Contact, ...]:
    """The contacts of a text, each once, in order of their first place.

    Never raises. At most `CONTACTS_AT_MOST`; linear in the first `READ_AT_MOST` characters.
    """
    plain = plain_text(text)
    return contacts_of(plain) if may_name_a_contact(plain) else ()


def contacts_of(plain: str) -> tuple[Contact, ...]:
    """`find_contacts` in plain text, whatever `may_name_a_contact` says of it."""
    plain = mask_emails(joined_links(plain))
    found: list[Found] = []
    if "/" in plain and "." in plain:
        found += find_links(plain)
        plain = without_links(plain)
    found += [Found(at, "phone", number) for at, number in find_phones(plain)]
    found += find_handles(plain)
    by_value: dict[str, Found] = {}
    for one in sorted(found):
        by_value.setdefault(one.value, one)
    return tuple(Contact(one.kind, one.value) for one in list(by_value.values())[:CONTACTS_AT_MOST])  # type: ignore[arg-type]


def plain_text(text: str) -> str:
    """The text in plain characters (`fingerprints.lookalikes`), its lines kept apart."""
    return text[:READ_AT_MOST].translate(_CHARACTERS)[:READ_AT_MOST]
