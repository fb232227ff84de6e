"""The titles to measure on: one half of the components, and of each component what is taken down.

Two components are surely different products; a component holds several sellers' titles of one product.
Splits are drawn from names: the same on every machine, whatever else is in the file.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.sample.seeds import dice, seed_of
from streams.evaluation.photo_set import DataError, Half, read_rows
from streams.evaluation.title_disguise_table import Disguise


@dataclass(frozen=True, slots=True)
class Title:
    """One title, the product that it is of, and its place in the file."""

    text: str
    component: str
    number: int

    @property
    def takedown_id(self) -> str:
        """The takedown's id when this title is taken down."""
        return f"{self.component}/{self.number}"


@dataclass(frozen=True, slots=True)
class TitleSet:
    """`bank` is taken down; `others` is not, of the same components. A title of `others` met with a takedown
    of its own component is neither right nor wrong: that takedown is left out when it is judged."""

    bank: tuple[Title, ...]
    others: tuple[Title, ...]


def read_titles(folder: Path) -> list[Title]:
    """All of FOLDER/titles.csv (columns component and title).

    Raises:
        DataError: no such file, or a column or value is missing.
    """
    table = folder / "titles.csv"
    rows = read_rows(table, "component", "title")
    titles = [Title(row["title"], row["component"], n) for n, (_, row) in enumerate(rows)]
    if not all(title.text and title.component for title in titles):
        raise DataError(f"{table}: component and title must both be there")
    return titles


def half_of_component(component: str) -> Half:
    """The half that all titles of this component belong to."""
    return "held-out" if seed_of("titles", component) % 2 else "tuned"


def split_titles(titles: Sequence[Title], half: Half, share: float = 0.0) -> TitleSet:
    """The half's titles; of each component `share` of its titles is taken down, and at least one.

    Raises:
        DataError: nothing is left to take down or to leave up.
    """
    components: dict[str, list[Title]] = defaultdict(list)
    for title in titles:
        if half in ("both", half_of_component(title.component)):
            components[title.component].append(title)
    bank: list[Title] = []
    others: list[Title] = []
    for _, found in sorted(components.items()):
        mixed = sorted(found, key=lambda title: seed_of("title", title.text))
        taken = max(1, round(share * len(mixed)))
        bank += mixed[:taken]
        others += mixed[taken:]
    if not bank or not others:
        raise DataError(f"too few titles in the half {half}: none to take down or none to leave up")
    return TitleSet(tuple(bank), tuple(others))


def disguised(title: Title, disguise: Disguise) -> str:
    """The title as this disguise makes it, the same every time."""
    return disguise.change(title.text, dice("disguise", disguise.name, title.text))


SAME_GOODS = 0.8
"""Least share of all words of two titles that both have, from which two components are taken for one product."""
SAME_GOODS_WORDS = 5


def one_product_each(titles: Sequence[Title]) -> dict[str, str]:
    """Each component as its own product: as the data has it."""
    return {title.component: title.component for title in titles}


def joined_products(titles: Sequence[Title]) -> dict[str, str]:
    """Components joined where two of their titles are nearly the same: the data has them apart, but a title
    cannot tell them apart. By plain words, whatever any matcher thinks of them."""
    products = one_product_each(titles)

    def product_of(component: str) -> str:
        while products[component] != component:
            component = products[component]
        return component

    words = [frozenset(re.findall(r"[a-z0-9]+", title.text.lower())) for title in titles]
    using: dict[str, list[int]] = defaultdict(list)
    for number, title in enumerate(titles):
        ours = words[number]
        if len(ours) < SAME_GOODS_WORDS:
            continue
        shared = Counter(other for word in ours for other in using[word])
        for other, count in shared.items():
            if count >= SAME_GOODS * (len(ours) + len(words[other]) - count):
                products[product_of(title.component)] = product_of(titles[other].component)
        for word in ours:
            using[word].append(number)
    return {component: product_of(component) for component in products}
