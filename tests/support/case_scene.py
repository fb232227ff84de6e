"""One true alert in a console's database: drawn photos, edited, matched by the real engine; and a page that shows it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiohttp import web
from photo_bytes import garment_photo
from seller_graphs import backdrop, contact, photos
from sqlalchemy import insert

from connectors.events import Alert, EventType, Image, ListingEvent, Price, Takedown, TakenDownListing
from connectors.sample.edits import edit_photo
from connectors.seller_links import SellerLink
from streams.console.case import case_values
from streams.console.context import Console, console_of
from streams.console.feed.alert_rows import row_of
from streams.console.rendering import ENVIRONMENT, language_for, page
from streams.console.routes import Route
from streams.console.tables import ALERTS, SELLER_LINKS, TAKEDOWNS, VERDICTS
from streams.epoch import milliseconds
from streams.photos.store import digest_of, open_store
from streams.scan.scan import Outputs, Scan
from streams.settings import PhotoStore, Settings, Worker

SEEN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
GARMENT, OTHER_GARMENT, SHOP, OTHER_SHOP = 32, 28, 3, 8
TITLE = "Jaket Bomber Navy Puncak Gunung L"
DISGUISED = "J4ket B\u043ember N\u200bavy P u n c a k Gununggg READY STOK"


@dataclass(frozen=True)
class Scene:
    """What the engine made of it. `photos`: bytes by digest."""

    alert: Alert
    takedown: Takedown
    photos: dict[str, bytes]
    links: tuple[SellerLink, ...]


def _event(number: int, photos: Sequence[bytes], **changes: Any) -> ListingEvent:
    fields: dict[str, Any] = {
        "event_id": f"e{number}",
        "type": EventType.CREATED,
        "marketplace": "sample-lapak",
        "listing_id": f"70000002.{number}",
        "seller_id": "70000002",
        "url": f"https://sample-lapak.example/70000002/{number}",
        "title": DISGUISED,
        "description": "Jaket bomber, bordir rapi, kondisi mulus",
        "price": Price(amount="149000", currency="IDR"),
        "condition": "used",
        "images": tuple(Image(data=photo) for photo in photos),
        "observed_at": SEEN,
    }
    return ListingEvent(**(fields | changes))


@cache
def scene() -> Scene:
    """A jacket that comes back in another shop: its photos mirrored, turned, covered, its title disguised."""
    shots = [garment_photo(GARMENT, SHOP, shot) for shot in range(3)]
    again = [
        garment_photo(OTHER_GARMENT, OTHER_SHOP),
        edit_photo(edit_photo(edit_photo(shots[1], "mirror"), "rotate", 4), "text-band", 2),
        garment_photo(OTHER_GARMENT, OTHER_SHOP, 1),
    ]
    listing = _event(5, again)
    before = TakenDownListing(
        marketplace="sample-pasar",
        listing_id="70000001.1",
        seller_id="70000001",
        url="https://sample-pasar.example/70000001/1",
        title=TITLE,
        description="Jaket bomber bordir, kondisi mulus",
        price=Price(amount="155000", currency="IDR"),
        condition="used",
        images=tuple(Image(data=shot) for shot in shots),
    )
    takedown = Takedown(
        takedown_id="T-2026-0417",
        listing=before,
        reason="Barang tiruan",
        authority="Kementerian Perdagangan",
        source="ministry",
        taken_down_at=SEEN - timedelta(days=9),
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.jsonl").write_bytes(msgspec.json.encode(takedown))
        (folder / "l.jsonl").write_bytes(msgspec.json.encode(listing))
        with (folder / "a").open("wb") as alerts, (folder / "s").open("wb") as links:
            outputs = Outputs(alerts, None, folder / "dead", links)
            settings = Settings(worker=Worker(photo_processes=1, photo_item_timeout=30.0))
            asyncio.run(Scan(settings, outputs, lambda *_: None).run(folder / "t.jsonl", folder / "l.jsonl"))
            outputs.close()
        alert = msgspec.json.decode((folder / "a").read_bytes(), type=Alert)
        found = [
            msgspec.json.decode(line, type=SellerLink) for line in (folder / "s").read_bytes().splitlines()
        ]
    matched = SEEN + timedelta(milliseconds=640)
    alert = msgspec.structs.replace(alert, matched_at=matched)
    photos = {digest_of(photo): photo for photo in (*shots, *again)}
    return Scene(alert, takedown, photos, tuple(found))


def console_settings(folder: Path, **changes: Any) -> Settings:
    """A console whose photo store is in `folder`."""
    return Settings(
        worker=Worker(data_dir=str(folder / "data"), photo_item_timeout=30.0),
        photo_store=PhotoStore(folder=str(folder / "photos")),
        **changes,
    )


def put_alert(
    console: Console, alert: Alert, *, state: str = "open", by: str | None = None, **changes: Any
) -> None:
    """The alert's row, and the verdict's in force where `state` is one."""
    row = row_of(alert, msgspec.json.encode(alert), held=False, took_ms=None) | {"state": state}
    with console.database.write() as connection:
        connection.execute(insert(ALERTS).values(**(row | changes)))
        if by is not None:
            connection.execute(
                insert(VERDICTS).values(
                    alert_id=alert.alert_id, verdict=state, by=by, decided_ms=row["matched_ms"] + 60_000
                )
            )


def put_takedown(
    console: Console, takedown: Takedown, photos: Sequence[tuple[Any, ...]], **changes: Any
) -> None:
    """The takedown's row; `photos` as the row has them."""
    listing = takedown.listing
    row = {
        "takedown_id": takedown.takedown_id,
        "listing_key": listing.key,
        "marketplace": listing.marketplace,
        "seller": None if listing.seller_id is None else f"{listing.marketplace}:{listing.seller_id}",
        "title": listing.title,
        "authority": takedown.authority,
        "source": takedown.source,
        "reason": takedown.reason,
        "taken_down_ms": takedown.taken_down_at and milliseconds(takedown.taken_down_at),
        "arrived_ms": milliseconds(SEEN - timedelta(days=8)),
        "withdrawn_ms": None,
        "photos": msgspec.json.encode(photos).decode(),
        "record": msgspec.json.encode(takedown),
    }
    with console.database.write() as connection:
        connection.execute(insert(TAKEDOWNS).values(**(row | changes)))


def put_links(console: Console, *links: SellerLink) -> None:
    """Rows of seller links."""
    with console.database.write() as connection:
        for link in links:
            first, second = link.sellers
            connection.execute(
                insert(SELLER_LINKS).values(
                    link=link.key, left=first.key, right=second.key, record=msgspec.json.encode(link)
                )
            )


def put_scene(console: Console, made: Scene) -> None:
    """The scene's alert, takedown, links and photos."""
    store = open_store(console.settings)
    assert store is not None
    for photo in made.photos.values():
        store.put(photo)
    put_alert(console, made.alert)
    shots = [image.data for image in made.takedown.listing.images]
    bare = msgspec.structs.replace(
        made.takedown, listing=msgspec.structs.replace(made.takedown.listing, images=())
    )
    put_takedown(console, bare, [(number, digest_of(shot or b""), None) for number, shot in enumerate(shots)])
    put_links(console, *made.links)


def put_surroundings(console: Console, made: Scene) -> None:
    """Other takedowns of the cluster, earlier alerts with verdicts, and more linked accounts."""
    for number, (title, withdrawn) in enumerate(
        (("Jaket Bomber Puncak Hitam", None), ("Bomber Gunung Navy XL", 1))
    ):
        other = msgspec.structs.replace(
            made.takedown,
            takedown_id=f"T-2026-03{number}1",
            listing=msgspec.structs.replace(made.takedown.listing, title=title, images=()),
        )
        put_takedown(console, other, [], withdrawn_ms=withdrawn and milliseconds(SEEN))
    verdicts = (("relist", "analyst-7"), ("not a relist", "analyst-3"), ("open", None))
    for number, (state, by) in enumerate(verdicts):
        listing = msgspec.structs.replace(
            made.alert.listing, listing_id=f"70000002.9{number}", title=f"Kemeja Flanel Kotak No {number}"
        )
        earlier = msgspec.structs.replace(
            made.alert,
            alert_id=f"earlier-{number}",
            listing=listing,
            probability=0.62 + number / 10,
            matched_at=SEEN - timedelta(days=number + 1),
        )
        put_alert(console, earlier, state=state, by=by)
    ours, theirs = "sample-lapak:70000002", "sample-pasar:70000001"
    put_links(
        console,
        backdrop(ours, "sample-kios:70000311", 31),
        backdrop("sample-kios:70000311", "sample-pasar:70004410", 14),
        photos(theirs, "sample-kios:70000977", 4),
        contact("sample-kios:70000311", "sample-lapak:70000555"),
        contact(ours, "sample-kios:70000311"),
    )


_PAGE = """{% extends "base.html" %}
{% block title %}alert{% endblock %}
{% block styles %}<link rel="stylesheet" href="{{ address_of('case.css') }}">{% endblock %}
{% block scripts %}<script type="module" src="{{ address_of('case.js') }}"></script>{% endblock %}
{% block content %}<h1 class="visually-hidden">Alert</h1><div id="fragment">{% include "case.html" %}</div>{% endblock %}"""


async def shown(request: web.Request) -> web.Response:
    """A page with nothing but the case; with ?fragment the case alone."""
    console = console_of(request)
    values = await console.blocking(
        case_values, console, request.match_info["alert_id"], language_for(request)
    )
    if values is None:
        raise web.HTTPNotFound
    return page(request, ENVIRONMENT.from_string(_PAGE), values)  # type: ignore[arg-type]


ROUTES = (Route("GET", "/case/{alert_id}", shown),)
