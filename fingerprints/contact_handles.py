"""Account names in plain text: "IG @toko.baju", "line id: toko", "@toko_baju", "shopee: namatoko".

An at sign alone is a poor witness: it is also the price of each ("@25rb"), a place ("@jakarta") and a letter
("@nak"). A name after it must look like one.
"""

import re
from collections.abc import Iterator

from fingerprints.contact_links import Found, handle_value
from fingerprints.contact_words import A_WORDS, NO_NAMES

_NETWORK_WORDS = {
    "instagram": "ig instagram insta instagrm igs i.g instgram",
    "facebook": "fb facebook fesbuk fanpage fanspage facebok",
    "tiktok": "tiktok tik.tok tik-tok",
    "telegram": "telegram tele telegrm",
    "line": "line idline lineid",
    "twitter": "twitter",
    "youtube": "youtube",
    "wechat": "wechat",
    "shopee": "shopee shope shopie",
    "tokopedia": "tokopedia tokped toped",
    "lazada": "lazada",
    "bukalapak": "bukalapak",
}
_NETWORK = {word: network for network, words in _NETWORK_WORDS.items() for word in words.split()}
NETWORK_WORDS = frozenset(_NETWORK)
"""What announces an account."""
_QUALIFIER = (
    r"(?:id|acc|account|akun|username|user|uname|name|nama|official|ofc|kami|toko|shop|store|kita|only|page)"
)
_ANNOUNCED = re.compile(
    rf"(?<![a-z0-9.@_-])({'|'.join(map(re.escape, sorted(_NETWORK, key=len, reverse=True)))})(?![a-z0-9_])"
    rf"((?:\s{{0,2}}{_QUALIFIER}(?![a-z0-9_.])){{0,2}})"
    r"(\s{0,2}[:=@·>\-/~(]{0,4}\s{0,2}@?\s?)([a-z0-9_][a-z0-9_.]{0,39})"
)
_ID_BEFORE = re.compile(r"(?:^|[^a-z0-9])id\s?$")
_BEFORE_LINE = re.compile(r"(?:^|[^a-z])(?:a|on|off|in|h|i|x|base|dead|head|sky|b)[\s-]{0,2}$")
_AT = re.compile(r"(?<![a-z0-9._@])@([a-z_][a-z0-9_.]{2,29})(?![a-z0-9_@])")
_AT_DIGITS = re.compile(r"(?<![a-z0-9._@])@(\d{1,4}[a-z]{0,12}[._][a-z0-9_.]{3,25})(?![a-z0-9_@])")
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])([a-z0-9._%+-]{1,64})@[a-z0-9-]{1,40}(?:\.[a-z]{2,10}){1,3}(?![a-z0-9_])"
)
_MAIL_HOST = re.compile(r"(?:gmail|yahoo|ymail|hotmail|outlook|icloud|live|rocketmail|mail)(?:\.[a-z.]+)?")
_PIN = re.compile(
    r"(?<![a-z0-9])(?:pin|pinbb|bbm|bb)\s?(?:bbm|bb)?\s{0,2}[:=.]?\s{0,2}([a-f0-9]{8})(?![a-z0-9])"
)
_PRICE = re.compile(r"(?:rp|idr)[.\d]|[\d.,]+(?:[a-z]{1,6})?$")

_LEET_AT = re.compile(r"[a-z]@[a-z]")
_SHOP_NAME = re.compile(
    r"(?<=[a-z])(?:shop|store|olshop|official|collection|boutique|butik|thrift)|(?:toko|kedai|butik)(?=[a-z])"
)
"""What the names of shops have within them, so that they are told from words."""
_SOCIAL = frozenset(("instagram", "facebook", "tiktok", "telegram", "twitter"))
_IDENTITY = re.compile(r"id|user|akun|acc")
_MARK = re.compile(r"[._]")
_MARKED = re.compile(r"[._]|[a-z]\d")
_MODEL = re.compile(r"[a-z]{1,4}\d{1,3}(?:rb|k|ribu)?")
_LEAST = 3
_LETTERS_AT_LEAST = 5
"""Letters of a name of nothing else that no at sign marks: "FB: full black" names no account."""


def mask_emails(text: str) -> str:
    """The plain text with email addresses blanked out, place for place; "ig@name.x" is none."""
    if "@" not in text:
        return text
    return _EMAIL.sub(lambda match: match[0] if match[1] in _NETWORK else "·" * len(match[0]), text)


def find_handles(text: str) -> Iterator[Found]:
    """Contacts that the text names an account of, those with a known network first."""
    taken: set[int] = set()
    for match in _ANNOUNCED.finditer(text):
        network, name = _NETWORK[match[1]], match[4].rstrip("._")
        if _is_announced(text, match, network, name):
            taken.update((match.start(4), match.start(4) - 1))
            yield Found(match.start(), "handle", handle_value(network, name))
    for match in _PIN.finditer(text):
        if any(map(str.isalpha, match[1])) and any(map(str.isdecimal, match[1])):
            yield Found(match.start(), "messenger", f"bbm:{match[1]}")
    if "@" not in text:
        return
    lettered = bool(_LEET_AT.search(text))
    for pattern in (_AT, _AT_DIGITS):
        for match in pattern.finditer(text):
            name = match[1].rstrip("._")
            if match.start() not in taken and match.start(1) not in taken and _is_name(name, lettered):
                yield Found(match.start(), "handle", f"@:{name}")


def _is_announced(text: str, match: re.Match[str], network: str, name: str) -> bool:
    """Whether a name after a network's word is an account's."""
    before = text[max(match.start() - 12, 0) : match.start()]
    between = match[3]
    least = _LETTERS_AT_LEAST if name.isalpha() and "@" not in between else _LEAST
    if len(name) < least or not any(map(str.isalpha, name)) or not _may_be_a_name(name):
        return False
    if network == "line" and _BEFORE_LINE.search(before):
        return False
    if re.search(r"[:=>@]", between):
        return True
    if not between or between.strip(" ·"):
        return False
    if _IDENTITY.search(match[2]) or _ID_BEFORE.search(before):
        return True
    # Nothing but a space: "ig toko.baju" is an account, "ig feed" is not.
    return network in _SOCIAL and len(name) >= 5 and bool(_MARKED.search(name) or _SHOP_NAME.search(name))


def _may_be_a_name(name: str) -> bool:
    return not (name in NO_NAMES or name in _NETWORK or _PRICE.match(name) or _MAIL_HOST.fullmatch(name))


def _is_name(name: str, lettered: bool) -> bool:
    """Whether what follows an at sign is an account; `lettered` where at signs stand for letters in the text."""
    if len(name) <= _LEAST or not _may_be_a_name(name):
        return False
    if _MARK.search(name) and len(name) >= 5:
        return not lettered or any(map(str.isdecimal, name)) or "_" in name
    return not lettered and name not in A_WORDS and len(name) >= 6 and not _MODEL.fullmatch(name)
