"""The marketplaces' connectors that may be asked for one listing, each with its own options and tokens."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct

from connectors.backoff import Backoff
from connectors.codec import RecordError
from connectors.context import Context
from connectors.errors import AbortError, OptionsError, RetryError
from connectors.registry import source_type
from connectors.sdk import FetchesListings, Source, make
from connectors.secret import redact
from connectors.stop import Stop
from streams.resolving.resolution import Outcome, Unresolved, fetched

log = structlog.get_logger(__name__)

REST_SECONDS = 600.0
"""How long a connector that its marketplace refuses is not asked."""
_SPEC = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:@(?P<instance>[A-Za-z0-9][A-Za-z0-9._-]{0,99}))?=(?P<file>.+)"
)


class ConnectorSpec(Struct, frozen=True):
    """One connector as it is configured: `NAME=FILE` or `NAME@INSTANCE=FILE`."""

    name: str
    instance: str
    file: Path


def connector_specs(texts: Sequence[str]) -> list[ConnectorSpec]:
    """The connectors that these texts name, comma-separated ones too.

    Raises:
        OptionsError: one is written otherwise.
    """
    specs = []
    for text in (part.strip() for each in texts for part in each.split(",")):
        if not text:
            continue
        found = _SPEC.fullmatch(text)
        if found is None:
            raise OptionsError(f"connector {text[:80]!r}: write NAME=FILE or NAME@INSTANCE=FILE")
        specs.append(
            ConnectorSpec(found["name"], found["instance"] or found["name"], Path(found["file"]).expanduser())
        )
    return specs


class _Asked:
    """One connector, opened when it is first needed."""

    def __init__(self, spec: ConnectorSpec, source: Source[Any], context: Context) -> None:
        self.instance = spec.instance
        self.source: Source[Any] = source
        self.fetcher: FetchesListings = source  # type: ignore[assignment]
        self.context = context
        self.is_open = False
        self.rests_until = 0.0

    def fetch(self, marketplace: str, listing_id: str) -> Outcome:
        if not self.is_open:
            self.source.open(self.context)
            self.is_open = True
        event = self.fetcher.fetch(marketplace, listing_id)
        if event is None or not event.title:
            return Unresolved(reason="gone", detail=f"{self.instance} knows no such listing")
        return fetched(event, self.instance)


class ListingConnectors:
    """Asks for listings, one at a time. Close it.

    Raises:
        OptionsError: a file or an option is wrong, or the source cannot tell one listing.
        UnknownConnectorError: there is no such source.
    """

    def __init__(self, specs: Sequence[ConnectorSpec], folder: Path, stop: Stop) -> None:
        self._asked = [_made(spec, folder, stop) for spec in specs]

    def can_ask(self, marketplace: str, listing_id: str) -> bool:
        """Whether some connector may know the listing."""
        return any(asked.fetcher.can_fetch(marketplace, listing_id) for asked in self._asked)

    def ask(self, marketplace: str, listing_id: str, now: float) -> Outcome:
        """The listing from the first connector that has it; else what the last one said. `now`: monotonic seconds."""
        outcome: Outcome = Unresolved(reason="not-seen", detail="no connector is configured for it")
        for asked in self._asked:
            if not asked.fetcher.can_fetch(marketplace, listing_id):
                continue
            outcome = self._one(asked, marketplace, listing_id, now)
            if not isinstance(outcome, Unresolved):
                return outcome
        return outcome

    def _one(self, asked: _Asked, marketplace: str, listing_id: str, now: float) -> Outcome:
        if now < asked.rests_until:
            return Unresolved(reason="connector-refused", detail=f"{asked.instance} was refused lately")
        try:
            return asked.fetch(marketplace, listing_id)
        except RetryError as error:
            if error.after:
                asked.rests_until = now + error.after
            return Unresolved(reason="connector-away", detail=_one_line(error))
        except RecordError as error:
            return Unresolved(reason="unreadable", detail=_one_line(error))
        except AbortError as error:
            asked.rests_until = now + REST_SECONDS
            log.warning("a connector is refused", instance=asked.instance, error=redact(str(error)))
            return Unresolved(reason="connector-refused", detail=_one_line(error))

    def close(self) -> None:
        """Close those that were opened."""
        for asked in self._asked:
            if asked.is_open:
                asked.source.close()


def _made(spec: ConnectorSpec, folder: Path, stop: Stop) -> _Asked:
    kind = source_type(spec.name)
    try:
        options = tomllib.loads(spec.file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionsError(f"connector {spec.name}: cannot read {spec.file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OptionsError(f"connector {spec.name}: {spec.file} is not TOML: {error}") from None
    # The file may be that of a running connector: its pushes are its own.
    options.pop("push_listen", None)
    source = make(kind, options)
    if not isinstance(source, FetchesListings):
        raise OptionsError(f"the source {spec.name!r} cannot tell one listing by its id")
    # One attempt: the request is tried again later, and others are waiting.
    context = Context(spec.instance, stop=stop, folder=folder / spec.instance, backoff=Backoff(attempts=1))
    return _Asked(spec, source, context)


def _one_line(error: Exception) -> str:
    return " ".join(redact(str(error)).split())[:300]
