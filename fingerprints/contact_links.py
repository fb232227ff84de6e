"""Links in a text that name a shop, an account or a number, read without the network.

A link that only a server could resolve (`bit.ly/wa-toko`) is a contact by itself: it leads to the same place
wherever it stands. Links to products name no contact, unless the shop is part of them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from fingerprints.contact_numbering import international, is_mobile


class Found(NamedTuple):
    """A contact at a place of the text."""

    at: int
    kind: str
    value: str


_DOMAINS = (
    r"wa\.me|wa\.link|api\.whatsapp\.com|chat\.whatsapp\.com|web\.whatsapp\.com|t\.me|telegram\.me|line\.me|lin\.ee"
    r"|bit\.ly|s\.id|linktr\.ee|instagram\.com|instagr\.am|facebook\.com|fb\.com|fb\.me|m\.me|tiktok\.com|twitter\.com|x\.com"
    r"|youtube\.com|shopee\.co\.id|tokopedia\.com|lazada\.co\.id|bukalapak\.com"
)
_LINK = re.compile(
    rf"(?<![a-z0-9@-])(?:(?:www|m|id|id-id|web|vt|l|mobile|touch)\.)?({_DOMAINS})[ ]?[/?][ ]?([^\s\"'<>()\[\]{{}}|·,]*)"
)
_SPACED_DOT = re.compile(r"(?<=[a-z]) ?(?:\. | \.|\[\.\]|\(\.\)| dot ) ?(?=(?:me|com|co|id|link|ly|ee)\b)")
_SPACED_SLASH = re.compile(r"(?<=\.me|com) (?:/|slash) ?(?=[a-z0-9@+~])")
_SCHEME = re.compile(r"whatsapp://send/?\?([^\s]*)")
_ANY_LINK = re.compile(
    r"(?:https?://|www\.)[^\s]+|(?<![a-z0-9@.-])[a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){0,3}?\.(?:com|net|org|id|me|ly|ee|link|shop|store)/[^\s]+"
)
_PHONE_ARGUMENT = re.compile(r"(?:^|[?&])phone=([^&#]*)")
_NAME = re.compile(r"@?([a-z0-9_](?:[a-z0-9_.-]{0,40}[a-z0-9_])?)")
_SHOPEE_ITEM = re.compile(r"-?i\.(\d{1,20})\.\d{1,20}$")

_RESERVED = {
    "instagram": "p reel reels tv explore stories accounts about s",
    "facebook": "groups watch marketplace events sharer share pages profile.php story.php photo photo.php permalink.php"
    " login help p l.php reel hashtag",
    "tiktok": "shop view discover tag music",
    "twitter": "home intent share search hashtag i",
    "youtube": "watch shorts playlist results c channel user embed live",
    "telegram": "joinchat s share addstickers proxy",
    "shopee": "product shop universal-link search mall flash_sale daily_discover buyer user cart m events web docs"
    " download help verify list collections",
    "tokopedia": "p search discovery find help blog promo cart login register about terms privacy careers mitra"
    " official-store people events top-up order-list wishlist now affiliate seller hot rekomendasi view pdp",
    "lazada": "products shop tag catalog helpcenter wow cart customer",
    "bukalapak": "p u products c blog",
}
_RESERVED_WORDS = {network: frozenset(words.split()) for network, words in _RESERVED.items()}
_NETWORKS = {
    "instagram.com": "instagram",
    "instagr.am": "instagram",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.me": "facebook",
    "m.me": "facebook",
    "tiktok.com": "tiktok",
    "twitter.com": "twitter",
    "x.com": "twitter",
    "youtube.com": "youtube",
    "t.me": "telegram",
    "telegram.me": "telegram",
    "linktr.ee": "linktree",
}


_MARKETPLACES = frozenset(("shopee.co.id", "tokopedia.com", "lazada.co.id", "bukalapak.com"))
_CHAT_SHORTENERS = frozenset(("wa.link", "lin.ee"))
_SHORTENERS = _CHAT_SHORTENERS | {"bit.ly", "s.id"}
_FACEBOOK_ID = re.compile(r"(?:^|&)id=(\d{5,20})")


def joined_links(text: str) -> str:
    """Plain text whose links are not broken up: "wa . me / 62812" is "wa.me/62812"."""
    if "/" not in text and "slash" not in text:
        return text
    return _SPACED_SLASH.sub("/", _SPACED_DOT.sub(".", text))


def find_links(text: str) -> Iterator[Found]:
    """Contacts that the links of a plain text name, in order."""
    for match in _SCHEME.finditer(text):
        yield from _whatsapp(match.start(), f"?{match[1]}")
    for match in _LINK.finditer(text):
        domain = match[1]
        path, _, arguments = match[2].partition("?")
        if "whatsapp.com" in domain or domain == "wa.me":
            yield from _whatsapp(match.start(), match[2], domain)
        elif (contact := _named(domain, path, arguments)) is not None:
            yield Found(match.start(), *contact)


def without_links(text: str) -> str:
    """The text with every link blanked out, place for place: its numbers are no phone numbers."""
    return _ANY_LINK.sub(lambda match: "·" * len(match[0]), text)


def _whatsapp(at: int, rest: str, domain: str = "") -> Iterator[Found]:
    if domain == "chat.whatsapp.com":
        if (code := re.match(r"(?:invite/)?([a-z0-9]{15,30})", rest)) is not None:
            yield Found(at, "messenger", f"whatsapp-group:{code[1]}")
        return
    if (message := re.match(r"message/([a-z0-9]{6,30})", rest)) is not None:
        yield Found(at, "messenger", f"wa.me:{message[1]}")
        return
    argument = _PHONE_ARGUMENT.search(rest) or _PHONE_ARGUMENT.search(rest.partition("?")[2])
    written = argument[1] if argument is not None else re.split(r"[?#/]", rest)[0]
    digits = re.sub(r"%20|%2b|\D", "", written)
    if (number := _number(digits)) is not None:
        yield Found(at, "phone", number)


def _number(digits: str) -> str | None:
    """WhatsApp's links have the international form without +; sellers also write the 0 or leave out the 62."""
    if (number := international(digits)) is not None:
        return number
    if is_mobile(digits):
        return f"+62{digits}"
    return (
        f"+{digits}"
        if 9 <= len(digits) <= 15 and digits[0] not in "0" and not digits.startswith("62")
        else None
    )


def _named(domain: str, path: str, arguments: str) -> tuple[str, str] | None:
    """Kind and value of the contact that a link names, of any domain but WhatsApp's own."""
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        return None
    if domain in _MARKETPLACES or (domain == "tiktok.com" and segments[:2] == ["shop", "store"]):
        return _shop(domain, segments)
    if domain in _SHORTENERS:
        name = _clean(segments[0])
        leads_to_a_chat = name is not None and (domain in _CHAT_SHORTENERS or name.startswith("wa"))
        return ("messenger", f"{domain}:{name}") if leads_to_a_chat else None
    if domain == "line.me":  # line.me/ti/p/~name, line.me/R/ti/p/@name
        name = _clean(segments[-1].replace("%40", "").lstrip("~@"))
        return ("handle", f"line:{name}") if name is not None and segments[-2:-1] == ["p"] else None
    return _account(_NETWORKS[domain], segments, arguments)


def _account(network: str, segments: list[str], arguments: str) -> tuple[str, str] | None:
    if network == "telegram" and (segments[0] == "joinchat" or segments[0][0] == "+"):
        code = segments[-1].lstrip("+")
        number = _number(code) if code.isdecimal() else None
        return ("phone", number) if number is not None else ("messenger", f"telegram-group:{code[:40]}")
    name = _clean(segments[0])
    if network == "facebook" and segments[0] == "profile.php":
        identity = _FACEBOOK_ID.search(arguments)
        name = None if identity is None else identity[1]
    elif network == "youtube" and segments[0] in {"c", "user"} and len(segments) > 1:
        name = _clean(segments[1])
    elif segments[0] in _RESERVED_WORDS.get(network, ()):
        return None
    if name is None or (network == "tiktok" and not segments[0].startswith("@")):
        return None
    return "handle", handle_value(network, name)


def _shop(domain: str, segments: list[str]) -> tuple[str, str] | None:
    marketplace = domain.partition(".")[0]
    if domain == "tiktok.com":
        identity = segments[-1]
        return ("shop", f"tiktok-shop:{identity}") if re.fullmatch(r"\d{5,20}", identity) else None
    if marketplace == "shopee" and (item := _SHOPEE_ITEM.search(segments[-1])) is not None:
        return "shop", f"shopee:{item[1]}"
    if marketplace == "shopee" and segments[0] == "universal-link":
        segments = segments[1:]
    if len(segments) > 1 and segments[0] in {"shop", "product", "u"} and marketplace != "tokopedia":
        if (marketplace, segments[0]) not in {("lazada", "product"), ("bukalapak", "product")}:
            name = _clean(segments[1])
            return ("shop", f"{marketplace}:{name}") if name is not None else None
        return None
    if marketplace in {"lazada", "bukalapak"} or not segments or segments[0] in _RESERVED_WORDS[marketplace]:
        return None
    name = _clean(segments[0])
    return ("shop", f"{marketplace}:{name}") if name is not None and len(name) > 2 else None


def _clean(name: str) -> str | None:
    match = _NAME.match(name)
    return None if match is None else match[1]


def handle_value(network: str, name: str) -> str:
    """A handle as one string; Facebook does not tell dots in a name apart (its help on usernames)."""
    return f"{network}:{name.replace('.', '') if network == 'facebook' else name}"
