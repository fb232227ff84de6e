"""The demo's marketplaces: Shopee, Lazada, TikTok Shop and Tokopedia, simulated, with a connector for each shop."""

import contextlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from connectors.checkpoints import KafkaCheckpoints
from connectors.context import Context
from connectors.counts import Counts
from connectors.events import EventType, ListingEvent
from connectors.kafka import KafkaSink, KafkaSinkOptions
from connectors.registry import source_type
from connectors.runner import Runner
from connectors.sample.photo_recipe import PhotoRecipe, PhotoShelf
from connectors.sample.plan import Plan
from connectors.sdk import ConnectorError, make
from connectors.simulator.simulator import Simulator
from connectors.simulator.version import KIND_OF, KINDS
from connectors.simulator.world import World
from streams.health.connector_heartbeat import connector_heartbeats
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings
from streams.topics import CONNECTOR_STATE, LISTINGS, topic_name

POLLING = {"poll_seconds": 0.5, "settle_seconds": 1, "overlap_seconds": 10, "requests_per_second": 50}
"""A marketplace counts in whole seconds, so a window is closed a second after its end."""


class MarketError(RuntimeError):
    """A connector ended; the message says which and why."""


class Market:
    """Four marketplaces over one world. They show what `show` is given; connectors carry it to Kafka."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._world = World()
        self._shelf = PhotoShelf()
        self._simulators = {kind: Simulator(kind, self._world, shelf=self._shelf) for kind in KINDS}
        self._connectors: list[RunningConnector] = []
        self._open = contextlib.ExitStack()

    @property
    def photo_base(self) -> str:
        """Where the photos are that a plan names."""
        return f"{self._simulators['shopee'].base_url}/photos"

    @property
    def connectors(self) -> "list[RunningConnector]":
        """Those that run."""
        return self._connectors

    def __enter__(self) -> Self:
        for simulator in self._simulators.values():
            self._open.enter_context(simulator)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def connect(self, plan: Plan) -> None:
        """Let a connector read each shop of the plan, and serve the plan's photos."""
        self._world.photos.update(plan.photos)
        for marketplace, shop in sorted(
            {(event.marketplace, event.seller_id or "") for event in plan.events}
        ):
            simulator = self._simulators[KIND_OF[marketplace]]
            options = simulator.credentials_for(shop).options(simulator.base_url) | POLLING
            name = marketplace.removesuffix("-id")
            instance = f"{name}-{shop}"
            running = RunningConnector.start(name, instance, options, self._settings, self._folder / instance)
            self._connectors.append(running)
            self._open.callback(running.end)

    def draw(self, recipe: PhotoRecipe, drawn: bytes) -> None:
        """Serve this photo, drawn ahead."""
        self._shelf.put(recipe, drawn)

    def show(self, event: ListingEvent) -> None:
        """List, change or take away a listing on its marketplace, now."""
        now = datetime.now(UTC)
        if event.type is EventType.REMOVED:
            self._world.remove(event.key, at=now)
        else:
            self._world.put(msgspec.structs.replace(event, listed_at=None), at=now)

    def take_down(self, key: str, reason: str) -> None:
        """The marketplace bans a listing, now."""
        self._world.ban(key, at=datetime.now(UTC), reason=reason)

    def check(self) -> None:
        """Raises MarketError where a connector has ended."""
        for running in self._connectors:
            if running.failure is not None:
                raise MarketError(f"the connector {running.instance} ended: {running.failure}")


@dataclass(slots=True)
class RunningConnector:
    """A connector in a thread of its own."""

    name: str
    instance: str
    counts: Counts
    stop: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None
    thread: threading.Thread | None = None

    @classmethod
    def start(
        cls, name: str, instance: str, options: dict[str, Any], settings: Settings, folder: Path
    ) -> "RunningConnector":
        """Run the source `name` into the topic `listings`."""
        client = client_options(settings.kafka)
        source = make(source_type(name), options)
        sink = KafkaSink(
            KafkaSinkOptions(
                topic=topic_name(LISTINGS, settings.topics),
                client=client,
                origin=f"relistwatch/connect/{name}",
            )
        )
        checkpoints = KafkaCheckpoints(client, topic_name(CONNECTOR_STATE, settings.topics))
        running = cls(name, instance, Counts())
        context = Context(instance, stop=running.stop, folder=folder, counts=running.counts)
        runner = Runner(source, sink, context=context, checkpoints=checkpoints)

        def run() -> None:
            try:
                heartbeats = connector_heartbeats(settings, name, context, of_listings=True)
                with contextlib.closing(checkpoints), heartbeats:
                    runner.run()
            except ConnectorError as error:
                running.failure = error

        running.thread = threading.Thread(target=run, name=instance, daemon=True)
        running.thread.start()
        return running

    def end(self) -> None:
        """Stop it and wait until what it has read is on Kafka."""
        self.stop.set()
        if self.thread is not None:
            self.thread.join()
