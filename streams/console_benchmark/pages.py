"""The pages that are asked: one line each. What is not there (yet) is told, not counted."""

import random
from dataclasses import dataclass
from urllib.parse import quote

from connectors.sample.listing_ids import REAL_MARKETPLACES
from streams.console_benchmark.drawn_market import AUTHORITIES, ERRORS, Drawn


@dataclass(frozen=True, slots=True)
class Page:
    """`path` has names in braces for what is drawn anew each time. `news`: the kind by which an open page is filled
    again. `often`: how many times as often as another it is asked."""

    name: str
    path: str
    news: str | None = None
    often: int = 1

    def address(self, drawn: Drawn, dice: random.Random) -> str:
        """One request's path."""
        values = {
            "alert": dice.choice(drawn.alerts),
            "takedown": dice.choice(drawn.takedowns),
            "seller": dice.choice(drawn.sellers),
            "list": dice.choice(drawn.lists),
            "marketplace": dice.choice(REAL_MARKETPLACES),
            "authority": dice.choice([each for each in AUTHORITIES if each]),
            "error": dice.choice(ERRORS)[0],
        }
        return self.path.format_map({name: quote(value, safe="") for name, value in values.items()})


PAGES = (
    Page("alerts", "/alerts", news="alerts", often=4),
    Page("alerts of a marketplace", "/alerts?marketplace={marketplace}", news="alerts"),
    Page("alerts of a seller", "/alerts?seller={seller}"),
    Page("alerts of an authority", "/alerts?authority={authority}"),
    Page("one alert", "/alerts/{alert}", often=4),
    Page("throughput", "/throughput", news="throughput", often=2),
    Page("dead letters", "/dead-letters", news="dead-letters"),
    Page("dead letters of a kind", "/dead-letters?error={error}"),
    Page("takedown lists", "/takedowns", news="requests"),
    Page("one takedown", "/takedowns/{takedown}"),
    Page("style", "/static/console.css"),
)
