"""Writes one listing of the sample marketplace: ids, shop, photos, and what a relist changes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec

from connectors.events import EventType, Image, ListingEvent, Price, Source
from connectors.sample.catalogue import Item, describe, distinctive_item, generic_item
from connectors.sample.disguise import disguise_title
from connectors.sample.listing_ids import FORMS, TIKTOK, TOKOPEDIA, link_of, listing_id_of
from connectors.sample.photo_recipe import PhotoRecipe, PhotoShelf
from connectors.sample.seeds import dice

MARKETPLACES = ("sample-pasar", "sample-lapak", "sample-kios")
SOURCE = Source(connector="sample", version="1")


@dataclass(frozen=True, slots=True)
class Shop:
    """One account on one marketplace, and the place where its photos are taken."""

    marketplace: str
    seller_id: str
    seller_seed: int


class Writer:
    """Listings one after another from one random source; remembers what each shows, for its relists."""

    def __init__(
        self,
        seed: int,
        sellers: int,
        photos: Literal["url", "inline", "none"],
        photo_base: str,
        photos_each: int,
        *,
        marketplaces: Sequence[str] = (),
    ) -> None:
        self.chance = dice("plan", seed)
        self.prefix = f"sample-{seed}"
        self.photos: dict[str, PhotoRecipe] = {}
        self._by, self._base, self._each = photos, photo_base, photos_each
        self._shelf = PhotoShelf()
        self._shops = (
            _shops_in_turn(marketplaces, sellers, self.chance)
            if marketplaces
            else [
                Shop(
                    self.chance.choice(MARKETPLACES),
                    f"{70_000_000 + self.chance.getrandbits(24)}",
                    self.chance.getrandbits(32),
                )
                for _ in range(sellers)
            ]
        )
        self._across = len(set(marketplaces)) > 1
        self._shown: dict[str, tuple[Item, tuple[PhotoRecipe, ...]]] = {}
        self._ids: set[str] = set()

    def shop(self, other_than: Shop | None = None) -> Shop:
        """Some shop; where the marketplaces were named, another one's is on another of them."""
        if self._across and other_than is not None:
            return self.chance.choice(
                [shop for shop in self._shops if shop.marketplace != other_than.marketplace]
            )
        return self.chance.choice([shop for shop in self._shops if shop != other_than])

    def item(self, *, distinctive: bool) -> Item:
        """Something to sell."""
        return distinctive_item(self.chance) if distinctive else generic_item(self.chance)

    def lookalike(self, event: ListingEvent, *, same_title: bool) -> Item:
        """An honest item that resembles the listing's: a generic title, or its colours and print."""
        look = self._shown[event.key][0].look
        other = replace(look, seed=self.chance.getrandbits(40), lettering=look.lettering[::-1])
        return generic_item(self.chance, other) if same_title else distinctive_item(self.chance, other)

    def listing(self, item: Item, shop: Shop, at: datetime) -> ListingEvent:
        """A new listing of the item by the shop; the event's id is given when the plan is in order."""
        count = max(1, self._each - (self.chance.random() < 0.3)) if self._each else 0
        recipes = tuple(PhotoRecipe(item.look, shop.seller_seed, shot) for shot in range(count))
        event = self._event(item, shop, at, recipes)
        self._shown[event.key] = (item, recipes)
        return event

    def again(
        self, original: ListingEvent, shop: Shop, at: datetime, edits: Sequence[str], disguises: Sequence[str]
    ) -> tuple[ListingEvent, tuple[str, ...], tuple[str, ...]]:
        """A relist of the original, with the edits (one a photo) and disguises it was given."""
        item, shown = self._shown[original.key]
        chance = self.chance
        done = tuple(chance.choice(edits) for _ in shown) if edits and self._by != "none" else ()
        worn = tuple(chance.sample(list(disguises), min(len(disguises), chance.choice((1, 1, 2)))))
        recipes = tuple(
            replace(recipe, edits=done[place : place + 1], edit_seed=chance.getrandbits(32))
            for place, recipe in enumerate(shown)
        )
        title = disguise_title(item.title, worn, chance.getrandbits(32))
        price = max(1000, round(item.price * chance.uniform(0.92, 1.08) / 500) * 500)
        disguised = Item(title, describe(item.look, "all size", chance), price, item.look)
        event = self._event(disguised, shop, at, recipes)
        return event, done, worn

    def seen_again(self, event: ListingEvent, kind: EventType, at: datetime) -> ListingEvent:
        """The same listing later: an update has another price, a removal is as it was."""
        price = event.price
        if kind is EventType.UPDATED and price is not None:
            price = Price(
                amount=str(int(price.amount) + self.chance.choice((-5000, 3000, 10000))), currency="IDR"
            )
        return msgspec.structs.replace(event, type=kind, observed_at=at, price=price)

    def _event(
        self, item: Item, shop: Shop, at: datetime, recipes: tuple[PhotoRecipe, ...],
    ) -> ListingEvent:  # fmt: skip
        listing_id, url = self._new_id(shop)
        return ListingEvent(
            event_id="unnumbered",
            type=EventType.CREATED,
            marketplace=shop.marketplace,
            listing_id=listing_id,
            seller_id=shop.seller_id,
            url=url,
            title=item.title,
            description=item.description,
            price=Price(amount=str(item.price), currency="IDR"),
            category=item.look.garment,
            condition="used",
            images=tuple(map(self._image, recipes)) if self._by != "none" else (),
            observed_at=at,
            listed_at=at,
            source=SOURCE,
        )

    def _new_id(self, shop: Shop) -> tuple[str, str]:
        """A listing's id, as its marketplace writes them, and its link."""
        form = FORMS.get(shop.marketplace)
        while True:
            if form is not None:
                item = form.item_of(self.chance)
                listing_id = listing_id_of(shop.marketplace, shop.seller_id, item)
                url = link_of(shop.marketplace, shop.seller_id, item)
            else:
                listing_id = f"{shop.seller_id}.{self.chance.randrange(10**9, 10**10)}"
                url = f"https://{shop.marketplace}.example/{shop.seller_id}/{listing_id}"
            if listing_id not in self._ids:
                self._ids.add(listing_id)
                return listing_id, url

    def _image(self, recipe: PhotoRecipe) -> Image:
        if self._by == "inline":
            return Image(data=self._shelf.photo(recipe))
        self.photos[recipe.name] = recipe
        return Image(url=f"{self._base}/{recipe.name}")


def _shops_in_turn(marketplaces: Sequence[str], sellers: int, chance: random.Random) -> list[Shop]:
    """Shops on each marketplace in turn. A Tokopedia shop is the TikTok Shop one of its round under another
    name, as since the merger of the two: one seller id, one API.
    """
    shops: list[Shop] = []
    for number in range(sellers):
        marketplace = marketplaces[number % len(marketplaces)]
        form = FORMS.get(marketplace)
        twin = {TIKTOK: TOKOPEDIA, TOKOPEDIA: TIKTOK}.get(marketplace)
        this_round = shops[number - number % len(marketplaces) :]
        known = next((shop.seller_id for shop in this_round if shop.marketplace == twin), None)
        seller = known or str(form.seller_of(chance) if form else 70_000_000 + chance.getrandbits(24))
        shops.append(Shop(marketplace, seller, chance.getrandbits(32)))
    return shops
