"""What the runner hands to a source: its name, where it stood, the time, a folder, counters and an HTTP client."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from connectors.backoff import Backoff
from connectors.clock import Clock, SystemClock
from connectors.counts import Counts
from connectors.flows import Flows
from connectors.http_client import Answer, HttpClient, Request, judge_status
from connectors.rate import Rate
from connectors.stop import Stop


@dataclass(frozen=True)
class Context:
    """One run's surroundings. A test gives its own clock and transport; nothing else tells it from a real run."""

    instance: str
    """The name of this running connector: the key of its checkpoint."""
    state: Mapping[str, Any] | None = None
    """The last checkpoint's state; None on the first run."""
    clock: Clock = field(default_factory=SystemClock)
    stop: Stop = field(default_factory=Event)
    folder: Path | None = None
    """Where the instance keeps files of its own; None: in the system's temporary folder."""
    counts: Counts = field(default_factory=Counts)
    flows: Flows = field(default_factory=Flows)
    """Listings by marketplace, stage `connect`."""
    rates: list[Rate] = field(default_factory=list)
    """Of the HTTP clients that were made here."""
    transport: httpx.BaseTransport | None = None
    """What carries HTTP requests; None: the network."""
    backoff: Backoff = field(default_factory=lambda: Backoff(attempts=5))
    """Between attempts of one request; then the runner takes over."""

    def own_folder(self) -> Path:
        """The instance's folder, made if there is none; nobody else may look into it.

        Raises:
            OSError: it cannot be made.
        """
        folder = self.folder or Path(tempfile.gettempdir()) / "relistwatch" / self.instance
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder

    @property
    def requests_per_second(self) -> float | None:
        """The rate in force of the API that may be asked most: not that of a server for tokens, which is asked once
        in hours. None where there is no client yet, and so no limit."""
        return max(self.rates, key=lambda rate: rate.limit).per_second if self.rates else None

    def http(
        self,
        base_url: str,
        *,
        rate: Rate,
        judge: Callable[[Answer], None] = judge_status,
        authorise: Callable[[Request], Request] | None = None,
        refresh: Callable[[], None] | None = None,
    ) -> HttpClient:
        """A client for one API. Its requests and refusals are counted in `counts`."""
        self.rates.append(rate)
        return HttpClient(
            base_url,
            rate=rate,
            judge=judge,
            authorise=authorise,
            refresh=refresh,
            clock=self.clock,
            stop=self.stop,
            transport=self.transport,
            counts=self.counts,
            backoff=self.backoff,
        )
