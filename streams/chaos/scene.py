"""Everything that a fault may lay its hand on: the cluster, the workers, the network, the disks, the flow."""

import contextlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from kafka import KafkaProducer

from streams.chaos.cluster_view import ClusterView
from streams.chaos.crew import Crew, Post
from streams.chaos.feeder import Feeder
from streams.chaos.flow_plan import TAKEDOWNS, FlowPlan
from streams.chaos.follower import Follower
from streams.chaos.market import SHOP, Market
from streams.chaos.network import Network
from streams.chaos.photo_host import PhotoHost
from streams.chaos.small_disk import SmallDisk
from streams.kafka_clients.topic_admin import create_topics
from streams.kafka_local.broker import LocalKafka, Place
from streams.settings import Kafka, Match, Photos, Settings, Topics, Web, Worker
from streams.topics import ALERTS, HELD_ALERTS, LISTINGS, TAKEDOWN_FINGERPRINTS, topic_name
from streams.topics import TAKEDOWNS as TAKEDOWNS_TOPIC

GROUP = "chaos"
NODES = 3
PARTITIONS = 8
SESSION_SECONDS = 6.0
BROKER_DISK_MB = 3072
WORKER_DISK_MB = 512
TICK_SECONDS = 0.1
TELL_SECONDS = 5.0
CALM_SECONDS = 2.0
"""No relist waits longer than this where the flow is well; the usual is a tenth."""
EASE_SECONDS = 15.0
EASED = 0.7
FALLING = 0.8
"""Of the relists that waited `EASE_SECONDS` ago: with more of them still waiting, it takes too long."""
LEAST_RATE = 20.0
"""Listings a second. A machine that others use may not keep up with what was asked for, and what is looked for here is
loss: where all is late for `EASE_SECONDS`, the rate becomes `EASED` of what it was."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of everything. `rate`: listings a second of the producer, `market`: of the marketplace."""

    workers: int
    rate: float
    market: float
    seed: int


class Scene:
    """Set up in `with`; all that it started ends with it. `needs`: `network` for namespaces, `disk` for small disks."""

    def __init__(self, folder: Path, sizes: Sizes, needs: Collection[str], say: Say) -> None:
        self.folder, self.sizes, self.say = folder, sizes, say
        self._needs = needs
        self._open = contextlib.ExitStack()
        self.network: Network | None = None
        self.broker_disk: SmallDisk | None = None
        self.worker_disk: SmallDisk | None = None
        self.started = time.time()
        self._asked = 0.0
        self._told = 0.0

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _set_up(self) -> None:
        workers = [f"w{number}" for number in range(self.sizes.workers)]
        nodes = [f"b{number}" for number in range(NODES)]
        here = "127.0.0.1"
        places: list[Place] = []
        if "network" in self._needs:
            self.network = self._open.enter_context(Network([*nodes, *workers]))
            here = self.network.here
            places = [Place(self.network.address(name), self.network.prefix(name)) for name in nodes]
        data = self.folder / "data"
        if "disk" in self._needs:
            last = self.folder / "kafka" / f"node{NODES}" / "data"
            self.broker_disk = self._open.enter_context(SmallDisk(last, BROKER_DISK_MB))
            self.worker_disk = self._open.enter_context(SmallDisk(data, WORKER_DISK_MB))
        self.say("drawing photos")
        self.plan = FlowPlan(self.sizes.seed)
        self.photos = self._open.enter_context(PhotoHost(here, self.plan.honest_photo()))
        self.say("starting three Kafka nodes")
        self.kafka = LocalKafka(
            self.folder / "kafka", nodes=NODES, die_with_parent=True, places=places, progress=self.say
        )
        self._open.enter_context(self.kafka)
        self.servers = self.kafka.bootstrap_servers.split(",")
        self.settings = Settings(
            kafka=Kafka(
                bootstrap_servers=self.kafka.bootstrap_servers,
                group=GROUP,
                session_timeout=SESSION_SECONDS,
                heartbeat_interval=1.0,
            ),
            topics=Topics(partitions=PARTITIONS, replication=NODES, min_insync=NODES - 1),
            worker=Worker(
                data_dir=str(data),
                photo_processes=1,
                snapshot_minutes=1.0,
                # A machine that others use may be slow: a photo that is given up for that would be no loss of ours.
                photo_item_timeout=20.0,
            ),
            photos=Photos(allow_private_addresses=True, fetch_timeout=2.0),
            # Each takedown meets far more listings here than the guard would let pass.
            match=Match(flood_listings=0),
        )
        create_topics(self.settings)
        self.cluster = ClusterView(self.servers, GROUP)
        self.cluster.append_time([self.topic_of(spec.name) for spec in (ALERTS, HELD_ALERTS)])
        self._start_parts(workers)

    def _start_parts(self, workers: list[str]) -> None:
        self.crew = Crew()
        self._open.callback(self.crew.dismiss)
        for name in workers:
            self.crew.add(self._worker(name))
        self.crew.start()
        self.say("starting the workers")
        self.crew.wait_ready(self.wait)
        self._publish_takedowns()
        self.follower = Follower(self.servers, topic_name(ALERTS, self.settings.topics), PARTITIONS)
        self._open.callback(self.follower.end)
        self.follower.start()
        self.feeder = Feeder(
            self.servers, topic_name(LISTINGS, self.settings.topics), self.plan, self.sizes.rate
        )
        self.feeder.on_sent = self.follower.expect
        self._open.callback(self.feeder.finish, 0.0)
        self.market = Market(self.plan, self.sizes.seed, self.sizes.market, self.photos.good)
        self._open.callback(self.market.close)
        self.market.start()
        options = self.folder / "shop.toml"
        self.market.write_options(options)
        command = ("connect", "shopee", "--options-file", str(options), "--instance", f"shopee-{SHOP}")
        self.connector = self.crew.add(
            Post("connector", self.settings, self.folder / "connector.log", command)
        )
        self.feeder.start()

    def topic_of(self, name: str) -> str:
        """The topic's name on the cluster."""
        return self.settings.topics.prefix + name

    def _worker(self, name: str) -> Post:
        settings = self.settings
        prefix: tuple[str, ...] = ()
        if self.network is not None:
            prefix = self.network.prefix(name)
            settings = msgspec.structs.replace(settings, web=Web(host=self.network.address(name)))
        return Post(name, settings, self.folder / f"{name}.log", prefix=prefix)

    def _publish_takedowns(self) -> None:
        """Send all takedowns; returns when they are fingerprinted and every worker holds them."""
        producer = KafkaProducer(bootstrap_servers=self.servers, acks="all")
        for takedown in self.plan.takedowns:
            producer.send(
                topic_name(TAKEDOWNS_TOPIC, self.settings.topics),
                key=takedown.takedown_id.encode(),
                value=msgspec.json.encode(takedown),
            )
        producer.close()
        line = f'relistwatch_takedown_index_size{{what="takedowns"}} {TAKEDOWNS}'

        def held() -> bool:
            return all(line in post.metrics() for post in self.crew.workers)

        if not self.wait(60.0, held):
            raise RuntimeError(
                f"the workers do not hold the {TAKEDOWNS} takedowns of {TAKEDOWN_FINGERPRINTS.name}"
            )

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Pass so many seconds, or fewer where `until` comes true; whether it did."""
        deadline = time.monotonic() + seconds
        while not (done := until()) and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)
        return done

    def flowing(self) -> bool:
        """Whether alerts come in time."""
        return self.feeder.waiting < self.sizes.rate and self.follower.oldest_wait() < CALM_SECONDS

    def ails(self) -> str | None:
        """What is not as it should be when no fault is on; None where all is well."""
        if not self.flowing():
            return (
                f"{self.follower.waiting:,} relists wait for their alert, the oldest for "
                f"{self.follower.oldest_wait():.0f} s; {self.feeder.waiting:,} listings wait for Kafka"
            )
        unready = [post.name for post in self.crew.workers if not post.is_ready()]
        if unready:
            return f"not ready: {', '.join(unready)}"
        members, workers = self.cluster.members(), len(self.crew.workers)
        if members != workers:
            return f"{members} of {workers} workers are in their group"
        if behind := self.cluster.out_of_sync():
            return f"{behind} partitions have a replica that is behind"
        return None

    def calm(self) -> bool:
        """Whether all is well; the cluster is asked only once a second."""
        if time.monotonic() - self._asked > 1.0:
            self._asked = time.monotonic()
            ailing = self.ails()
            if ailing and time.monotonic() - self._told > TELL_SECONDS:
                self._told = time.monotonic()
                self.say(f"not yet: {ailing}")
            return ailing is None
        return False

    def settle(self, seconds: float) -> bool:
        """Wait until all is well; the rate is lowered while it does not become so. Whether it did."""
        deadline = time.monotonic() + seconds
        waited, came = 0, self.follower.alerts
        while not self.wait(min(EASE_SECONDS, deadline - time.monotonic()), self.calm):
            if time.monotonic() >= deadline:
                return False
            waiting, alerts = self.follower.waiting, self.follower.alerts
            # What a fault has dammed up is worked off at the full rate, and what hangs is not helped by another.
            if waiting > FALLING * waited > 0 and alerts > came and self.feeder.rate > LEAST_RATE:
                self.feeder.rate = max(LEAST_RATE, EASED * self.feeder.rate)
                self.say(f"too much for this machine now: {self.feeder.rate:.0f} listings a second")
            waited, came = waiting, alerts
        self.feeder.rate = min(self.sizes.rate, self.feeder.rate / EASED)
        return True

    def restart_node(self, number: int) -> None:
        """Start a node that is down."""
        if not self.kafka.running(number):
            self.kafka.start_node(number)
