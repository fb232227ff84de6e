"""A connector that does everything right, over the API of an invented marketplace, with a recording of it.

Each connector of the conformance kit's own tests is this one with one thing done wrong.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from connectors.checkpoints import MemoryCheckpoints
from connectors.clock import SetClock
from connectors.context import Context
from connectors.events import EventType, ListingEvent
from connectors.events import Source as MadeBy
from connectors.field_types import Key, Timestamp
from connectors.http_client import Answer, HttpClient, Request, judge_status
from connectors.memory import MemorySink
from connectors.rate import Rate
from connectors.recording import Recording, RecordingTransport
from connectors.runner import Runner
from connectors.sdk import AbortError, Item, RawRecord, Secret
from connectors.window_source import WindowSource
from connectors.windows import Window, WindowOptions

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LATER = START + timedelta(hours=4)
PAGE = 2


class PasarOptions(WindowOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of the invented marketplace."""

    partner_key: Secret
    """The key that the marketplace gave to the partner."""
    refresh_token: Secret
    """Given when a shop authorises the app."""


class PasarRecord(Struct, frozen=True):
    """A listing as the marketplace says it."""

    id: Key
    title: str
    updated_at: Timestamp


class Pasar(WindowSource[PasarOptions]):
    """Pages through the listings of a window."""

    name = "pasar-uji"
    options_type = PasarOptions
    http: HttpClient | None = None
    tokens: HttpClient | None = None

    def open(self, context: Context) -> None:
        super().open(context)
        self._token = ""
        self.http = context.http(
            "https://api.pasar.invalid", rate=Rate(50, burst=5), authorise=self.authorise, refresh=self.renew,
            judge=self.judge,
        )  # fmt: skip
        self.tokens = context.http("https://auth.pasar.invalid", rate=Rate(5), judge=self.judge)

    def judge(self, answer: Answer) -> None:
        judge_status(answer)

    def authorise(self, request: Request) -> Request:
        if not self._token:
            self.renew()
        headers = (*request.headers, ("Authorization", f"Bearer {self._token}"))
        key = self.options.partner_key.reveal()
        stamp = str(int(self.context.clock.now().timestamp()))
        params = (*request.params, ("timestamp", stamp), ("sign", f"{hash((key, stamp)):x}"))
        return msgspec.structs.replace(request, headers=headers, params=params)

    def renew(self) -> None:
        assert self.tokens is not None
        asked = {"refresh_token": self.options.refresh_token.reveal()}
        self._token = str(self.tokens.post("/token", json=asked).json()["access_token"])

    def window(self, window: Window) -> Iterator[Item]:
        cursor, seen = "", set()
        while cursor not in seen:
            seen.add(cursor)
            page = self.page(window, cursor)
            for record in page["listings"]:
                yield self.item(record)
            cursor = str(page["next_cursor"])
            if not cursor:
                return
        raise AbortError(f"the cursor {cursor} leads to itself")

    def page(self, window: Window, cursor: str) -> dict[str, Any]:
        assert self.http is not None
        asked = [("from", window.since.isoformat()), ("to", window.until.isoformat()), ("cursor", cursor)]
        page: dict[str, Any] = self.http.get("/v1/listings", asked).json()
        return page

    def item(self, record: object) -> Item:
        try:
            read = msgspec.convert(record, PasarRecord)
        except msgspec.ValidationError as error:
            return RawRecord(msgspec.json.encode(record), why=str(error))
        return self.event(read)

    def event(self, record: PasarRecord) -> ListingEvent:
        return ListingEvent(
            event_id=f"pasar-uji.{record.id}.{int(record.updated_at.timestamp())}",
            type=EventType.UPDATED,
            marketplace="pasar-uji",
            listing_id=record.id,
            title=record.title,
            observed_at=record.updated_at,
            source=MadeBy(connector=self.name, version=self.version),
        )

    def close(self) -> None:
        for client in (self.http, self.tokens):
            if client is not None:
                client.close()


OPTIONS = {
    "since": START.isoformat(),
    "until": (START + timedelta(hours=1)).isoformat(),
    "window_minutes": 20,
    "settle_seconds": 0,
    "partner_key": "kunci-rahasia-partner",
    "refresh_token": "satu-kali-pakai-123",
}
MOMENTS = [0, 100, 200, 1190, 1200, 2500, 2600, 3599]


def market(request: httpx.Request) -> httpx.Response:
    """The marketplace."""
    if request.url.path == "/token":
        return httpx.Response(
            200, json={"access_token": "akses-9d8f7e6c", "refresh_token": "berikut-5a4b3c2d"}
        )
    params = request.url.params
    since, until = datetime.fromisoformat(params["from"]), datetime.fromisoformat(params["to"])
    rows = [
        {"id": f"p{number}", "title": f"Jaket nomor {number}", "updated_at": (START + timedelta(seconds=at)).isoformat()}
        for number, at in enumerate(MOMENTS)
        if since <= START + timedelta(seconds=at) <= until
    ]  # fmt: skip
    at = int(params["cursor"] or 0)
    following = str(at + PAGE) if at + PAGE < len(rows) else ""
    return httpx.Response(200, json={"listings": rows[at : at + PAGE], "next_cursor": following})


def record(path: Path) -> None:
    """Record a run of the connector."""
    kept = OPTIONS | {"partner_key": "recorded-partner_key", "refresh_token": "recorded-refresh_token"}
    about = Recording(connector="pasar-uji", at=LATER, options=json.loads(json.dumps(kept)))
    transport = RecordingTransport(httpx.MockTransport(market), path, about)
    from connectors.sdk import make

    source = make(Pasar, OPTIONS)
    context = Context("pasar", clock=SetClock(LATER), transport=transport)
    Runner(source, MemorySink(), context=context, checkpoints=MemoryCheckpoints()).run()
