"""What the topics hold after a month on a busy market: alerts, verdicts, takedowns, requests and the rest, drawn.

The same seed draws the same market, but for its times, which end now.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.events import (
    Alert,
    AlertListing,
    AlertTakedown,
    Algorithms,
    DeadLetter,
    Image,
    Listing,
    ListingEvent,
    PhotoDigest,
    Takedown,
    TakenDownListing,
)
from connectors.evidence import Evidence, PhotoEvidence, PriceEvidence, SellerEvidence, TitleEvidence
from connectors.sample.disguise import DISGUISES
from connectors.sample.listing_ids import REAL_MARKETPLACES
from connectors.sample.writer import Writer
from connectors.seller_links import LinkedSeller, SellerLink
from connectors.takedown_requests import ListPlace, TakedownRequest
from connectors.takedown_status import Reason, State, StatusChange, TakedownStatus
from connectors.verdicts import Judgement, Verdict
from streams.kafka_clients.message_headers import RECEIVED_HEADER
from streams.kafka_clients.outbox import Outgoing
from streams.records import alert_id
from streams.topics import (
    ALERTS,
    DEAD_LETTERS,
    HELD_ALERTS,
    SELLER_LINKS,
    TAKEDOWN_FINGERPRINTS,
    TAKEDOWN_REQUESTS,
    TAKEDOWN_STATUS,
    TAKEDOWNS,
    VERDICTS,
)

DAYS = 30
SELLERS = 3000
ANALYSTS = 12
LIST_ROWS = 200
AUTHORITIES = ("Kementerian Perdagangan", "Kementerian Komdigi", "BPOM", "Bea Cukai", "pemegang merek", None)
REASONS = ("barang palsu", "impor ilegal", "tanpa izin edar", "pelanggaran merek")
ERRORS = (
    ("malformed-json", "fingerprint-listings"), ("invalid-record", "fingerprint-listings"),
    ("invalid-record", "fingerprint-takedowns"), ("internal-error", "match-listings"),
    ("too-large", "fingerprint-listings"),
)  # fmt: skip
SAID: tuple[Judgement, ...] = ("relist", "relist", "relist", "not a relist", "same backdrop", "unsure")
STATES: tuple[tuple[State, Reason | None], ...] = (
    ("published", None), ("published", None), ("published", None), ("unresolved", "not-seen"),
    ("unresolved", "gone"), ("withdrawn", None),
)  # fmt: skip


@dataclass(slots=True)
class Drawn:
    """Some of what there is, to ask pages for."""

    alerts: list[str] = field(default_factory=list)
    takedowns: list[str] = field(default_factory=list)
    sellers: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=lambda: ["0:0"])
    records: int = 0


class DrawnMarket:
    """`alerts` many, and as much of the rest as belongs to them."""

    def __init__(self, alerts: int, seed: int = 1) -> None:
        self._count = alerts
        self._writer = Writer(seed, SELLERS, "none", "", 2, marketplaces=REAL_MARKETPLACES)
        self._dice: random.Random = self._writer.chance
        self._shown: dict[str, ListingEvent] = {}
        self._now = datetime.now(UTC)
        self.drawn = Drawn()

    def records(self) -> Iterator[Outgoing]:
        """All of it, each topic's in order."""
        originals = [self._original() for _ in range(max(1, self._count // 20))]
        for takedown in originals:
            yield from self._takedown_records(takedown)
        for number in range(self._count):
            yield from self._alert_records(self._alert(originals))
            if number % 20 == 0:
                yield self._link(originals)
            if number % 50 == 0:
                yield self._letter(number)
            if number % 5 == 0:
                yield from self._request_records(number // 5, originals)

    def fresh_alert(self, originals: list[Takedown]) -> Outgoing:
        """One more, of now."""
        return next(iter(self._alert_records(self._alert(originals, at=datetime.now(UTC)), judged=0.0)))

    def originals(self, count: int) -> list[Takedown]:
        """Takedowns for `fresh_alert`."""
        return [self._original() for _ in range(count)]

    def _original(self) -> Takedown:
        item = self._writer.item(distinctive=self._dice.random() < 0.8)
        event = self._writer.listing(item, self._writer.shop(), self._some_time())
        digest = f"{self._dice.getrandbits(256):064x}"
        images = tuple(Image(url=f"https://photos.invalid/{digest[:20]}/{place}.jpg") for place in range(2))
        shown = {name: getattr(event, name) for name in Listing.__struct_fields__} | {"images": images}
        takedown_id = f"td-{digest[:32]}"
        self._shown[takedown_id] = event
        return Takedown(
            takedown_id=takedown_id,
            listing=TakenDownListing(**shown),
            reason=self._dice.choice(REASONS),
            authority=self._dice.choice(AUTHORITIES),
            source="ministry",
            taken_down_at=event.observed_at,
        )

    def _takedown_records(self, takedown: Takedown) -> Iterator[Outgoing]:
        key = takedown.takedown_id
        self.drawn.takedowns.append(key)
        yield self._out(TAKEDOWNS, key, takedown)
        photos = [{"image": place, "sha256": f"{self._dice.getrandbits(256):064x}"} for place in range(2)]
        yield self._out(
            TAKEDOWN_FINGERPRINTS, key, {"takedown": {"takedown_id": key}, "prints": {"photos": photos}}
        )

    def _alert(self, originals: list[Takedown], at: datetime | None = None) -> Alert:
        dice = self._dice
        # Some are put back again and again, most once or twice.
        takedown = originals[min(len(originals) - 1, int(dice.paretovariate(0.6)) - 1)]
        listing = takedown.listing
        shop = self._writer.shop()
        event, _, _ = self._writer.again(
            self._shown[takedown.takedown_id], shop, at or self._some_time(), (), tuple(DISGUISES)
        )
        others = tuple(sorted({dice.choice(originals).takedown_id for _ in range(dice.choice((0, 0, 1, 3)))}))
        cluster = tuple(sorted({takedown.takedown_id, *others[:1]}))
        probability = round(min(0.999999, 0.5 + 0.5 * dice.betavariate(4, 1)), 6)
        version = f"{dice.getrandbits(128):032x}"
        return Alert(
            alert_id=alert_id("relist", event.key, version, cluster[0]),
            kind="relist" if dice.random() < 0.97 else "still_up",
            probability=probability,
            caught_by="arrival" if dice.random() < 0.9 else "lookback",
            listing=AlertListing(
                marketplace=event.marketplace, listing_id=event.listing_id, title=event.title,
                seller_id=event.seller_id, url=event.url,
            ),
            takedown=AlertTakedown(
                takedown_id=takedown.takedown_id, marketplace=listing.marketplace, listing_id=listing.listing_id,
                title=listing.title, seller_id=listing.seller_id, url=listing.url, reason=takedown.reason,
                authority=takedown.authority,
            ),
            other_takedowns=others,
            cluster=cluster,
            listing_photos=tuple(PhotoDigest(place, f"{dice.getrandbits(256):064x}") for place in range(2)),
            evidence=self._evidence(event.title, listing.title, event.seller_id or ""),
            listing_observed_at=event.observed_at,
            matched_at=event.observed_at + timedelta(milliseconds=dice.randint(100, 900)),
            algorithms=Algorithms(image="orb-1", text="ngram-1", policy="2026-11"),
        )  # fmt: skip

    def _evidence(self, title: str, taken_title: str, seller_id: str) -> tuple[Evidence, ...]:
        dice = self._dice
        scale, shift = dice.uniform(0.6, 1.4), dice.uniform(-0.2, 0.2)
        photo = PhotoEvidence(
            listing_image=dice.randrange(2), takedown_image=dice.randrange(2), relation="same photo",
            edits=tuple(dice.sample(("mirrored", "cropped", "rotated", "bordered"), dice.randrange(3))),
            distance=dice.randrange(80), inliers=dice.randint(12, 140),
            transform=((scale, 0.01, shift), (-0.01, scale, shift / 2), (0.0, 0.0, 1.0)),
            weight=round(dice.uniform(1.5, 6.0), 3),
        )  # fmt: skip
        parts: list[Evidence] = [photo] if dice.random() < 0.8 else []
        similarity = round(dice.uniform(0.5, 1.0), 3)
        parts += [
            TitleEvidence(
                similarity=similarity, listing_text=title.lower(), takedown_text=taken_title.lower(), weight=1.9,
            ),
            PriceEvidence(ratio=round(dice.uniform(0.5, 1.0), 2), weight=0.2),
        ]  # fmt: skip
        if dice.random() < 0.1:
            parts.append(SellerEvidence(seller_id=seller_id, weight=1.1))
        return tuple(parts)

    def _alert_records(self, alert: Alert, judged: float = 0.6) -> Iterator[Outgoing]:
        dice = self._dice
        held = dice.random() < 0.01
        if len(self.drawn.alerts) < 5000:
            self.drawn.alerts.append(alert.alert_id)
            self.drawn.sellers.append(alert.listing.account)
        received = int(datetime.now(UTC).timestamp() * 1000) - dice.randint(150, 900)
        headers = [] if held or alert.caught_by != "arrival" else [(RECEIVED_HEADER, str(received).encode())]
        yield self._out(HELD_ALERTS if held else ALERTS, alert.alert_id, alert, headers)
        if dice.random() < judged:
            verdict = Verdict(
                alert_id=alert.alert_id,
                verdict=dice.choice(SAID),
                by=f"analyst-{dice.randrange(ANALYSTS) + 1}",
                decided_at=alert.matched_at + timedelta(minutes=dice.uniform(1, 600)),
                alert=alert,
            )
            yield self._out(VERDICTS, alert.alert_id, verdict)

    def _request_records(self, number: int, originals: list[Takedown]) -> Iterator[Outgoing]:
        dice = self._dice
        takedown = dice.choice(originals)
        digest = f"{number // LIST_ROWS:064x}"
        if number % LIST_ROWS == 0:
            self.drawn.lists.append(digest)
        place = ListPlace(
            name=f"daftar-{number // LIST_ROWS}.xlsx", sha256=digest, row=number % LIST_ROWS + 2
        )
        request = TakedownRequest(
            request_id=f"{number:032x}", link=takedown.listing.url or "https://pasar.invalid/",
            marketplace=takedown.listing.marketplace, listing_id=takedown.listing.listing_id,
            reason=takedown.reason, authority=takedown.authority, source="ministry",
            received_at=self._some_time(), by="operator-1", list=place,
        )  # fmt: skip
        yield self._out(TAKEDOWN_REQUESTS, request.key, request)
        if dice.random() < 0.9:
            state, reason = dice.choice(STATES)
            status = TakedownStatus(
                request_id=request.request_id, request=request, partition=0, state=state, reason=reason,
                takedown_id=takedown.takedown_id if reason is None else None, tried_at=request.received_at,
                changes=(StatusChange(at=request.received_at, state="received"),),
            )  # fmt: skip
            yield self._out(TAKEDOWN_STATUS, request.request_id, status)

    def _link(self, originals: list[Takedown]) -> Outgoing:
        one = self._writer.shop()
        other = self._writer.shop(other_than=one)
        sellers = sorted(
            (LinkedSeller(marketplace=shop.marketplace, seller_id=shop.seller_id, listing_id="1", image=0)
             for shop in (one, other)),
            key=lambda seller: seller.key,
        )  # fmt: skip
        link = SellerLink(
            sellers=(sellers[0], sellers[1]), reason="same backdrop", strength=self._dice.uniform(12, 60),
            takedown_id=self._dice.choice(originals).takedown_id, seen_at=self._some_time(),
        )  # fmt: skip
        return self._out(SELLER_LINKS, link.key, link)

    def _letter(self, number: int) -> Outgoing:
        error, stage = self._dice.choice(ERRORS)
        letter = DeadLetter(
            topic="listings", partition=number % 8, offset=number, key=b"shopee-id:1.2", value=b"{" * 900,
            error=error, detail=f"ListingEvent: field title is missing at byte {number}", stage=stage,
            failed_at=self._some_time(),
        )  # fmt: skip
        return self._out(DEAD_LETTERS, f"shopee-id:1.{number}", letter)

    def _some_time(self) -> datetime:
        return self._now - timedelta(seconds=self._dice.random() * DAYS * 24 * 3600)

    def _out(self, topic: Any, key: str, value: Any, headers: Any = ()) -> Outgoing:
        self.drawn.records += 1
        return Outgoing(topic, key.encode(), msgspec.json.encode(value), headers)
