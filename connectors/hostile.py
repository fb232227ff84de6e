"""A source that attacks whatever it feeds, with the truth about what must become of every record.

Honest listings flow between the attacks, and each of them must come through. Run it against a system of your
own: `relistwatch connect hostile --option seed=1`. The same options give the same bytes in the same order.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated

from msgspec import Meta, Struct

from connectors.events import EventType, ListingEvent, Price
from connectors.events import Source as MadeBy
from connectors.field_types import Marketplace
from connectors.hostile_attacks import ATTACKS, Fate, Step
from connectors.kafka import key_and_value
from connectors.sdk import Context, Event, Item, OptionsError, RetryError, Source, Stop

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class HostileOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `hostile`."""

    seed: int = 1
    """The same seed: the same listings and attacks."""
    honest: Annotated[int, Meta(ge=0)] = 100
    """Honest listings in all, spread between the attacks."""
    rounds: Annotated[int, Meta(ge=1)] = 1
    """How often each attack is made."""
    attacks: tuple[str, ...] = tuple(ATTACKS)
    """Which attacks; all of them where none is named."""
    marketplace: Marketplace = "hostile"
    """Whose the listings are said to be."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A record that was sent, and what must become of it. `key` and `value` are as on Kafka."""

    key: bytes | None
    value: bytes | None
    fate: Fate
    attack: str


class HostileSource(Source[HostileOptions]):
    """Attacks on whatever it feeds, between honest listings. A connection that is reset goes on where it was."""

    name = "hostile"
    options_type = HostileOptions

    def __init__(self, options: HostileOptions | None = None) -> None:
        super().__init__(options or HostileOptions())
        self._place = 0

    def open(self, _context: Context) -> None:
        """Check the attacks' names."""
        check_attacks(self.options.attacks)

    def events(self, stop: Stop) -> Iterator[Item]:
        """The script from where it stands."""
        for place, (_, step, _) in enumerate(script(self.options)):
            if stop.is_set():
                return
            if place < self._place:
                continue
            self._place = place + 1
            if isinstance(step, RetryError):
                raise step
            yield step


def check_attacks(names: Sequence[str]) -> None:
    """Raises OptionsError where an attack is unknown."""
    if unknown := [name for name in names if name not in ATTACKS]:
        raise OptionsError(f"hostile has no attack {unknown[0]!r}; its attacks: {', '.join(ATTACKS)}")


def script(options: HostileOptions) -> Iterator[tuple[str, Step, Fate | None]]:
    """Each step with its attack's name and, for a record, its fate."""
    dice = random.Random(f"hostile-{options.seed}")  # noqa: S311 - a story to repeat, no secret
    numbers = count()

    def honest() -> ListingEvent:
        number = next(numbers)
        return ListingEvent(
            event_id=f"{options.marketplace}.{options.seed}.{number}",
            type=EventType.CREATED,
            marketplace=options.marketplace,
            listing_id=f"{options.seed}-{number}",
            seller_id=f"seller-{dice.randrange(20)}",
            title=f"Kemeja flanel kotak nomor {number}",
            price=Price(amount=str(50_000 + dice.randrange(500) * 100), currency="IDR"),
            observed_at=START + timedelta(seconds=number),
            source=MadeBy(connector="hostile", version="1"),
        )

    turns = [name for _ in range(options.rounds) for name in options.attacks]
    left = options.honest
    for turn, name in enumerate(turns):
        share = left // (len(turns) - turn)
        left -= share
        for _ in range(share):
            yield "honest", honest(), "fingerprint"
        for step, fate in ATTACKS[name](dice, honest):
            yield name, step, fate
    for _ in range(left):
        yield "honest", honest(), "fingerprint"


def planted(options: HostileOptions) -> list[Planted]:
    """Every record of the script with its fate, as it stands on Kafka."""
    return [
        Planted(*key_and_value(step), fate, name)
        for name, step, fate in script(options)
        if fate is not None and isinstance(step, Event)
    ]
