"""What can go wrong in a connector: the class says what the runner does next."""

from collections.abc import Sequence

from connectors.items import Event


class ConnectorError(Exception):
    """Something went wrong in a source or a sink; the class says what the runner does next.

    ConnectorError
    ├── AbortError             ends the run: no repetition would help
    │   ├── OptionsError         an option is unknown, missing or wrong; the message names it
    │   └── UnknownConnectorError  no such source or sink; the message lists those there are
    ├── RetryError             the same again after a pause: the other side is away or overloaded
    │   ├── ThrottledError       too many requests: slower, and not before the pause it asked for
    │   └── ExpiredTokenError    the access token is refused: the client gets another one and repeats
    ├── WindowFullError        the window holds more than can be paged through: it is halved, never cut off
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


class ThrottledError(RetryError):
    """The other side says that these are too many requests."""


class ExpiredTokenError(RetryError):
    """The other side no longer takes the access token."""


class WindowFullError(ConnectorError):
    """There is more in the window than the other side will page through; nothing of it may be taken for all."""


class SkipError(ConnectorError):
    """These records can never be taken. Raised once every other record of the flush is acknowledged."""

    def __init__(self, message: str, refused: Sequence[Event]) -> None:
        super().__init__(message)
        self.refused = tuple(refused)
