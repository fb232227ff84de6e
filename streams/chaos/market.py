"""A simulated marketplace with faults of its own, whose shop a `relistwatch connect` reads beside the volume."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from connectors.sample.listing_ids import SHOPEE, listing_id_of
from connectors.simulator.faults import Faults
from connectors.simulator.simulator import Simulator
from connectors.simulator.world import World
from streams.chaos.flow_plan import FlowPlan
from streams.chaos.record import Planted, version_of

SHOP = "308864651"
FIRST_ITEM = 11_000_000_000
FAULTY = 0.02
"""The share of the connector's requests that fail in the marketplace's own ways."""
POLLING = {"poll_seconds": 0.5, "settle_seconds": 1, "overlap_seconds": 10, "requests_per_second": 50}


class Market:
    """One shop that lists `rate` listings a second while it is open."""

    def __init__(self, plan: FlowPlan, seed: int, rate: float, photo: str) -> None:
        self._plan, self._rate, self._photo = plan, rate, photo
        self._world = World()
        self._simulator = Simulator("shopee", self._world, seed=seed, faults=Faults(seed, FAULTY))
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._list, name="market", daemon=True)
        self.planted: list[Planted] = []

    def write_options(self, path: Path) -> None:
        """What the connector needs to read the shop."""
        options = self._simulator.credentials_for(SHOP).options(self._simulator.base_url) | POLLING
        # On a busy machine the shop opens long before its connector runs, which would begin with its own first moment.
        options |= {"since": datetime.now(UTC).isoformat()}
        # A JSON text or list of texts is a TOML one too.
        path.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items()), "utf-8"
        )

    def start(self) -> None:
        """Open the shop."""
        self._simulator.start()
        self._thread.start()

    def finish(self) -> None:
        """List no more; what is listed is still told."""
        self._ending.set()
        self._thread.join()

    def close(self) -> None:
        """Answer no more."""
        self._ending.set()
        self._simulator.stop()

    def _list(self) -> None:
        number = 0
        while not self._ending.wait(1 / self._rate):
            listing_id = listing_id_of(SHOPEE, SHOP, FIRST_ITEM + number)
            now = datetime.now(UTC)
            event, kind, takedown = self._plan.market_listing(number, SHOP, listing_id, self._photo, now=now)
            self._world.put(event, at=now)
            self.planted.append(
                Planted(
                    key=event.key,
                    version=version_of(event.title),
                    kind=kind,
                    sent_at=time.time(),
                    channel="market",
                    takedown=takedown,
                    acknowledged=True,
                )
            )
            number += 1
