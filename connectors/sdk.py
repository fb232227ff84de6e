"""What a connector is: a source of events or a sink for them, options, and errors that say what happens next.

A source yields; a sink takes; `connectors.runner` pumps from one to the other. Both are classes named by an
entry point (`connectors.registry`) and made from a struct of options in which an unknown key is an error.
"""

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from connectors.events import ListingEvent, Takedown
from connectors.field_types import Key


class ConnectorError(Exception):
    """Something went wrong in a source or a sink; the class says what the runner does next.

    ConnectorError
    ├── AbortError             ends the run: no repetition would help
    │   ├── OptionsError         an option is unknown, missing or wrong; the message names it
    │   └── UnknownConnectorError  no such source or sink; the message lists those there are
    ├── RetryError             the same again after a pause: the other side is away or overloaded
    └── SkipError              these records can never be taken; they are reported and counted, the rest go on
    """


class AbortError(ConnectorError):
    """The run ends: no repetition would help."""


class OptionsError(AbortError):
    """An option is unknown, missing or wrong; the message names it."""


class UnknownConnectorError(AbortError):
    """There is no source or sink of that name; the message lists those there are."""


class RetryError(ConnectorError):
    """The same again after a pause; `after` is the least pause in seconds that the other side asked for."""

    def __init__(self, message: str, *, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A takedown taken back: on Kafka a null value under its id."""

    takedown_id: Key
    withdrawn: Literal[True] = True


class RawRecord(Struct, frozen=True):
    """Bytes that the source could not decode, or whose fields it does not all know, passed on as they are.

    The worker decodes them again and, where it cannot, keeps them byte for byte on `dead-letters`: a source
    never decides that something is lost.
    """

    value: bytes
    key: str | None = None


Event = ListingEvent | Takedown | Withdrawal | RawRecord
"""What a sink takes."""


class SkipError(ConnectorError):
    """These records can never be taken. Raised once every other record of the flush is acknowledged."""

    def __init__(self, message: str, refused: Sequence[Event]) -> None:
        super().__init__(message)
        self.refused = tuple(refused)


class Skipped(Struct, frozen=True):
    """Something the source cannot pass on at all, and why. Counted, reported, and the source goes on."""

    detail: str


class Notice(Struct, frozen=True):
    """Something a person should know though no record is lost, such as a photo that could not be read."""

    detail: str


class Idle(enum.Enum):
    """Nothing at hand: the runner flushes what it has. A source yields it before it waits."""

    IDLE = "idle"


IDLE = Idle.IDLE
Item = Event | Skipped | Notice | Idle
"""What a source yields."""


class Stop(Protocol):
    """How a source learns that it should end, and waits meanwhile. A `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to end now."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds; True as soon as it is set."""


O_co = TypeVar("O_co", bound=Struct, covariant=True)


class Source(ABC, Generic[O_co]):
    """Where events come from. Subclasses set `name`, `version` and `options_type`, and yield in `events`."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    options_type: ClassVar[type[Struct]]

    def __init__(self, options: O_co) -> None:
        self.options = options

    def open(self) -> None:
        """Check that the source can be read at all, before anything flows. Called once."""

    @abstractmethod
    def events(self, stop: Stop) -> Iterator[Item]:
        """The events from where the source stands, until it ends or `stop` is set.

        Before any wait, yield `IDLE`, and wait with `stop.wait`. After a `RetryError` this is called again
        on the same object, and goes on behind the last event yielded: it may repeat some, and lose none.
        """

    def acknowledged(self) -> None:
        """Everything yielded so far is acknowledged by the sink: a checkpoint may move up to here."""

    def close(self) -> None:
        """Give back what `open` took. Called once, whatever happened."""


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
        made = msgspec.convert(options, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise OptionsError(f"{connector.name}: {error} (options: {known})") from None
    return connector(made)
