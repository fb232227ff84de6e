"""`relistwatch lookback`: when a takedown arrives, the recent listings that match it are alerted too.

A process of its own, which steps back behind the workers of its machine. What it promises: docs/delivery.md.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any

import msgspec
import structlog
import uvloop
from aiokafka.errors import KafkaError

from connectors.events import Alert
from connectors.seller_links import SellerLink
from streams.engine.seller_linking import keep_strongest
from streams.engine.takedown_bank import TakedownBank
from streams.health.heartbeat import Heartbeat, PartState
from streams.health.heartbeat_figures import first_heartbeat, with_figures
from streams.health.heartbeat_sender import Heartbeats
from streams.health.probes import HealthServer
from streams.kafka_clients.outbox import Outbox, Outgoing, TooLargeError
from streams.logs import key_text
from streams.lookback.listing_store import ListingStore
from streams.lookback.metrics import LookbackMetrics
from streams.lookback.plan import LookbackPlan, Phase, Wanted
from streams.lookback.recent_listings import RecentListings, Shard
from streams.lookback.search import Pass
from streams.lookback.sent_alerts import AlertIds, HeldSentAlerts, SentAlerts
from streams.lookback.takedowns import LookbackTakedowns, lookback_group
from streams.policy.policy_file import rules_of
from streams.rights.check import require_rights
from streams.rights.watch import RightsWatch
from streams.settings import Settings
from streams.stages.match import alert_on, seller_link_out
from streams.topics import ALERTS, FINGERPRINTS, HELD_ALERTS, topic_name
from streams.verdicts.feed import VerdictFeed
from streams.verdicts.flood_guard import FloodGuard, flood_alert

log = structlog.get_logger(__name__)

SOURCE = "relistwatch/lookback"
MOST_TOGETHER = 5_000
"""Takedowns of one pass: a crash costs at most one."""
STALL_SECONDS = 120.0
BREATHE_SECONDS = 0.02
PROGRESS_SECONDS = 5.0
IDLE_SECONDS = 0.05
DELIVER_FROM = 200
"""Alerts and links that are sent before a pass goes on."""
LONGEST_REST_SECONDS = 60.0


class Lookback:
    """Passes over the recent listings, as the plan says. Not started; `run` starts all it needs."""

    def __init__(self, settings: Settings, shard: Shard) -> None:
        self._settings = settings
        self._shard = shard
        self._metrics = metrics = LookbackMetrics()
        name = topic_name(FINGERPRINTS, settings.topics)
        store = ListingStore(settings.worker.data_dir, name, shard, settings.lookback.days)
        self._plan = LookbackPlan(settings.lookback.settle_seconds)
        self._bank = TakedownBank(stage=metrics.timed_match)
        self._rules = rules_of(settings.match)
        self._guard = FloodGuard(settings.match.flood_listings, settings.match.flood_minutes)
        self._sent = AlertIds()
        self._outbox = Outbox(settings, metrics)
        self._listings = RecentListings(settings, store, shard, metrics)
        self._takedowns = LookbackTakedowns(settings, self._bank, self._plan, shard, metrics)
        self._followed = [
            VerdictFeed(settings, self._rules.allowed, self._guard, metrics),
            SentAlerts(settings, self._sent, metrics),
            HeldSentAlerts(settings, self._sent, metrics),
            self._listings,
            self._takedowns,
        ]
        self._rights = RightsWatch(settings, "lookback", lookback_group(settings, shard))
        self._health = HealthServer(settings.web, metrics, live=self._live, ready=self._ready)
        self._moved = monotonic()
        self._stop = asyncio.Event()
        self._pause_until = 0.0
        metrics.waiting.labels("first").set_function(lambda: self._plan.waiting("first"))
        metrics.waiting.labels("closing").set_function(lambda: self._plan.waiting("closing"))
        metrics.oldest.set_function(lambda: time() - (self._plan.oldest() or time()))

    def stop(self) -> None:
        """End after the step in hand; a pass that is not over is begun again by the next start."""
        self._stop.set()

    def heartbeats(self) -> Heartbeats:
        """Its heartbeats, to be sent while it runs."""
        number, of = self._shard
        first = first_heartbeat(
            self._settings, "lookback", f"lookback-{number}-of-{of}", shard=f"{number}/{of}"
        )
        return Heartbeats(self._settings, first, self._says, self._metrics.heartbeats_failed.inc)

    def _says(self, heartbeat: Heartbeat) -> Heartbeat:
        """This heartbeat with how the look back is now. Called from their thread: it only looks."""
        state, detail = self._state()
        looks_at = {FINGERPRINTS.name: self._listings.partitions} if self._listings.partitions else {}
        said = msgspec.structs.replace(heartbeat, state=state, detail=detail, partitions=looks_at)
        return with_figures(said, self._metrics, self._takedowns)

    def _state(self) -> tuple[PartState, str | None]:
        if self._stop.is_set():
            return "stopping", None
        if (still := self._live()) is not None:
            return "failing", still
        if (waits := self._ready()) is not None:
            return "starting", waits
        return "ready", None

    async def run(self, *, once: bool) -> None:
        """Look back until stopped, or with `once` until all that has come is done.

        Raises:
            RuntimeError: a topic cannot be followed any more, such as for want of disk.
        """
        started: list[Any] = []
        try:
            services: tuple[Any, ...] = (self._health, self._outbox, *self._followed, self._rights)
            for service in services:
                await service.start()
                started.append(service)
                if self._stop.is_set():
                    return
            while not self._stop.is_set():
                self._check_followed()
                self._moved = monotonic()
                if await self._next():
                    continue
                if once and not len(self._plan):
                    return
                await self._rest()
        finally:
            for service in reversed(started):
                await service.stop()

    async def _next(self) -> bool:
        """Do the next pass if there is one; whether there was."""
        began = monotonic()
        chosen = self._plan.next(began, MOST_TOGETHER) if began >= self._pause_until else None
        if chosen is None:
            # Tombstones and takedowns that another version replaced are done without a pass.
            await self._takedowns.commit()
            return False
        phase, wanted = chosen
        try:
            await self._listings.reach_end()
        except KafkaError as error:
            log.warning("waiting for the broker", error=repr(error))
            self._pause_until = monotonic() + 1.0
            return False
        with self._metrics.timed_pass(phase):
            async with self._listings.scanned:
                finished = await self._pass(phase, wanted, began)
        if finished and len(wanted) < MOST_TOGETHER:
            # With takedowns coming all the time at most half of a core goes into passes.
            self._pause_until = monotonic() + min(monotonic() - began, LONGEST_REST_SECONDS)
        return True

    async def _pass(self, phase: Phase, wanted: Sequence[Wanted], began: float) -> bool:
        one = Pass(self._listings.store, self._bank, self._rules, wanted, datetime.now(UTC))
        sent = 0
        said = breathed = monotonic()
        for _ in one.steps():
            now = monotonic()
            if now - breathed > BREATHE_SECONDS:
                self._moved = now
                await asyncio.sleep(0)
                if self._stop.is_set():
                    return False
                breathed = monotonic()
            if now - said > PROGRESS_SECONDS:
                said = now
                log.info("looking back", phase=phase, takedowns=len(wanted), waiting=len(self._plan),
                         done=f"{one.looked_at / max(one.of, 1):.0%}", alerts=sent + len(one.alerts))  # fmt: skip
            if len(one.alerts) + len(one.links) >= DELIVER_FROM:
                sent += await self._deliver(one, wanted)
        sent += await self._deliver(one, wanted)
        self._plan.looked(wanted, began=began, up_to_seq=one.up_to_seq)
        await self._takedowns.commit()
        self._metrics.takedowns.labels(phase).inc(len(wanted))
        for found, count in one.found.items():
            self._metrics.matched.labels(found).inc(count)
        self._metrics.allowed.inc(one.allowed)
        log.info("looked back", phase=phase, takedowns=len(wanted), listings=len(self._listings.store),
                 matched=sum(one.found.values()), alerts=sent, seconds=round(monotonic() - began, 2))  # fmt: skip
        return True

    async def _deliver(self, one: Pass, wanted: Sequence[Wanted]) -> int:
        """Send what the pass has found so far and wait for it; how many alerts that were."""
        alerts = [alert for alert in one.alerts if alert.alert_id not in self._sent]
        self._metrics.sent_before.inc(len(one.alerts) - len(alerts))
        links: dict[str, SellerLink] = {}
        keep_strongest(links, one.links)
        one.alerts.clear()
        one.links.clear()
        outgoing = [record for alert in alerts for record in self._guarded(alert)]
        outgoing += [seller_link_out(link, SOURCE) for link in links.values()]
        self._metrics.seller_links.inc(len(links))
        while outgoing:
            try:
                await self._outbox.deliver(outgoing)
                break
            except TooLargeError as error:
                log.error("record too large to send", topic=error.outgoing.topic.name,
                          key=key_text(error.outgoing.about))  # fmt: skip
                outgoing = [record for record in outgoing if record is not error.outgoing]
        arrived = {entry.takedown_id: entry.arrived_at for entry in wanted}
        for alert in alerts:
            self._sent.add(alert.alert_id)
            self._observe(alert, arrived)
        return len(alerts)

    def _observe(self, alert: Alert, arrived: dict[str, float]) -> None:
        at = arrived.get(alert.takedown.takedown_id)
        if at is not None:
            self._metrics.takedown_to_alert.observe(max(0.0, time() - at))

    def _guarded(self, alert: Alert) -> list[Outgoing]:
        """The alert on its topic, and the flood's own where this alert is one too many.

        Counted by when it is matched, not by when the listing was seen: a photo of a catalogue meets thousands over
        a month, and all of them are sent now.
        """
        course = "pass"
        if alert.kind == "relist":
            course = self._guard.meet(alert.cluster, alert.listing.key, datetime.now(UTC))
        if course == "pass":
            return [self._on_alerts(alert)]
        self._metrics.alerts_held.inc()
        held = alert_on(HELD_ALERTS, alert, SOURCE)
        return [self._on_alerts(flood_alert(alert, self._guard)), held] if course == "tip" else [held]

    def _on_alerts(self, alert: Alert) -> Outgoing:
        self._metrics.alerts.labels(alert.kind).inc()
        return alert_on(ALERTS, alert, SOURCE)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    def _check_followed(self) -> None:
        for followed in self._followed:
            following = followed.following
            if following is not None and following.done() and not self._stop.is_set():
                cause = None if following.cancelled() else following.exception()
                raise RuntimeError(f"{followed.topic.name} is not followed any more: {cause!r}")

    def _ready(self) -> str | None:
        """Ready: the recent listings, the takedowns and the verdicts are loaded, and nothing is forbidden."""
        if self._rights.lacking is not None:
            return self._rights.lacking
        for followed in self._followed:
            if not followed.loaded:
                return f"{followed.topic.name} are loading"
        return None

    def _live(self) -> str | None:
        """Live: a pass gets on, or there is nothing to do."""
        still = monotonic() - self._moved
        if all(followed.loaded for followed in self._followed) and still > STALL_SECONDS:
            return f"a pass does not get on for {still:.0f} s"
        return None


def run_lookback(settings: Settings, shard: Shard, *, once: bool) -> None:
    """Look back until SIGTERM or SIGINT.

    Raises:
        InUseError: another process does for this shard.
        RightsError, BrokerUnavailableError: Kafka does not let us look back; only where one signs in.
        RuntimeError: as `Lookback.run`.
    """
    require_rights(settings, "lookback", lookback_group(settings, shard))
    if settings.lookback.nice:
        os.nice(settings.lookback.nice)
    uvloop.run(_run(settings, shard, once=once))


async def _run(settings: Settings, shard: Shard, *, once: bool) -> None:
    lookback = Lookback(settings, shard)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lookback.stop)
    log.info("lookback starting", broker=settings.kafka.bootstrap_servers, shard=f"{shard[0]}/{shard[1]}")
    with lookback.heartbeats():
        await lookback.run(once=once)
    log.info("lookback ended")
