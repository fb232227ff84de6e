"""A list read as tests look at it."""

from pathlib import Path

from connectors.takedown_lists.items import Item, Mention, Reject, Remark
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.reading import open_list


def read(path: Path | str, limits: ListLimits | None = None) -> list[Item]:
    with open_list(str(path), limits or ListLimits()) as opened:
        return list(opened.items())


def ids(items: list[Item]) -> list[str]:
    """What the mentions lead to: an id, a slug or a short link."""
    return [
        getattr(item.target, "listing_id", None) or getattr(item.target, "slug", None) or item.target.url
        for item in items
        if isinstance(item, Mention)
    ]


def mentions(items: list[Item]) -> list[Mention]:
    return [item for item in items if isinstance(item, Mention)]


def rejects(items: list[Item]) -> list[tuple[str, str]]:
    """Place and reason."""
    return [(str(item.place), item.why) for item in items if isinstance(item, Reject)]


def remarks(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Remark)]
