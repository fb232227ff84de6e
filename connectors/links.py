"""What a link leads to: a listing of a marketplace, a short link that must be looked up, or nothing of ours, and why.

Pure: no network. The forms are those of docs and public pages as of 2026:

| site | path | id |
|---|---|---|
| shopee.co.id | `...-i.SHOP.ITEM`, `/product/SHOP/ITEM`, `/universal-link/product/SHOP/ITEM` | `SHOP.ITEM` |
| lazada.co.id | `...-iITEM.html`, `...-iITEM-sSKU.html` | `ITEM` |
| tokopedia.com | `/SHOP/SLUG`, the slug of newer ones ends in the product's 19 digits | those, or none yet |
| shop-id.tokopedia.com, shop.tiktok.com, tiktok.com | `/view/product/ID`, `/pdp/ID`, `/pdp/SLUG/ID` | `ID` |

A link that is recognised has one canonical form, whatever form, host, tracking or title it came with, and
recognising that form gives the same again.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from connectors.link_hosts import SHORT_HOSTS, SITES, Site, why_no_site
from connectors.link_wrappers import MOST_WRAPPERS, unwrapped
from connectors.tokopedia_words import RESERVED_PAGES, RESERVED_SHOPS

REMEMBERED_HOSTS: Final = 256
LONGEST_LINK: Final = 4096
"""Characters of a link that is looked at."""


class LinkTarget(Struct, frozen=True):
    """A listing. `url` is canonical. Without `listing_id`, `slug` (shop/slug) is what is known of it."""

    marketplace: str
    listing_id: str | None
    url: str
    slug: str | None = None


class ShortLink(Struct, frozen=True):
    """A link that only a request can resolve; `url` is canonical."""

    url: str


class RefusedLink(Struct, frozen=True):
    """A link that leads to no listing; `why` is one line without any text from the link's own path."""

    why: str


Recognised = LinkTarget | ShortLink | RefusedLink

_SCHEME = re.compile(r"\s{0,3}(h(?:tt|xx|\*\*)ps?)\s{0,2}:\s{0,2}/{0,3}", re.IGNORECASE | re.ASCII)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,20}", re.ASCII)
_PORTS: Final = {"", "80", "443"}

_SHOPEE_TITLE = re.compile(r"i\.([0-9]{1,19})\.([0-9]{1,19})/?$", re.ASCII)
_SHOPEE_PRODUCT = re.compile(r"^/(?:universal-link/)?product/([0-9]{1,19})/([0-9]{1,19})/?$", re.ASCII)
_LAZADA = re.compile(r"(?:^|[/-])i([0-9]{1,19})(?:-s[0-9]{1,19})?\.html$", re.ASCII)
_PRODUCT = re.compile(r"/(?:view/product|pdp(?:/[^/]+)?)/([0-9]{15,20})/?$", re.ASCII)
_SLUG_ID = re.compile(r"(?:^|-)([0-9]{19})$", re.ASCII)
_NAME = re.compile(r"[a-z0-9._~-]{1,200}", re.ASCII)
"""A shop or a slug of Tokopedia, in small letters."""
_CODE = re.compile(r"[A-Za-z0-9._~/-]{1,200}", re.ASCII)
_REGION = re.compile(r"(?:^|&)region=([a-z]{2})(?:&|$)", re.IGNORECASE | re.ASCII)


def recognise(link: str) -> Recognised:
    """What `link` leads to. Never raises; linear in the link's length, of which 4096 characters are allowed."""
    for _ in range(MOST_WRAPPERS + 1):
        if len(link) > LONGEST_LINK:
            return RefusedLink(f"a link of more than {LONGEST_LINK} characters")
        parts = _taken_apart(link)
        if isinstance(parts, RefusedLink):
            return parts
        host, path, query = parts
        if host in SITES or host in SHORT_HOSTS:
            return _recognised(host, path, query)
        inner = unwrapped(host, path, query)
        if inner is None:
            return RefusedLink(why_no_site(host))
        if not inner:
            return RefusedLink("a redirect that names no link")
        link = inner
    return RefusedLink(f"more than {MOST_WRAPPERS} redirects within each other")


def _taken_apart(link: str) -> tuple[str, str, str] | RefusedLink:
    """Host in small letters, path and query, as browsers take a link apart (WHATWG URL)."""
    text = link.strip().replace("\\", "/")
    if text[:13].casefold().startswith(("http%3a", "https%3a", "hxxp%3a", "hxxps%3a")):
        text = unquote(text)
    scheme = _SCHEME.match(text)
    if scheme:
        text = text[scheme.end() :]
    elif _ANY_SCHEME.match(text):
        return RefusedLink("no link of the web: another scheme than http and https")
    else:
        text = text.lstrip("/")
    text = text.partition("#")[0]
    before, _, query = text.partition("?")
    authority, slash, path = before.partition("/")
    host = _host(authority)
    return host if isinstance(host, RefusedLink) else (host, slash + path, query)


@lru_cache(REMEMBERED_HOSTS)
def _host(authority: str) -> str | RefusedLink:
    if "@" in authority:
        return RefusedLink("a name before @: the link leads elsewhere than it seems to")
    name, _, port = authority.partition(":")
    host = unicodedata.normalize("NFKC", unquote(name)).casefold().rstrip(".")
    if not host.isascii():
        return RefusedLink("look-alike host: letters that are not ASCII")
    if port not in _PORTS:
        return RefusedLink("a port that no marketplace uses")
    if len(host) > 253 or not _HOST.fullmatch(host):
        return RefusedLink("no host that could be a site's")
    return host


def _recognised(host: str, path: str, query: str) -> Recognised:
    if host in SHORT_HOSTS:
        return _short(host, path)
    site = SITES[host]
    if host.endswith("tiktok.com") and path.startswith("/t/") and len(path) > 3:
        return _short(host, path)
    plain = unquote(path)
    if site in {"tiktok", "tokopedia-shop"}:
        return _product(site, plain, query)
    return {"shopee": _shopee, "lazada": _lazada, "tokopedia": _tokopedia}[site](plain)


def _short(host: str, path: str) -> ShortLink | RefusedLink:
    code = unquote(path).strip("/")
    if not code:
        return RefusedLink("a short link without its code")
    if not _CODE.fullmatch(code):
        return RefusedLink("a short link with signs that no code has")
    # The code's letters count: only the host is written small.
    return ShortLink(f"https://{host}/{code}")


def _number(digits: str) -> str | None:
    """An id without zeros in front, so that one listing has one id; None for zero."""
    return digits.lstrip("0") or None


def _shopee(path: str) -> LinkTarget | RefusedLink:
    found = _SHOPEE_TITLE.search(path) or _SHOPEE_PRODUCT.match(path)
    shop, item = (_number(found[1]), _number(found[2])) if found else (None, None)
    if shop is None or item is None:
        return _no_listing(path)
    return LinkTarget("shopee-id", f"{shop}.{item}", f"https://shopee.co.id/product/{shop}/{item}")


def _lazada(path: str) -> LinkTarget | RefusedLink:
    found = _LAZADA.search(path)
    item = _number(found[1]) if found else None
    if item is None:
        return _no_listing(path)
    return LinkTarget("lazada-id", item, f"https://www.lazada.co.id/products/i{item}.html")


def _tokopedia(path: str) -> LinkTarget | RefusedLink:
    if found := _PRODUCT.search(path):
        return _with_id("tokopedia-shop", found[1])
    # Shops and slugs are made of small letters, digits and hyphens.
    parts = [part for part in path.casefold().split("/") if part]
    if len(parts) == 1:
        return RefusedLink("a page of Tokopedia or a shop, no listing")
    if len(parts) != 2 or parts[0] in RESERVED_SHOPS or parts[1] in RESERVED_PAGES:
        return _no_listing(path)
    if any(part in {".", ".."} or not _NAME.fullmatch(part) for part in parts):
        return _no_listing(path)
    if found := _SLUG_ID.search(parts[1]):
        return _with_id("tokopedia-shop", found[1], "/".join(parts))
    slug = "/".join(parts)
    return LinkTarget("tokopedia-id", None, f"https://www.tokopedia.com/{slug}", slug)


def _product(site: Site, path: str, query: str) -> LinkTarget | RefusedLink:
    found = _PRODUCT.search(path)
    if not found:
        return _no_listing(path)
    region = _REGION.search(query)
    if region and region[1].upper() != "ID":
        return RefusedLink(f"TikTok Shop of another country: region {region[1].upper()}")
    return _with_id(site, found[1])


def _with_id(site: Site, digits: str, slug: str | None = None) -> LinkTarget | RefusedLink:
    product = _number(digits)
    if product is None:
        return RefusedLink("no listing has this id")
    if site == "tiktok":
        return LinkTarget("tiktok-id", product, f"https://shop.tiktok.com/view/product/{product}")
    address = f"https://shop-id.tokopedia.com/view/product/{product}"
    return LinkTarget("tokopedia-id", product, address, slug)


def _no_listing(path: str) -> RefusedLink:
    return RefusedLink("no listing at this path" if path.strip("/") else "the site's own page, no listing")
