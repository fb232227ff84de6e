"""What all simulated APIs have in common, and what each says of itself: a request, an answer, a refusal, a page."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectors.events import Image
from connectors.simulator.credentials import Credentials, TokenDesk, drawn_text
from connectors.simulator.version import Shops


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Header names are in lower case; `number` counts the API's requests from 1."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    number: int
    now_ms: int

    def get(self, name: str) -> str:
        """The parameter's first value, or an empty text."""
        return next((value for key, value in self.params if key == name), "")

    def values(self, name: str) -> list[str]:
        """All values of a repeated parameter."""
        return [value for key, value in self.params if key == name]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        try:
            body = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def request_id(self) -> str:
        """What the marketplaces give each answer for their support."""
        return drawn_text(32, "request", self.number)


@dataclass(slots=True)
class Reply:
    """An answer: `data` goes out as JSON."""

    data: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """The API answers with an error; `reply` is it in the marketplace's own words."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("refused")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class App:
    """What an API needs to know: its app, its shops, its tokens, and where photos are."""

    app: str
    secret: str
    ciphers: Mapping[str, str]
    """Of TikTok shops, by cipher."""
    world: Shops
    tokens: TokenDesk
    image_url: Callable[[Image], str]


class Api(ABC):
    """One marketplace's API, without HTTP. `routes` name the operation of each method and path."""

    kind: ClassVar[str]
    routes: ClassVar[Mapping[tuple[str, str], str]]
    single_use_refresh: ClassVar[bool] = False
    refresh_days: ClassVar[int] = 30
    option_names: ClassVar[tuple[str, str, str]]
    """What the connector's options call the app, its secret and the shop."""
    base_path: ClassVar[str] = ""
    """What belongs to the connector's base URL."""
    token_head: ClassVar[str] = ""
    """What its tokens begin with."""
    has_ciphers: ClassVar[bool] = False
    """Whether a request names its shop by a cipher."""

    def __init__(self, app: App) -> None:
        self.app = app

    def operation(self, method: str, path: str) -> str | None:
        """The kind of request, such as `list`; None: there is no such path."""
        return self.routes.get((method, path))

    @abstractmethod
    def answer(self, operation: str, call: Call) -> Reply:
        """The answer, or a RefusedError."""

    @abstractmethod
    def fault(self, how: str, call: Call) -> Reply:
        """`throttled`, `inside-200` or `expired` in the marketplace's own words."""

    @abstractmethod
    def records(self, operation: str, data: Any) -> list[dict[str, Any]]:
        """The listings within an answer, the very objects; empty where it has none."""

    @abstractmethod
    def refill(self, data: Any, records: list[dict[str, Any]]) -> None:
        """Put these listings into a list's answer in place of its own."""

    @abstractmethod
    def say_more(self, data: Any, call: Call) -> None:
        """Make a list's answer say that there is another page."""

    @staticmethod
    @abstractmethod
    def draw_app(seed: int) -> tuple[str, str]:
        """The app's id and secret, in the marketplace's form."""

    def credentials(self, shop: str, now_ms: int) -> Credentials:
        """A shop's permission with fresh tokens."""
        given = self.app.tokens.grant(shop, now_ms)
        return Credentials(
            kind=self.kind,
            app=self.app.app,
            secret=self.app.secret,
            shop=shop,
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            access_expires_ms=given.access_expires_ms,
            names=self.option_names,
            below=self.base_path,
            shop_cipher=next((cipher for cipher, known in self.app.ciphers.items() if known == shop), ""),
        )


def whole(text: str) -> int | None:
    """A number without sign, of at most 20 digits; None where the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None


def trait(item: int, sides: int) -> int:
    """Which of `sides` forms a listing has (some have variants, some another description), by its number."""
    return (item * 0x9E3779B97F4A7C15 % 2**64 >> 33) % sides
