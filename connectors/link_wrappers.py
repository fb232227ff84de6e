"""Links inside links: what mail filters, search engines and social sites put around one, taken off offline."""

import re
from typing import Final
from urllib.parse import unquote

MOST_WRAPPERS: Final = 3
"""Wrappers within each other that are taken off."""

_QUERY_OF: Final[dict[str, tuple[str, ...]]] = {
    "l.facebook.com": ("u",),
    "lm.facebook.com": ("u",),
    "l.instagram.com": ("u",),
    "l.threads.com": ("u",),
    "linkprotect.cudasvc.com": ("a",),
    "slack-redir.net": ("url",),
    "www.youtube.com": ("q",),
    "urldefense.proofpoint.com": ("u",),
    "urldefense.com": (),
    "out.reddit.com": ("url",),
}
"""Hosts of redirects, and the parameters that hold the link."""

_GOOGLE = re.compile(r"(?:www\.)?google\.(?:[a-z]{2,3}|co\.[a-z]{2}|com\.[a-z]{2})", re.ASCII)
_PROOFPOINT_3 = re.compile(r"/v3/__(.{1,4000}?)__;", re.ASCII | re.DOTALL)
_PROOFPOINT_2 = str.maketrans({"-": "%", "_": "/"})


def unwrapped(host: str, path: str, query: str) -> str | None:
    """The link that this one would redirect to; None where it is no known wrapper, "" where it holds none."""
    if host.endswith(".safelinks.protection.outlook.com"):
        return _parameter(query, ("url",))
    if _GOOGLE.fullmatch(host):
        return _parameter(query, ("q", "url", "imgrefurl")) if path in {"/url", "/imgres"} else None
    names = _QUERY_OF.get(host)
    if names is None or (host == "www.youtube.com" and path != "/redirect"):
        return None
    if host == "urldefense.com":
        found = _PROOFPOINT_3.match(path + ("?" + query if query else ""))
        return found[1] if found else ""
    link = _parameter(query, names)
    if host == "urldefense.proofpoint.com" and path.startswith("/v2/"):
        return unquote(link.translate(_PROOFPOINT_2))
    return link


def _parameter(query: str, names: tuple[str, ...]) -> str:
    """The first of these parameters that looks like a link, decoded once. HTML's &amp; separates too."""
    for pair in query.replace("&amp;", "&").split("&"):
        name, _, value = pair.partition("=")
        if name in names and value:
            return unquote(value)
    return ""
