"""What an app and a shop's permission look like, and the tokens that come and go. All drawn from the seed.

They open nothing but a simulator on this machine, so they may be printed.
"""

from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

from connectors.simulator.version import KINDS


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connector needs for one shop."""

    kind: str
    app: str
    """Shopee: partner id. Lazada, TikTok: app key."""
    secret: str
    """Shopee: partner key. Lazada, TikTok: app secret."""
    shop: str
    """Shopee: shop id. Lazada: seller id. TikTok: shop id."""
    access_token: str
    refresh_token: str
    access_expires_ms: int
    names: tuple[str, str, str]
    """What the connector's options call the app, its secret and the shop."""
    below: str = ""
    """What belongs to the connector's base URL."""
    shop_cipher: str = ""
    """TikTok alone."""

    def options(self, base_url: str) -> dict[str, str | list[str]]:
        """The options of the connector of that name, as its TOML file has them."""
        found: dict[str, str | list[str]] = {
            "base_url": base_url + self.below,
            **dict(zip(self.names, (self.app, self.secret, self.shop), strict=True)),
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
        }
        if self.shop_cipher:
            found |= {"shop_cipher": self.shop_cipher, "marketplaces": list(KINDS[self.kind])}
        return found


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair of tokens for a shop. Times in milliseconds since 1970."""

    shop: str
    access_token: str
    refresh_token: str
    access_expires_ms: int
    refresh_expires_ms: int


class TokenDesk:
    """Gives out tokens that begin with `head`, and knows which are good. `single_use`: a refresh token serves once."""

    def __init__(
        self, kind: str, seed: int, *, head: str, access_ms: int, refresh_ms: int, single_use: bool
    ) -> None:
        self._kind, self._seed = kind, seed
        self._access_ms, self._refresh_ms = access_ms, refresh_ms
        self._head, self._single_use = head, single_use
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._serials: dict[str, count[int]] = {}
        self.refreshes = 0
        """Refresh tokens taken."""

    def grant(self, shop: str, now_ms: int) -> Grant:
        """A new pair for the shop."""
        serial = next(self._serials.setdefault(shop, count()))
        given = Grant(
            shop=shop,
            access_token=self._text(shop, serial, "access"),
            refresh_token=self._text(shop, serial, "refresh"),
            access_expires_ms=now_ms + self._access_ms,
            refresh_expires_ms=now_ms + self._refresh_ms,
        )
        self._access[given.access_token] = self._refresh[given.refresh_token] = given
        return given

    def shop_of(self, access_token: str, now_ms: int) -> str | None:
        """Whose token this is; None where it is unknown or too old."""
        given = self._access.get(access_token)
        return given.shop if given and now_ms < given.access_expires_ms else None

    def refresh(self, refresh_token: str, now_ms: int, shop: str | None = None) -> Grant | None:
        """A new pair for the refresh token; None where that is unknown, used up, too old or another shop's."""
        given = self._refresh.get(refresh_token)
        if given is None or now_ms >= given.refresh_expires_ms or shop not in (None, given.shop):
            return None
        if self._single_use:
            del self._refresh[refresh_token]
        self.refreshes += 1
        return self.grant(given.shop, now_ms)

    def expire(self) -> None:
        """All access tokens given so far are too old from now on."""
        self._access.clear()

    def revoke(self) -> None:
        """The shops take their permission back: no token is good any more."""
        self._access.clear()
        self._refresh.clear()

    def _text(self, shop: str, serial: int, use: str) -> str:
        drawn = blake2b(
            f"{self._kind}\x1f{self._seed}\x1f{shop}\x1f{serial}\x1f{use}".encode(), digest_size=16
        )
        return self._head + drawn.hexdigest()


def drawn_text(size: int, *parts: object) -> str:
    """Hexadecimal text of that many digits for whatever `parts` name."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=(size + 1) // 2).hexdigest()[:size]
