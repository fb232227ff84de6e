"""Every takedown has one shard, and what shards gather is what one bank says."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from alert_records import verdict
from hypothesis import given
from hypothesis import strategies as st
from listing_records import START, drawn_photo, listing, relist, takedown, told
from shard_scene import divided, gathered

from connectors.events import Alert
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown, match_listing
from streams.engine.rules import Rules
from streams.engine.takedown_bank import TakedownBank
from streams.records import ListingFingerprint, TakedownFingerprint
from streams.shards import Shard, read_shard, shard_group, shard_of, shard_of_group, shards_of

SETS = (1, 2, 4, 7)


@given(st.text(min_size=1, max_size=40), st.integers(1, 32))
def test_every_takedown_has_exactly_one_shard(takedown_id: str, of: int) -> None:
    assert [shard for shard in shards_of(of) if shard.holds(takedown_id)] == [
        Shard(shard_of(takedown_id, of), of)
    ]


@pytest.mark.parametrize("of", [2, 3, 4, 8, 64])
def test_shards_are_of_about_one_size(of: int) -> None:
    """Within five standard deviations of a fair draw, for ids that count up."""
    sizes = Counter(shard_of(f"td-{number}", of) for number in range(20_000))
    fair = 20_000 / of
    assert len(sizes) == of
    assert all(abs(size - fair) < 5 * fair**0.5 for size in sizes.values())


@given(st.integers(1, 1024), st.integers(1, 1024), st.text(min_size=1, max_size=20))
def test_a_group_names_its_shard_and_no_other(number: int, of: int, group: str) -> None:
    shard = Shard(min(number, of), of)
    assert read_shard(str(shard)) == shard
    assert shard_of_group(shard_group(group, shard), group) == shard
    assert shard_of_group(shard_group(group, shard), group + "-other") is None


@pytest.mark.parametrize(
    "text", ["", "0/2", "3/2", "1/0", "1/1025", "1", "a/b", "-1/2", "1/2/3", "٢/٢", "1/2\n"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="I/N"):
        read_shard(text)


def printed(number: int) -> PhotoPrint:
    found = print_of_bytes(drawn_photo(number), max_pixels=10_000_000)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def held() -> list[TakedownFingerprint]:
    """Sixty takedowns: every third has the photo, the title or the description of another, whatever its shard."""
    photos = [printed(number) for number in range(8)]
    made = []
    for number in range(60):
        twin = number - 20
        changes = {} if number < 40 else {"title": takedown(twin).listing.title}
        made.append(
            fingerprint_takedown(
                takedown(number, **changes, description=told(number % 7), price=None),
                [photos[number % 8]] if number % 3 == 0 else [],
            )
        )
    return made


@pytest.fixture(scope="module")
def listings() -> list[ListingFingerprint]:
    """Relists by title, by photo, by both, of several takedowns at once; honest ones; one that is still up."""
    photos = [printed(number) for number in range(10)]
    made = [
        fingerprint_listing(relist(100 + number, number, description=told(number % 7)), [])
        for number in range(50)
    ]
    made += [fingerprint_listing(listing(200 + number), [photos[number]]) for number in range(10)]
    made += [
        fingerprint_listing(relist(300 + number, number + 3), [photos[number], photos[7]])
        for number in range(5)
    ]
    made += [fingerprint_listing(listing(number), []) for number in (3, 30, 58)]
    return made


def one_bank(takedowns: list[TakedownFingerprint]) -> TakedownBank:
    bank = TakedownBank()
    for each in takedowns:
        bank.put(each)
    return bank


def alerts_of_one(bank: TakedownBank, listings: list[ListingFingerprint], rules: Rules) -> list[Alert | None]:
    return [match_listing(each, bank, rules, matched_at=START).alert for each in listings]


@pytest.mark.parametrize("of", SETS)
def test_shards_alert_as_one_bank_does(
    of: int, held: list[TakedownFingerprint], listings: list[ListingFingerprint]
) -> None:
    """Whole alerts: id, cluster, probability to its last digit, evidence with every weight and transform."""
    whole = alerts_of_one(one_bank(held), listings, Rules())
    banks = divided(of, held)
    assert [gathered(banks, each, Rules()) for each in listings] == whole
    assert {alert.kind for alert in whole if alert} == {"relist", "still_up"}
    clusters = [alert.cluster for alert in whole if alert and len(alert.cluster) > 1]
    assert of == 1 or any(len({shard_of(each, of) for each in cluster}) > 1 for cluster in clusters)


@pytest.mark.parametrize("of", [2, 4])
def test_an_allowed_photo_counts_on_no_shard(
    of: int, held: list[TakedownFingerprint], listings: list[ListingFingerprint]
) -> None:
    """The verdicts name one takedown; others with the same photo lie on other shards."""
    rules = Rules()
    found = [alert for alert in alerts_of_one(one_bank(held), listings[50:58], rules) if alert]
    for number, alert in enumerate(found[:2] * 3):
        who = msgspec.structs.replace(alert.listing, seller_id=f"cleared{number}")
        one = msgspec.structs.replace(alert, alert_id=f"a{number}", listing=who)
        rules.allowed.put(one.alert_id, verdict(number, alert_id=one.alert_id, alert=one))
    assert rules.allowed.signs
    whole = alerts_of_one(one_bank(held), listings, rules)
    banks = divided(of, held)
    assert [gathered(banks, each, rules) for each in listings] == whole
    assert sum(alert is not None for alert in whole[50:58]) < len(found)


def test_withdrawals_and_new_versions_are_counted_on_every_shard(held: list[TakedownFingerprint]) -> None:
    banks = divided(4, held)
    for bank in banks:
        bank.put(held[1])
        for takedown_id in ("t2", "t3", "t41", "unknown"):
            bank.withdraw(takedown_id)
    left = [each for each in held if each.takedown.takedown_id not in {"t2", "t3", "t41"}]
    whole = one_bank(left)
    query, other = held[5].prints.title, held[45].prints.title
    assert query is not None
    assert other is not None
    for bank in banks:
        assert bank.titles.weigh(query, other) == whole.titles.weigh(query, other)
        assert bank.elsewhere is not None
        assert len(bank) + len(bank.elsewhere) == len(left)
    assert sum(len(bank) for bank in banks) == len(left)
    for bank in banks:
        for each in left:
            bank.withdraw(each.takedown.takedown_id)
        # Nothing is left in any count.
        assert bank.titles.weigh(query, other) == TakedownBank().titles.weigh(query, other)
        assert bank.descriptions._counts.sum() == 0


def test_a_shards_snapshot_has_what_it_counts_of_the_others(
    held: list[TakedownFingerprint], tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    bank = divided(3, held)[1]
    bank.save(folder)
    loaded = TakedownBank(shard=Shard(2, 3))
    loaded.load(folder)
    query, other = held[5].prints.title, held[45].prints.title
    assert query is not None
    assert other is not None
    assert loaded.titles.weigh(query, other) == bank.titles.weigh(query, other)
    assert loaded.elsewhere is not None
    assert bank.elsewhere is not None
    assert dict(loaded.elsewhere.kept()) == dict(bank.elsewhere.kept())
    assert (loaded.descriptions._counts == bank.descriptions._counts).all()
