"""A list read as tests look at it."""

from datetime import UTC, datetime
from pathlib import Path

from connectors.links import LinkTarget
from connectors.takedown_lists.items import Item, Mention, Place, Reject, Remark, Told
from connectors.takedown_lists.limits import ListLimits
from connectors.takedown_lists.reading import open_list
from connectors.takedown_requests import Received, TakedownRequest, request_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RECEIVED = Received(
    list_name="daftar.xlsx",
    list_sha256="0" * 64,
    at=NOON,
    by="analyst-7",
    source="ministry",
    authority="Kemendag",
)


def takedown_request(number: int) -> TakedownRequest:
    """A request with all that a row may tell."""
    target = LinkTarget("shopee-id", f"1.{number}", f"https://shopee.co.id/product/1/{number}")
    told = Told(number="1", title="Jaket", seller="toko_a", reason="Impor", date="2023-05-15")
    mention = Mention(f"shopee.co.id/x-i.1.{number}", target, Place(2, "Daftar", "D2"), told)
    return request_of(mention, RECEIVED, target)


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
