"""What a connector is: a source of events or a sink for them, options, and errors that say what happens next.

A source yields; a sink takes; `connectors.runner` pumps from one to the other. Both are classes named by an
entry point (`connectors.registry`) and made from a struct of options in which an unknown key is an error.
All that a connector's author needs is here, and `connectors.window_source` for one that asks.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import msgspec
from msgspec import Struct

from connectors.context import Context
from connectors.errors import (
    AbortError,
    ConnectorError,
    ExpiredTokenError,
    OptionsError,
    RetryError,
    SkipError,
    ThrottledError,
    UnknownConnectorError,
    WindowFullError,
)
from connectors.events import ListingEvent
from connectors.items import (
    IDLE,
    Checkpoint,
    Event,
    Idle,
    Item,
    Notice,
    RawRecord,
    Skipped,
    Withdrawal,
)
from connectors.secret import Secret
from connectors.stop import Stop

__all__ = [
    "IDLE",
    "AbortError",
    "Checkpoint",
    "ConnectorError",
    "Context",
    "Event",
    "ExpiredTokenError",
    "FetchesListings",
    "Idle",
    "Item",
    "Notice",
    "OptionsError",
    "RawRecord",
    "RetryError",
    "Secret",
    "Sink",
    "SkipError",
    "Skipped",
    "Source",
    "Stop",
    "ThrottledError",
    "UnknownConnectorError",
    "WindowFullError",
    "Withdrawal",
    "make",
]

O_co = TypeVar("O_co", bound=Struct, covariant=True)


class Source(ABC, Generic[O_co]):
    """Where events come from. Subclasses set `name`, `version` and `options_type`, and yield in `events`."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    options_type: ClassVar[type[Struct]]

    def __init__(self, options: O_co) -> None:
        self.options = options

    def open(self, context: Context) -> None:
        """Check that the source can be read at all, before anything flows. Called once."""

    @abstractmethod
    def events(self, stop: Stop) -> Iterator[Item]:
        """The events from where the source stands, until it ends or `stop` is set.

        Before any wait, yield `IDLE`, and wait with `stop.wait`. After a `RetryError` this is called again
        on the same object, and goes on behind the last event yielded: it may repeat some, and lose none.
        """

    def acknowledged(self) -> None:
        """Everything yielded so far is acknowledged by the sink. Called after each flush, empty ones too."""

    def close(self) -> None:
        """Give back what `open` took. Called once, whatever happened."""


@runtime_checkable
class FetchesListings(Protocol):
    """What a source may be able to do besides: tell one listing by its id. An opened source is asked, and one
    thread asks. `relistwatch takedowns resolve` needs it of a takedown whose listing it has never seen."""

    def can_fetch(self, marketplace: str, listing_id: str) -> bool:
        """Whether that could be a listing of this source's shop; asks nobody."""

    def fetch(self, marketplace: str, listing_id: str) -> ListingEvent | None:
        """The listing as it is now, also one that is off sale but still told of; None where there is none.

        Raises:
            RetryError: not now.
            AbortError: never, as long as the options are these.
            RecordError: there is a record, and it cannot be mapped; the message names the field.
        """


class Sink(ABC, Generic[O_co]):
    """Where events go. What was written is safe only when `flush` has returned."""

    name: ClassVar[str]
    options_type: ClassVar[type[Struct]]

    def __init__(self, options: O_co) -> None:
        self.options = options

    def open(self) -> None:
        """Check that the sink can be reached and written to. Called once; its errors end the run."""

    @abstractmethod
    def write(self, batch: Sequence[Event]) -> None:
        """Take these in their order; they may be buffered.

        Raises:
            RetryError: from here or from `flush`: everything since the last flush is written again.
        """

    @abstractmethod
    def flush(self) -> None:
        """Return when everything written is acknowledged.

        Raises:
            RetryError: something may not have arrived; everything since the last flush is written again.
            SkipError: some records are refused for good; all others are acknowledged.
        """

    def close(self) -> None:
        """Give back what `open` took. Called once, whatever happened; flushes nothing."""


C = TypeVar("C", bound="Source[Any] | Sink[Any]")


def make(connector: type[C], options: Mapping[str, Any]) -> C:
    """A source or sink from options by name; texts become the option's own type ("5" a number).

    Raises:
        OptionsError: an option is unknown, missing or wrong.
    """
    wanted = connector.options_type
    known = ", ".join(field.encode_name for field in msgspec.structs.fields(wanted)) or "none"
    if unknown := sorted(options.keys() - {field.encode_name for field in msgspec.structs.fields(wanted)}):
        raise OptionsError(f"{connector.name} has no option {unknown[0]!r}; its options: {known}")
    try:
        made = msgspec.convert(options, wanted, strict=False, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise OptionsError(f"{connector.name}: {error} (options: {known})") from None
    return connector(made)


def _secret(kind: type, value: Any) -> Any:
    """A secret from its reference; msgspec puts the option's name behind the message."""
    if kind is Secret:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str):
            return Secret.of(value)
        raise ValueError("a secret is text: env:NAME, file:PATH, or the secret itself")
    raise NotImplementedError(f"no option has the type {kind!r}")
