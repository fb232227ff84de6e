"""A bank of title matchers' common questions: which takedown does this listing name, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from streams.evaluation.rates import Cut, Share, cut_at, share_above
from streams.evaluation.title_disguise_table import Disguise
from streams.evaluation.title_set import TitleSet, disguised

T = TypeVar("T")
NOT_FOUND = float("-inf")


class Matcher(Protocol):
    """A way to match titles, over takedowns that it holds."""

    name: str

    def search(self, title: str) -> Sequence[tuple[str, float]]:
        """Takedown ids with a score; the best are there, in any order. Scores of one matcher compare."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """For each disguise the scores of the right product (a listing that names another takedown of the same product
    is right too), and the scores of the best other product for listings that were not taken down."""

    found: dict[str, list[float]]
    others: list[float]

    def cut(self, rate: float) -> Cut:
        """The score above which at most `rate` of the listings of other products are."""
        return cut_at(self.others, rate)

    def recall(self, disguise: str, cut: Cut) -> Share:
        """How many of the disguised titles are found at that score."""
        return share_above(self.found[disguise], cut)


def ask(
    matcher: Matcher,
    titles: TitleSet,
    disguises: Sequence[Disguise],
    *,
    each: int,
    others: int,
    products: dict[str, str],
) -> Answers:
    """Ask about `each` disguised titles of a disguise and about `others` other listings.

    `products`: what each component counts as; two components with one product are the same goods.
    """
    product_of = {title.takedown_id: products[title.component] for title in titles.bank}

    def best(text: str, product: str, *, same: bool) -> float:
        scores = (s for owner, s in matcher.search(text) if (product_of[owner] == product) is same)
        return max(scores, default=NOT_FOUND)

    some = spread(titles.bank, each)
    return Answers(
        found={
            one.name: [best(disguised(title, one), products[title.component], same=True) for title in some]
            for one in disguises
        },
        others=[best(t.text, products[t.component], same=False) for t in spread(titles.others, others)],
    )


def spread(items: Sequence[T], many: int) -> list[T]:
    """At most so many of the items, evenly from the first to the last."""
    if len(items) <= many:
        return list(items)
    return [items[place * len(items) // many] for place in range(many)]
