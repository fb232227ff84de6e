"""A bank that is filled at once holds and finds what one does that was filled one by one."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listing_records import WORDS

from connectors.events import Takedown, TakenDownListing
from fingerprints.title_snapshot import state_of
from streams.engine.pipeline import fingerprint_takedown
from streams.engine.takedown_bank import TakedownBank
from streams.records import TakedownFingerprint
from streams.shards import Shard


def takedown(number: int, listing: int, words: list[str], *, stale: bool) -> TakedownFingerprint:
    told = " ".join(words)
    made = fingerprint_takedown(
        Takedown(
            takedown_id=f"t{number}",
            listing=TakenDownListing(
                marketplace="shopee-id",
                listing_id=f"l{listing}",
                seller_id=f"s{listing}",
                title=told,
                description=f"{told}. Hubungi 0812345678{listing:02d}, kirim hari ini juga, bahan tebal dan halus, {told},"
                " dijamin asli, barang baru, tidak luntur, cocok untuk pria dan wanita, bayar di tempat.",
            ),
        ),
        (),
    )
    if not stale:
        return made
    old = msgspec.structs.replace(made.prints.algorithms, text="ngram-0")
    return msgspec.structs.replace(made, prints=msgspec.structs.replace(made.prints, algorithms=old))


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.none()
        | st.tuples(
            st.integers(0, 5), st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.booleans()
        ),
    ),
    max_size=12,
)


def change(bank: TakedownBank, number: int, to: tuple[int, list[str], bool] | None) -> None:
    if to is None:
        bank.withdraw(f"t{number}")
    else:
        bank.put(takedown(number, to[0], to[1], stale=to[2]))


@pytest.mark.parametrize("shard", [None, Shard(1, 2)])
@settings(max_examples=25)
@given(CHANGES, CHANGES)
def test_it_holds_what_the_other_holds(
    shard: Shard | None,
    first: list[tuple[int, tuple[int, list[str], bool] | None]],
    later: list[tuple[int, tuple[int, list[str], bool] | None]],
) -> None:
    filled, grown = TakedownBank(shard=shard), TakedownBank(shard=shard)
    filled.begin_filling()
    for bank in (filled, grown):
        for one in first:
            change(bank, *one)
    filled.finish_filling()
    for bank in (filled, grown):
        for one in later:
            change(bank, *one)
    assert list(filled.takedowns.items()) == list(grown.takedowns.items())
    assert filled.stale == grown.stale
    assert len(filled.titles) == len(grown.titles)
    assert len(filled.descriptions) == len(grown.descriptions)
    assert len(filled.contacts) == len(grown.contacts)
    for listing in range(6):
        key = f"shopee-id:l{listing}"
        down = [one.takedown.takedown_id for one in filled.taken_down_as(key)]
        assert down == sorted(
            one.takedown.takedown_id for one in grown.takedowns.values() if one.takedown.key == key
        )
        assert filled.taken_down_as(key) == grown.taken_down_as(key)
    for held in grown.takedowns.values():
        prints = held.prints
        assert prints.title is not None
        assert prints.description is not None
        # What words, sentences and contacts weigh counts the takedowns of other shards too.
        assert filled.find(prints, 5) == grown.find(prints, 5)
        assert filled.titles.search(prints.title, 5) == grown.titles.search(prints.title, 5)
        assert filled.contacts.search(prints.contacts)
        assert {filled.contacts.held_by(one) for one in prints.contacts} == {
            grown.contacts.held_by(one) for one in prints.contacts
        }
        assert filled.descriptions.compare(prints.description, grown.takedowns) == (
            grown.descriptions.compare(prints.description, grown.takedowns)
        )


def test_without_withdrawals_the_titles_lie_in_the_same_order() -> None:
    filled, grown = TakedownBank(), TakedownBank()
    filled.begin_filling()
    for bank in (filled, grown):
        for number in range(50):
            bank.put(takedown(number, number, [WORDS[number % 7], WORDS[number % 3]], stale=False))
    filled.finish_filling()
    assert state_of(filled.titles) == state_of(grown.titles)


def test_only_an_empty_bank_is_filled() -> None:
    bank = TakedownBank()
    bank.put(takedown(0, 0, ["jaket"], stale=False))
    with pytest.raises(ValueError, match="holds takedowns already"):
        bank.begin_filling()
