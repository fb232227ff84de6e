"""Links to edges, groups and walks; held against the obvious way to find components."""

from itertools import pairwise, permutations

import msgspec
import pytest
from alert_records import seller_link
from hypothesis import given
from hypothesis import strategies as st
from seller_graphs import backdrop, contact, later, photos, seller

from connectors.seller_links import SellerLink
from streams.sellers.edges import LEAST, NewestLinks, edges_of
from streams.sellers.graph import SellerGraph


def newest(*links: SellerLink, most: int = 1000) -> NewestLinks:
    held = NewestLinks(most)
    for link in links:
        held.put(link)
    return held


def graph(*links: SellerLink, **least: float) -> SellerGraph:
    wanted = dict(LEAST) | {f"same {name}": strength for name, strength in least.items()}
    return SellerGraph(edges_of(newest(*links).links.values(), wanted))


def names(found: object) -> list[str]:
    return [account.partition(":")[2] for account in found]


some_links = st.lists(
    st.builds(
        lambda make, ends, strength, at: make(*ends, strength, seen_at=later(at)),
        st.sampled_from([backdrop, photos]),
        st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=2, unique=True),
        st.sampled_from([1, 2, 16, 30]),
        st.integers(0, 3),
    ),
    max_size=25,
)


def brute_components(links: list[SellerLink]) -> set[frozenset[str]]:
    """By definition: sets are joined while any strong pair lies in two of them."""
    sets = {frozenset({each.key}) for link in links for each in link.sellers}
    changed = True
    while changed:
        changed = False
        for link in links:
            if link.strength < LEAST[link.reason]:
                continue
            first, second = ({s for s in sets if each.key in s}.pop() for each in link.sellers)
            if first != second:
                sets = (sets - {first, second}) | {first | second}
                changed = True
    return {each for each in sets if len(each) > 1}


@given(some_links)
def test_groups_are_the_components_of_strong_links(links: list[SellerLink]) -> None:
    held = list(newest(*links).links.values())
    groups = SellerGraph(edges_of(held)).groups()
    assert {frozenset(group.accounts) for group in groups} == brute_components(held)
    assert [len(g.accounts) for g in groups] == sorted((len(g.accounts) for g in groups), reverse=True)
    for group in groups:
        assert sum(group.marketplaces.values()) == len(group.accounts)


@given(some_links, st.integers(1, 4), st.integers(1, 8))
def test_a_walk_shows_each_account_and_edge_once_and_counts_the_rest(
    links: list[SellerLink], depth: int, most: int
) -> None:
    made = graph(*links)
    by_account = {account: group for group in made.groups() for account in group.accounts}
    for start in {each.key for link in links for each in link.sellers}:
        walk = made.walk(start, depth, most)
        shown = [step.account for step in walk.steps]
        assert shown[0] == start
        assert len(shown) == len(set(shown)) <= most
        assert all(step.depth <= depth for step in walk.steps)
        edges = [edge for step in walk.steps for edge in (*([step.edge] if step.edge else []), *step.also)]
        assert len(edges) == len({edge.accounts for edge in edges})
        between = {
            tuple(each.key for each in link.sellers)
            for link in links
            if all(each.key in shown for each in link.sellers)
        }
        assert {edge.accounts for edge in edges} == between
        group = set(by_account[start].accounts) if start in by_account else {start}
        assert walk.group == len(group)
        assert len(group & set(shown)) + walk.deeper + walk.more == len(group)
        places = {account: place for place, account in enumerate(shown)}
        for step in walk.steps[1:]:
            assert places[step.parent] < places[step.account]
            assert step.edge.joins == (step.account in group)


@given(some_links, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(links: list[SellerLink], chance: object) -> None:
    other = list(links)
    chance.shuffle(other)
    assert newest(*links).links == newest(*other).links


def test_the_newest_link_of_a_key_counts_whatever_its_strength() -> None:
    for order in permutations([backdrop("a", "b", 40), backdrop("a", "b", 13, seen_at=later(1))]):
        (link,) = newest(*order).links.values()
        assert link.strength == 13


def test_several_reasons_make_one_edge_the_strongest_first() -> None:
    (edge,) = edges_of(newest(photos("b", "a", 1), backdrop("a", "b", 20), contact("a", "b")).links.values())
    assert edge.accounts == ("pasar-uji:a", "pasar-uji:b")
    assert [(why.link.reason, why.joins) for why in edge.whys] == [
        ("same contact", True), ("same backdrop", True), ("same photos", False),
    ]  # fmt: skip
    assert edge.other("pasar-uji:a") == "pasar-uji:b"
    assert edge.other("pasar-uji:b") == "pasar-uji:a"


def test_links_in_the_other_order_of_accounts_are_the_same_edge() -> None:
    link = backdrop("a", "b")
    turned = msgspec.structs.replace(link, sellers=link.sellers[::-1], seen_at=later(1))
    held = newest(link, turned)
    assert [each.seen_at for each in held.links.values()] == [later(1)]
    held.put(msgspec.structs.replace(link, sellers=(seller("a"), seller("a"))))
    assert (held.unfit, len(held.links)) == (1, 1)
    assert newest(seller_link(1)).links[seller_link(1).key].transform is msgspec.UNSET


def test_a_full_table_counts_what_it_leaves_out() -> None:
    held = newest(backdrop("a", "b"), backdrop("b", "c"), backdrop("a", "b", 30, seen_at=later(1)), most=1)
    assert (len(held.links), held.left_out) == (1, 1)
    assert next(iter(held.links.values())).strength == 30
    held.forget(backdrop("a", "b").key)
    held.forget("unknown")
    assert held.links == {}


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (photos("b", "c", 1), photos("b", "c", 2)),
        (backdrop("b", "c", 15), backdrop("b", "c", 16)),
        (contact("b", "c", accounts=11), contact("b", "c", accounts=10)),
    ],
)
def test_a_weak_link_is_shown_and_not_followed(weak: SellerLink, strong: SellerLink) -> None:
    rest = [backdrop("a", "b"), backdrop("c", "d")]
    apart = graph(*rest, weak)
    assert [names(group.accounts) for group in apart.groups()] == [["a", "b"], ["c", "d"]]
    assert [group.weak for group in apart.groups()] == [1, 1]
    walk = apart.walk("pasar-uji:a", 5)
    assert names(step.account for step in walk.steps) == ["a", "b", "c"]
    assert not walk.steps[2].edge.joins
    joined = graph(*rest, strong)
    assert [names(group.accounts) for group in joined.groups()] == [["a", "b", "c", "d"]]


def test_a_contact_that_many_tell_by_now_joins_nobody() -> None:
    """Each link says 1: at its time only one takedown's account told the number."""
    few = [contact("hub", f"s{number}") for number in range(10)]
    assert [len(group.accounts) for group in graph(*few).groups()] == [11]
    many = [*few, contact("hub", "s10")]
    assert graph(*many).groups() == []
    assert graph(*many, contact=0.05).groups() != []
    assert graph(*few, contact("hub", "x", "628110002")).groups()[0].weak == 0, "another number"


def test_a_cycle_is_shown_once() -> None:
    ring = [backdrop(first, second) for first, second in pairwise("abcda")]
    walk = graph(*ring).walk("pasar-uji:a", 9)
    assert [(s.account[-1], s.depth) for s in walk.steps] == [("a", 0), ("b", 1), ("d", 1), ("c", 2)]
    assert [len(step.also) for step in walk.steps] == [0, 0, 0, 1]


def test_what_does_not_fit_is_counted() -> None:
    chain = [backdrop(first, second) for first, second in pairwise("abcde")]
    made = graph(*chain, *(photos("a", f"w{number}", 1) for number in range(4)))
    walk = made.walk("pasar-uji:a", depth=2, most=4)
    assert names(step.account for step in walk.steps) == ["a", "b", "c", "w0"]
    assert (walk.group, walk.deeper, walk.more, walk.weak) == (5, 2, 0, 3)
    walk = made.walk("pasar-uji:a", depth=4, most=2)
    assert (walk.group, walk.deeper, walk.more, walk.weak) == (5, 0, 3, 4)


def test_what_is_cut_short_shows_the_strongest_first() -> None:
    made = graph(
        backdrop("hub", "a", 17), backdrop("hub", "b", 40), contact("hub", "c", accounts=5),
        photos("hub", "d"), contact("hub", "d", value="2"), photos("hub", "e", 1), backdrop("hub", "f", 3),
    )  # fmt: skip
    walk = made.walk("pasar-uji:hub", 1)
    # d for two reasons; b is 2.5 times above what it needs, c 2, a 1.1; e and f are weak, a half and a fifth.
    assert names(step.account for step in walk.steps) == ["hub", "d", "b", "c", "a", "e", "f"]


def test_a_group_says_where_it_is_and_why() -> None:
    links = [
        backdrop("a", "toko-uji:b"), photos("a", "toko-uji:b", 5, seen_at=later(60)),
        photos("a", "c", 1), photos("c", "d", 3),
        backdrop("c", "toko-uji:b"),
    ]  # fmt: skip
    (group,) = graph(*links).groups()
    assert group.marketplaces == {"pasar-uji": 3, "toko-uji": 1}
    assert group.reasons == {"same backdrop": 2, "same photos": 2}
    assert (group.weak, group.newest) == (0, later(60))


def test_an_account_may_be_called_by_its_bare_id() -> None:
    made = graph(backdrop("a", "toko-uji:b"), backdrop("a", "lapak-uji:b"), backdrop("a", "x:y"))
    assert made.called("pasar-uji:a") == made.called("a") == ["pasar-uji:a"]
    assert made.called("b") == ["lapak-uji:b", "toko-uji:b"]
    assert made.called("nobody") == made.called("") == []
