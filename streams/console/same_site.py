"""Addresses that a form gives back: only ones of this site. Pure."""

import re

_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*", re.ASCII)


def local_path(text: str) -> str:
    """The path if it is one of this site, else the first page."""
    return text if len(text) <= 2000 and _LOCAL.fullmatch(text) else "/"
