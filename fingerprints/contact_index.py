"""Which takedowns name a contact, and how many: a contact that many share says little."""

from collections.abc import Iterable, Sequence

from fingerprints.contact import Contact

OWNERS_AT_MOST = 32
"""Owners that a search gives for one contact, those that were added first; `held_by` counts all of them."""


class ContactIndex:
    """Contacts by owner (a takedown's id). Adding an owner again replaces what it had.

    Contacts with one value are one, whatever their kind: a shop that one text links to and another names. About
    0.4 KB an owner with one contact of its own.
    """

    def __init__(self) -> None:
        self._contacts: dict[str, tuple[Contact, ...]] = {}
        self._owners: dict[str, str | dict[str, None]] = {}

    def add(self, owner: str, contacts: Sequence[Contact]) -> None:
        """Hold these under `owner`, instead of any earlier ones."""
        self.withdraw(owner)
        kept = tuple({contact.value: contact for contact in contacts}.values())
        if not kept:
            return
        self._contacts[owner] = kept
        for contact in kept:
            owners = self._owners.get(contact.value)
            if owners is None:
                self._owners[contact.value] = owner
            elif isinstance(owners, str):
                # Most contacts have one owner, and a string is less than a dictionary.
                self._owners[contact.value] = {owners: None, owner: None}
            else:
                owners[owner] = None

    def withdraw(self, owner: str) -> None:
        """Forget the owner; an unknown one is no error."""
        for contact in self._contacts.pop(owner, ()):
            owners = self._owners[contact.value]
            if isinstance(owners, str):
                del self._owners[contact.value]
                continue
            del owners[owner]
            if len(owners) == 1:
                self._owners[contact.value] = next(iter(owners))

    def search(self, contacts: Iterable[Contact]) -> list[tuple[str, Contact]]:
        """Owners of these contacts, each with the contact as it was asked for; in the order of the contacts,
        then of the owners' coming, at most `OWNERS_AT_MOST` for each contact."""
        found = []
        for contact in {contact.value: contact for contact in contacts}.values():
            owners = self._owners.get(contact.value, ())
            if isinstance(owners, str):
                found.append((owners, contact))
                continue
            found += [(owner, contact) for _, owner in zip(range(OWNERS_AT_MOST), owners, strict=False)]
        return found

    def held_by(self, contact: Contact) -> int:
        """How many owners have the contact."""
        owners = self._owners.get(contact.value, ())
        return 1 if isinstance(owners, str) else len(owners)

    def __len__(self) -> int:
        """How many owners have any contact."""
        return len(self._contacts)
