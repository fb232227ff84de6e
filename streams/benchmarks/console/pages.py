"""The pages that are asked: one line each. What is not there (yet) is told, not counted."""

import random
from dataclasses import dataclass
from urllib.parse import quote

from connectors.sample.catalogue import BRANDS
from connectors.sample.listing_ids import REAL_MARKETPLACES
from streams.benchmarks.console.drawn_market import AUTHORITIES, ERRORS, Drawn


@dataclass(frozen=True, slots=True)
class Page:
    """`path` has names in braces for what is drawn anew each time. `news`: the kind by which an open page is filled
    again, from `fill`. `often`: how many times as often as another it is asked. `part`: as its page's script asks
    for it, without the page around it."""

    name: str
    path: str
    news: str | None = None
    fill: str = ""
    often: int = 1
    part: bool = False

    def address(self, drawn: Drawn, dice: random.Random, *, again: bool = False) -> str:
        """One request's path."""
        values = {
            "alert": dice.choice(drawn.alerts),
            "takedown": dice.choice(drawn.takedowns),
            "seller": dice.choice(drawn.sellers),
            "list": dice.choice(drawn.lists),
            "marketplace": dice.choice(REAL_MARKETPLACES),
            "authority": dice.choice([each for each in AUTHORITIES if each]),
            "word": dice.choice(BRANDS).lower(),
            "letter": dice.choice(drawn.letters),
            "error": dice.choice(ERRORS)[0],
        }
        path = self.fill if again else self.path
        return path.format_map({name: quote(value, safe="") for name, value in values.items()})


PAGES = (
    Page("alerts", "/alerts", news="alerts", fill="/alerts/queue", often=4),
    Page("alerts, the newest", "/alerts?sort=newest", news="alerts", fill="/alerts/queue?sort=newest"),
    Page("alerts of a marketplace", "/alerts?marketplace={marketplace}"),
    Page("alerts of a seller", "/alerts?seller={seller}&state=all"),
    Page("alerts of an authority, decided", "/alerts?authority={authority}&state=decided"),
    Page("alerts of a day", "/alerts?last=day&state=all&sort=oldest"),
    Page("alerts held from a flood", "/alerts?kind=held"),
    Page("alerts with a word", "/alerts?text={word}"),
    Page("alerts with two words, all", "/alerts?text={word}+xxl&state=all"),
    Page("one alert", "/alerts/{alert}"),
    Page("one alert beside the queue", "/alerts/{alert}", often=4, part=True),
    Page("who has which alert open", "/alerts/claims"),
    Page("throughput", "/throughput", often=2),
    Page("throughput, an hour", "/throughput/history?span=hour", often=2),
    Page("throughput, a day", "/throughput/history?span=day"),
    Page("dead letters", "/dead-letters", news="dead-letters", fill="/dead-letters"),
    Page("dead letters of a kind", "/dead-letters/letters?error={error}"),
    Page("one dead letter", "/dead-letters/{letter}"),
    Page("takedown lists", "/takedowns", news="requests", fill="/takedowns"),
    Page("requests", "/takedowns/requests", news="requests", fill="/takedowns/requests"),
    Page("requests of a list", "/takedowns/requests?list={list}"),
    Page("requests of an authority", "/takedowns/requests?authority={authority}&standing=waiting"),
    Page("one takedown", "/takedowns/of?what={takedown}", often=2),
    Page(
        "report", "/takedowns/report?by=authority&by=marketplace", news="requests", fill="/takedowns/report"
    ),
    Page("people", "/people"),
    Page("audit log", "/audit"),
    Page("style", "/static/console.css"),
)
