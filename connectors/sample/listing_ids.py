"""How each marketplace numbers its shops and listings, and where it shows them.

The forms are what public links and API answers show: a Shopee item belongs to a shop, a Lazada item stands
for itself, TikTok Shop and Tokopedia share 19-digit product ids, too large for a double.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

SHOPEE, LAZADA, TIKTOK, TOKOPEDIA = "shopee-id", "lazada-id", "tiktok-id", "tokopedia-id"
REAL_MARKETPLACES = (SHOPEE, LAZADA, TIKTOK, TOKOPEDIA)
"""The marketplaces whose forms are known here."""


@dataclass(frozen=True, slots=True)
class IdForm:
    """How one marketplace writes its ids. `listing` has the item's number as its first group."""

    seller_of: Callable[[random.Random], int]
    item_of: Callable[[random.Random], int]
    listing: re.Pattern[str]
    example: str
    link: str
    """The public address, of `seller` and `item`."""


def _product(chance: random.Random) -> int:
    return 1_729_000_000_000_000_000 + chance.randrange(10**15, 5 * 10**15)


def _tiktok_shop(chance: random.Random) -> int:
    return 7_494_000_000_000_000_000 + chance.randrange(10**14, 10**15)


_TIKTOK_LISTING = re.compile(r"(\d{15,20})")
FORMS: dict[str, IdForm] = {
    SHOPEE: IdForm(
        lambda chance: chance.randrange(10**8, 10**9),
        lambda chance: chance.randrange(10**9, 6 * 10**10),
        re.compile(r"\d{1,15}\.(\d{1,15})"),
        "308864651.11479305215",
        "https://shopee.co.id/product/{seller}/{item}",
    ),
    LAZADA: IdForm(
        lambda chance: 400_600_000_000 + chance.randrange(10**8),
        lambda chance: chance.randrange(10**9, 10**10),
        re.compile(r"(\d{1,15})"),
        "6038744949",
        "https://www.lazada.co.id/products/i{item}.html",
    ),
    TIKTOK: IdForm(
        _tiktok_shop,
        _product,
        _TIKTOK_LISTING,
        "1730811847233275332",
        "https://shop-id.tokopedia.com/view/product/{item}",
    ),
    TOKOPEDIA: IdForm(
        _tiktok_shop,
        _product,
        _TIKTOK_LISTING,
        "1732773678384055322",
        "https://shop-id.tokopedia.com/pdp/barang/{item}",
    ),
}


def listing_id_of(marketplace: str, seller: str, item: int) -> str:
    """The id that our events carry: on Shopee `shop.item`, elsewhere the item's number."""
    return f"{seller}.{item}" if marketplace == SHOPEE else str(item)


def item_of(marketplace: str, listing_id: str) -> int:
    """The marketplace's own number of the listing.

    Raises:
        ValueError: no such marketplace, or not an id of its form; the message shows one.
    """
    form = FORMS.get(marketplace)
    if form is None:
        raise ValueError(f"{marketplace} is none of {', '.join(FORMS)}")
    match = form.listing.fullmatch(listing_id)
    if match is None:
        raise ValueError(f"{listing_id!r} is no listing id of {marketplace}, such as {form.example}")
    return int(match[1])


def link_of(marketplace: str, seller: str, item: int) -> str:
    """Where the marketplace shows the listing to everyone."""
    return FORMS[marketplace].link.format(seller=seller, item=item)
