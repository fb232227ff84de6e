"""The index of contacts gives what a look through all owners gives, also after it was saved and read back."""

import pickle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fingerprints.contact import Contact
from fingerprints.contact_index import OWNERS_AT_MOST, ContactIndex

PHONES = [Contact("phone", f"+6281234567{number:03}") for number in range(4)]
SHOP, HANDLE = Contact("shop", "shopee:namatoko"), Contact("handle", "shopee:namatoko")
CONTACTS = st.lists(st.sampled_from([*PHONES, SHOP, HANDLE]), max_size=5)
OWNERS = st.sampled_from([f"t{number}" for number in range(6)])


class ContactMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.index = ContactIndex()
        self.held: dict[str, list[Contact]] = {}

    @rule(owner=OWNERS, contacts=CONTACTS)
    def add(self, owner: str, contacts: list[Contact]) -> None:
        self.index.add(owner, contacts)
        self.held.pop(owner, None)
        if contacts:
            self.held[owner] = contacts

    @rule(owner=OWNERS)
    def withdraw(self, owner: str) -> None:
        self.index.withdraw(owner)
        self.held.pop(owner, None)

    @rule()
    def copy(self) -> None:
        self.index = pickle.loads(pickle.dumps(self.index))

    @rule(contacts=CONTACTS)
    def search(self, contacts: list[Contact]) -> None:
        wanted = {contact.value: contact for contact in contacts}
        assert self.index.search(contacts) == [
            (owner, contact)
            for value, contact in wanted.items()
            for owner, held in self.held.items()
            if value in {one.value for one in held}
        ]
        for contact in contacts:
            owners = [
                owner for owner, held in self.held.items() if contact.value in {one.value for one in held}
            ]
            assert self.index.held_by(contact) == len(owners)
        assert len(self.index) == len(self.held)


ContactMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestContacts = ContactMachine.TestCase


def test_a_contact_of_very_many_is_given_with_the_first_few() -> None:
    index = ContactIndex()
    owners = [f"t{number:03}" for number in range(3 * OWNERS_AT_MOST)]
    for owner in owners:
        index.add(owner, [PHONES[0]])
    assert index.search([PHONES[0]]) == [(owner, PHONES[0]) for owner in owners[:OWNERS_AT_MOST]]
    assert index.held_by(PHONES[0]) == len(owners)
    assert index.held_by(PHONES[1]) == 0


def test_nothing_is_left_of_withdrawn_owners() -> None:
    index = ContactIndex()
    for number in range(10):
        index.add(f"t{number}", PHONES)
    for number in range(10):
        index.withdraw(f"t{number}")
    index.withdraw("never added")
    assert len(index) == 0
    assert index.search(PHONES) == []
    assert vars(index) == vars(ContactIndex())
