"""Addresses from outside, as links that may be followed. Pure."""

import re
from urllib.parse import urlsplit

LONGEST = 2000
_PLAIN = re.compile(r"[\x21-\x7e]+")
"""No spaces or controls, which browsers leave out before they look at the scheme; others are written with %."""


def web_link(url: str | None) -> str | None:
    """The address if it is one of the web with a host and no password in it, else None."""
    if url is None or len(url) > LONGEST or not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return url if fits and "\\" not in url else None
