"""Whose a host is: a marketplace's site that shows listings, a short link, a redirect wrapper, or a look-alike.

Hosts are compared whole or by their last labels, never by what they contain: `shopee.co.id.evil.example` is
somebody else's.
"""

from typing import Final, Literal

Site = Literal["shopee", "lazada", "tokopedia", "tiktok", "tokopedia-shop"]

SITES: Final[dict[str, Site]] = {
    "shopee.co.id": "shopee",
    "www.shopee.co.id": "shopee",
    "m.shopee.co.id": "shopee",
    "mall.shopee.co.id": "shopee",
    "lazada.co.id": "lazada",
    "www.lazada.co.id": "lazada",
    "m.lazada.co.id": "lazada",
    "tokopedia.com": "tokopedia",
    "www.tokopedia.com": "tokopedia",
    "m.tokopedia.com": "tokopedia",
    "shop-id.tokopedia.com": "tokopedia-shop",
    "shop.tiktok.com": "tiktok",
    "tiktok.com": "tiktok",
    "www.tiktok.com": "tiktok",
    "m.tiktok.com": "tiktok",
}
"""Hosts whose pages show listings."""

SHORT_HOSTS: Final = frozenset(
    {
        "s.shopee.co.id",
        "id.shp.ee",
        "shp.ee",
        "id.shope.ee",
        "shope.ee",
        "s.lazada.co.id",
        "c.lazada.co.id",
        "vt.tiktok.com",
        "vm.tiktok.com",
        "vt.tokopedia.com",
        "tokopedia.link",
    }
)
"""Hosts of links that only a request can resolve."""

_HOME: Final = {"shopee.co.id", "lazada.co.id", "tokopedia.com", "tiktok.com"}
_ABROAD: Final = {
    **dict.fromkeys(
        (
            "shopee.com", "shopee.sg", "shopee.com.my", "shopee.ph", "shopee.vn", "shopee.co.th", "shopee.tw",
            "shopee.com.br", "shopee.com.mx", "shopee.com.co", "shopee.cl", "shopee.pl", "shopee.io",
            "shopeemobile.com",
        ),
        "Shopee",
    ),
    **dict.fromkeys(
        ("lazada.com", "lazada.sg", "lazada.com.my", "lazada.com.ph", "lazada.vn", "lazada.co.th"), "Lazada"
    ),
    **dict.fromkeys(("tokopedia.net", "tokopedia.id"), "Tokopedia"),
    **dict.fromkeys(("tiktokglobalshop.com", "tiktok-shops.com", "tiktokcdn.com"), "TikTok"),
}  # fmt: skip
"""The marketplaces' other domains, of other countries and for other uses."""

_LOOKS: Final = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "!": "l", "3": "e", "4": "a", "5": "s", "-": None}
)
_BRANDS: Final = tuple(
    (name.casefold().translate(_LOOKS), name) for name in ("Shopee", "Lazada", "Tokopedia", "TikTok")
)


def why_no_site(host: str) -> str:
    """Why this ASCII host, in small letters and in neither table above, leads to no listing; one line."""
    if any(label.startswith("xn--") for label in host.split(".")):
        return "look-alike host: letters that are not ASCII (punycode)"
    for parts in (2, 3):
        domain = ".".join(host.split(".")[-parts:])
        if domain in _HOME:
            return f"a part of {domain} that shows no listings"
        if domain in _ABROAD:
            return f"{_ABROAD[domain]} of another country or for another use: {domain}"
    looks = host.translate(_LOOKS).replace("rn", "m").replace("vv", "w")
    for shape, name in _BRANDS:
        if shape in looks.replace(".", ""):
            return f"look-alike host: it names {name}, and is not theirs"
    return "another site"
