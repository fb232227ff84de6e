"""A console's database with a hostile text in every field of every record, and the addresses of all its pages."""

import dataclasses
import time
from typing import Any
from urllib.parse import quote

import msgspec
from alert_records import alert, flood
from case_scene import SEEN, put_alert, put_links, put_takedown
from console_rows import letter_row, now_ms, put, put_letters, put_requests, request_row
from flow_facts import NOON_MS, connector, instance, offsets_of, store_of
from hostile_texts import KEY, LINKS, MARK, RUNS
from listing_records import takedown
from seller_graphs import backdrop, contact
from sqlalchemy import insert, update
from takedown_records import request, takedown_change, takedown_status

from connectors.events import Alert, AlertListing, AlertTakedown, Algorithms
from connectors.evidence import (
    CategoryEvidence,
    ContactEvidence,
    PhotoEvidence,
    SellerEvidence,
    TitleEvidence,
)
from connectors.takedown_requests import ListPlace
from connectors.takedown_status import StatusChange
from streams.console.context import Console
from streams.console.judgement import Facts, judge
from streams.console.photo_proxy import PhotoProxy
from streams.console.store_figures import LetterKind
from streams.console.tables import AUDIT, CHANGES, CLAIMS, PEOPLE, SESSIONS, VERDICTS
from streams.console.watch import Watch
from streams.console.watch_core import Snapshot, series_of

SHORT = f"{MARK}<img src=x onerror=alert(1)>"
"""Where a name may have 200 characters at most, and longer ones are let go."""
PLACE = "pasar-uji"
"""Marketplaces have no other signs than these, wherever a record is decoded."""


def hostile_alert(number: int, **changes: Any) -> Alert:
    """Alert `number`, of which all that others may write is hostile; each has another address."""
    link = LINKS[number % len(LINKS)]
    key = f"{number} {KEY}"[:250]
    evidence = (
        PhotoEvidence(
            listing_image=0,
            takedown_image=0,
            relation="same photo",
            edits=(RUNS,),
            distance=4,
            inliers=34,
            weight=3.1,
        ),
        TitleEvidence(similarity=0.9, listing_text=RUNS, takedown_text=RUNS, weight=1.2),
        CategoryEvidence(listing_category=RUNS, takedown_category=RUNS, weight=0.5),
        ContactEvidence(contact="handle", value=RUNS, weight=0.5),
        SellerEvidence(seller_id=KEY, weight=0.5),
    )
    fields: dict[str, Any] = {
        "alert_id": f"alert-{number}",
        "listing": AlertListing(marketplace=PLACE, listing_id=key, title=RUNS, seller_id=KEY, url=link),
        "takedown": AlertTakedown(
            takedown_id=f"t {KEY}"[:250], marketplace=PLACE, listing_id=key, title=RUNS, seller_id=KEY, url=link,
            authority=RUNS, reason=RUNS,
        ),
        "other_takedowns": (f"o {KEY}"[:250],), "cluster": (f"t {KEY}"[:250], f"o {KEY}"[:250]), "evidence": evidence,
        "algorithms": Algorithms(image=RUNS, text=RUNS, policy=RUNS), "matched_at": SEEN, "listing_observed_at": SEEN,
    }  # fmt: skip
    return alert(number, **(fields | changes))


def fill(console: Console) -> list[str]:
    """Put all of it there; gives the addresses of every page that shows some of it, as an admin may see them."""
    first, second = hostile_alert(0), hostile_alert(1, probability=0.9)
    put_alert(console, first)
    put_alert(console, second, state="relist", by=RUNS, authority=RUNS, marketplace=RUNS, seller=RUNS)
    for number in range(2, len(LINKS)):
        put_alert(console, hostile_alert(number, probability=0.8, other_takedowns=(), cluster=()))
    tipped = flood(90, takedown_id=first.takedown.takedown_id)
    put_alert(
        console, msgspec.structs.replace(tipped, listing=first.listing, takedown=first.takedown), held=True
    )
    taken = takedown(
        1, title=RUNS, description=RUNS, url=LINKS[0], listing_id=KEY, seller_id=KEY, category=RUNS
    )
    for name in (*first.cluster,):
        one = msgspec.structs.replace(taken, takedown_id=name, reason=RUNS, authority=RUNS)
        put_takedown(console, one, [(n, None, link) for n, link in enumerate(LINKS)], source=RUNS[:20])
    ours = f"{PLACE}:{KEY}"
    put_links(console, backdrop(ours, f"{PLACE}:2{KEY}"[:250]), contact(ours, f"{PLACE}:3{KEY}"[:250], RUNS))
    database = console.database
    with database.write() as connection:
        connection.execute(update(VERDICTS).values(reason=RUNS))
        connection.execute(insert(CLAIMS).values(alert_id="alert-2", person=KEY, until_ms=now_ms() + 600_000))
    bad = dict.fromkeys(("error", "stage", "detail", "key", "topic"), RUNS)
    put_letters(
        database, letter_row(1), letter_row(2, **bad), letter_row(3, **bad, replayed_by=RUNS, replayed_ms=1)
    )
    place = ListPlace(name=RUNS, sha256="a" * 64, row=7, part=RUNS) if "part" in ListPlace.__struct_fields__ else (
        ListPlace(name=RUNS, sha256="a" * 64, row=7)
    )  # fmt: skip
    asked = request(1, link=LINKS[0], reason=RUNS, authority=RUNS, by=RUNS, list=place)
    status = takedown_status(
        asked, detail=RUNS, takedown_id=KEY, changes=(StatusChange(at=SEEN, state="received", detail=RUNS),)
    )
    texts: dict[str, Any] = dict.fromkeys(
        ("marketplace", "listing_id", "authority", "reason", "by", "list_name"), RUNS
    )
    for number, link in enumerate(LINKS):
        put_requests(
            database,
            request_row(
                number, link=link, request_id=f"r{number}", source=RUNS[:20], state=("waiting", RUNS[:20])[number % 2],
                unresolved_because=RUNS, takedown_id=KEY, record=msgspec.json.encode(status) if not number else None,
                list_row=RUNS, **texts,
            ),
        )  # fmt: skip
    change = takedown_change(takedown_id=KEY, by=RUNS, reason=RUNS)
    put(
        database,
        CHANGES,
        {"change_id": "c1", "takedown_id": KEY, "at_ms": NOON_MS, "record": msgspec.json.encode(change)},
    )
    put(database, AUDIT, {"at_ms": now_ms(), "person": RUNS[:250], "address": RUNS[:100], "action": RUNS[:60], "subject": RUNS, "detail": RUNS})  # fmt: skip
    put(database, PEOPLE, {"name": KEY, "role": "viewer", "disabled": False, "created_ms": 1, "changed_ms": 1, "signed_in_ms": 1})  # fmt: skip
    with database.write() as connection:
        connection.execute(update(SESSIONS).values(browser=RUNS[:300], address=RUNS[:100]))
    console.services[Watch] = _watch()
    console.services[PhotoProxy] = PhotoProxy(console.settings)
    what = quote(LINKS[0])
    return [
        "/", "/alerts", "/alerts?state=all", "/alerts?state=all&sort=newest", f"/alerts?text={quote(RUNS[:150])}",
        f"/alerts?marketplace={quote(RUNS)}&seller={quote(RUNS)}&authority={quote(RUNS)}&cluster={quote(RUNS)}",
        *(f"/alerts/alert-{number}" for number in (*range(len(LINKS)), 90)),
        f"/alerts/{quote(RUNS, safe='')}", "/alerts/queue", "/alerts/queue?state=all",
        "/dead-letters", "/dead-letters/letters?state=all", f"/dead-letters/letters?stage={quote(RUNS)}&error={quote(RUNS)}",
        "/dead-letters/0:2", "/dead-letters/0:3", f"/dead-letters/replay?stage={quote(RUNS)}&error={quote(RUNS)}",
        "/takedowns", "/takedowns/requests", f"/takedowns/requests?text={quote(RUNS[:150])}", "/takedowns/requests?list=" + "a" * 64,
        f"/takedowns/of?what={what}", "/takedowns/of?what=r0", f"/takedowns/of?what={quote(KEY)}", "/takedowns/report",
        "/takedowns/add", "/takedowns/import", "/throughput", "/runbook", "/people", "/account", "/audit",
        f"/audit?person={quote(RUNS)}&about={quote(RUNS)}&action={quote(RUNS)}", f"/{quote(RUNS)}",
        f"/account?done={quote(RUNS)}", f"/people?done={quote(RUNS)}", f"/sign-in?next={quote(RUNS)}&done={quote(RUNS)}",
    ]  # fmt: skip


def _watch() -> Watch:
    """Heartbeats of parts whose every text is hostile."""
    texts = {"instance": RUNS, "host": RUNS, "version": RUNS, "detail": RUNS, "shard": RUNS}
    parts = (
        instance("failing", partitions={RUNS: (0,)}, alerts={RUNS: 1}, dead_letters={RUNS: 1}, photo_failures={RUNS: 1}, **texts),
        connector("lost", **(texts | {"instance": f"c{RUNS}"})),
        instance("starting", kind="lookback", **(texts | {"instance": f"l{RUNS}"})),
    )  # fmt: skip
    store = store_of()
    store = dataclasses.replace(store, letters=(LetterKind(RUNS, RUNS, 5, 5, NOON_MS),))
    offsets = offsets_of(1500)
    facts = Facts(NOON_MS, 0.5, RUNS, 600.0, offsets, store, parts)
    series = series_of(
        {f"in:fingerprint:{SHORT}": 20.0, f"out:match:{SHORT}": 3.0}, {"listings": 20.0}, offsets, store
    )
    watch = Watch()
    watch.snapshot = Snapshot(facts.now_ms, judge(facts), parts, offsets, store, series, 100.0, True)
    watch.history.take(time.time(), watch.snapshot.series)
    return watch
