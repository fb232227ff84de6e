"""Linked accounts drawn: the same every time, nothing over anything, not too much."""

import random

from hypothesis import given
from hypothesis import strategies as st
from seller_graphs import backdrop, contact, photos

from connectors.seller_links import SellerLink
from streams.console.seller_sketch import (
    BOX_HEIGHT,
    BOX_WIDTH,
    MOST_SHOWN,
    Sketch,
    seller_sketch,
)
from streams.sellers.edges import NewestLinks, edges_of
from streams.sellers.graph import SellerGraph

NAMES = [f"s{number}" for number in range(45)]


def graph_of(links: list[SellerLink]) -> SellerGraph:
    newest = NewestLinks()
    for link in links:
        newest.put(link)
    return SellerGraph(edges_of(newest.links.values()))


def account(name: str) -> str:
    return f"pasar-uji:{name}"


@st.composite
def some_links(draw: st.DrawFn) -> list[SellerLink]:
    made = []
    for _ in range(draw(st.integers(1, 60))):
        first, second = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
        kind = draw(st.sampled_from([backdrop, photos, contact]))
        if first != second:
            made.append(
                kind(
                    first, second, **({} if kind is contact else {kind_size(kind): draw(st.integers(1, 40))})
                )
            )
    return made


def kind_size(kind: object) -> str:
    return "points" if kind is backdrop else "shared"


@given(some_links(), st.integers(0, 1000))
def test_no_box_lies_on_another_and_order_does_not_matter(links: list[SellerLink], seed: int) -> None:
    drawn = seller_sketch(graph_of(links), account("s0"), account("s1"))
    shuffled = random.Random(seed).sample(links, len(links))
    assert seller_sketch(graph_of(shuffled), account("s0"), account("s1")) == drawn
    if drawn is None:
        return
    assert 2 <= len(drawn.boxes) <= MOST_SHOWN
    boxes = list(drawn.boxes)
    for at, box in enumerate(boxes):
        assert 0 <= box.x <= drawn.width - BOX_WIDTH
        assert 0 <= box.y <= drawn.height - BOX_HEIGHT
        for other in boxes[at + 1 :]:
            assert abs(box.x - other.x) >= BOX_WIDTH or abs(box.y - other.y) >= BOX_HEIGHT
    accounts = {box.account for box in boxes}
    assert len(accounts) == len(boxes)
    assert all(set(line.edge.accounts) <= accounts for line in drawn.lines)
    assert len({line.edge.accounts for line in drawn.lines}) == len(drawn.lines)
    assert len(drawn.lines) >= len(boxes) - 2


def shown(links: list[SellerLink], listing: str | None, takedown: str | None) -> Sketch:
    drawn = seller_sketch(graph_of(links), listing and account(listing), takedown and account(takedown))
    assert drawn is not None
    return drawn


def test_both_sellers_are_followed_though_only_a_weak_link_joins_them() -> None:
    drawn = shown([photos("a", "b", 1), photos("b", "c", 3)], "a", "b")
    assert [(box.seller_id, box.role) for box in drawn.boxes] == [
        ("a", "listing"),
        ("b", "takedown"),
        ("c", "other"),
    ]
    assert [line.edge.joins for line in drawn.lines] == [False, True]
    assert drawn.boxes[0].x < drawn.boxes[1].x < drawn.boxes[2].x


def test_sellers_without_a_way_between_them_stand_below_each_other() -> None:
    drawn = shown([backdrop("a", "b"), backdrop("x", "y")], "a", "x")
    places = {box.seller_id: (box.x, box.y) for box in drawn.boxes}
    assert places["a"][0] == places["x"][0]
    assert places["a"][1] < places["x"][1]


def test_what_is_too_much_is_counted() -> None:
    drawn = shown([backdrop("a", f"b{number:02}") for number in range(40)], "a", None)
    assert len(drawn.boxes) == MOST_SHOWN
    assert drawn.left_out == 41 - MOST_SHOWN


def test_one_seller_of_both_and_none_at_all() -> None:
    assert shown([backdrop("a", "b")], "a", "a").boxes[0].role == "both"
    assert seller_sketch(graph_of([backdrop("a", "b")]), account("c"), None) is None
    assert seller_sketch(graph_of([]), None, None) is None
