"""Listings that flow while a runbook is carried out, a relist of a photo now and then; and what became of them."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from kafka_client import KafkaClient
from listing_records import distinctive_title, listing, takedown
from photo_bytes import garment_photo

from connectors.events import EventType, Image, ListingEvent
from connectors.sample.edits import edit_photo

TAKEDOWNS = 6
EVERY = 6
"""One listing in so many is a relist."""
Pages = dict[str, tuple[str, bytes]]


class Flow:
    """Sends listings at a steady rate until it is ended. A relist has another title and an edited photo of a takedown's,
    so that only the photo tells; photos are behind addresses on `host`, whose `pages` may be taken away."""

    def __init__(self, client: KafkaClient, host: str, pages: Pages, rate: float = 8.0) -> None:
        self._client, self._host, self._pages, self._rate = client, host, pages, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._edited = [edit_photo(garment_photo(each, each), "border") for each in range(TAKEDOWNS)]
        self._folder: Path | None = None
        self.sent: dict[str, str] = {}
        """Key of the listing, and the id of its newest event."""
        self.relists: dict[str, str] = {}
        """Key of the listing, and the takedown's id."""

    def into_files(self, folder: Path) -> None:
        """Write each listing into a file there, for a connector, instead of sending it."""
        self._folder = folder

    def publish_takedowns(self) -> None:
        """The photos that come back."""
        for number in range(TAKEDOWNS):
            image = self.image(f"/taken-{number}.jpg", garment_photo(number, number))
            record = takedown(number, images=(image,))
            self._client.send("takedowns", record.takedown_id, record)
        self._client.flush()

    def edited(self, number: int) -> bytes:
        """The photo of this takedown as it comes back."""
        return self._edited[number]

    def image(self, path: str, photo: bytes) -> Image:
        """The photo, from now on behind this path."""
        self._pages[path] = ("image/jpeg", photo)
        return Image(url=self._host + path)

    def take_away(self, *beginnings: str) -> None:
        """The photos whose path begins so are gone from the web."""
        for path in [path for path in self._pages if path.startswith(beginnings)]:
            del self._pages[path]

    def send(self, event: ListingEvent) -> None:
        """Send a listing, which is looked for at the end."""
        self.sent[event.key] = event.event_id
        if self._folder is None:
            self._client.send("listings", event.key, event)
            return
        whole = self._folder / f"{len(list(self._folder.iterdir()))}-{event.event_id}.jsonl"
        partial = whole.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(event) + b"\n")
        partial.rename(whole)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Send no more; return when Kafka has all that was sent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.flush()

    def _run(self) -> None:
        number, began = 1000, time.monotonic()
        while not self._stop.wait(max(0.0, began + (number - 1000) / self._rate - time.monotonic())):
            of = number % TAKEDOWNS
            images: tuple[Image, ...] = ()
            if number % EVERY == 0:
                of = (number // EVERY) % TAKEDOWNS
                images = (self.image(f"/relist-{number}.jpg", self.edited(of)),)
            event = listing(number, images=images)
            if images:
                self.relists[event.key] = takedown(of).takedown_id
            self.send(event)
            if number % EVERY == 3 and number > 1002:
                # The seller changes what was sent a moment ago: the newest must win.
                title = distinctive_title(number + 100_000)
                self.send(listing(number - 1, event_id=f"u{number}", type=EventType.UPDATED, title=title))
            number += 1

    @staticmethod
    def about(alerts: Iterable[Any]) -> set[str]:
        """The keys of the listings that alerts are about."""
        listings = [msgspec.json.decode(message.value)["listing"] for message in alerts]
        return {f"{each['marketplace']}:{each['listing_id']}" for each in listings}

    def judged(self, fingerprints: Iterable[Any], alerts: Iterable[Any], letters: Iterable[Any]) -> "Judged":
        """What became of all that was sent. Nothing may be missing, and no alert may have two ids."""
        have: dict[str, str] = {}
        for message in fingerprints:
            have[message.key.decode()] = msgspec.json.decode(message.value)["event_id"]
        ids: dict[str, set[str]] = defaultdict(set)
        copies: dict[str, int] = defaultdict(int)
        waits: list[float] = []
        for message in alerts:
            alert = msgspec.json.decode(message.value)
            key = f"{alert['listing']['marketplace']}:{alert['listing']['listing_id']}"
            ids[key].add(alert["alert_id"])
            copies[key] += 1
            received = dict(message.headers).get("rw_received_ms")
            if copies[key] == 1 and received is not None:
                waits.append(message.timestamp / 1000 - int(received) / 1000)
        return Judged(
            sent=len(self.sent),
            missing=sorted(self.sent.keys() - have.keys()),
            overtaken=sorted(key for key, event in self.sent.items() if have.get(key, event) != event),
            relists=len(self.relists),
            missed=sorted(self.relists.keys() - ids.keys()),
            false=sorted(ids.keys() - self.relists.keys()),
            of_two_ids=sorted(key for key, each in ids.items() if len(each) > 1),
            duplicates=sum(count - 1 for count in copies.values()),
            longest=max(waits, default=0.0),
            letters=len(list(letters)),
        )


class Judged(msgspec.Struct, frozen=True):
    """What a runbook left behind it. `overtaken`: listings whose last fingerprint is not of their newest event;
    `duplicates`: alerts that came again; `longest`: seconds from a listing's arrival
    on Kafka to its first alert, at most."""

    sent: int
    missing: list[str]
    overtaken: list[str]
    relists: int
    missed: list[str]
    false: list[str]
    of_two_ids: list[str]
    duplicates: int
    longest: float
    letters: int

    def check(self) -> None:
        """Say how it was, and make sure that nothing was lost."""
        print(msgspec.json.encode(self).decode())
        wrong = [self.missing, self.overtaken, self.missed, self.false, self.of_two_ids]
        assert not any(wrong), self
        assert self.letters == 0, self
        assert self.relists > 0
