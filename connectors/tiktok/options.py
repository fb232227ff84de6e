"""Options of the sources `tiktok` and `tokopedia`."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from connectors.field_types import Key
from connectors.secret import Secret
from connectors.tiktok.listing import TIKTOK, TOKOPEDIA, Marketplace
from connectors.windows import WindowOptions

BASE_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"
REQUESTS_PER_SECOND = 5.0
"""TikTok Shop grants its rates per app and shop, and names none: a start, which its refusals slow down."""
ENDED = ("fs.tokopedia.net", "accounts.tokopedia.com")
"""Hosts of Tokopedia's own API."""


class TikTokOptions(WindowOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `tiktok`: one shop that has authorised the app."""

    app_key: Key
    """The app's public key, which names it."""
    app_secret: Secret
    """What requests and pushes are signed with."""
    shop_id: Annotated[str, Meta(pattern=r"^[0-9]{1,20}\Z")]
    """The shop's number: the seller of its listings, and what pushes are told apart by."""
    shop_cipher: Key
    """From Get Authorized Shops: which shop is asked for."""
    access_token: Secret | None = None
    """From the seller's authorisation; needed once, then the tokens are kept in the instance's folder."""
    refresh_token: Secret | None = None
    """As the access token."""
    marketplaces: Annotated[tuple[Marketplace, ...], Meta(min_length=1)] = (TIKTOK,)
    """Whose listings to yield. For both name both here: two sources would ask twice, and use up each other's tokens."""
    base_url: str = BASE_URL
    """Where the API is."""
    auth_url: str | None = None
    """Where tokens are refreshed; TikTok's own, or `base_url` where that is not TikTok's."""
    requests_per_second: Annotated[float, Meta(gt=0)] = REQUESTS_PER_SECOND
    """At most; slower after each "too many"."""
    push_listen: str | None = None
    """`host:port` to take TikTok Shop's pushes on, behind a proxy that ends TLS. Without it, the search is polled."""
    push_path: str = "/tiktok"
    """The path that the proxy passes on."""

    def __post_init__(self) -> None:
        for name, url in (("base_url", self.base_url), ("auth_url", self.auth_url)):
            host = (urlsplit(url or "").hostname or "").lower()
            if host in ENDED:
                raise ValueError(
                    f"{name}: Tokopedia's own API ({host}) ended on 30 September 2025; its listings come through "
                    f"TikTok Shop's API ({BASE_URL}), whose app the seller must authorise"
                )

    @property
    def token_url(self) -> str:
        """Where tokens are refreshed."""
        return self.auth_url or (AUTH_URL if self.base_url == BASE_URL else self.base_url)


class TokopediaOptions(TikTokOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `tokopedia`: the same, with Tokopedia's listings unless it says otherwise."""

    marketplaces: Annotated[tuple[Marketplace, ...], Meta(min_length=1)] = (TOKOPEDIA,)
    """Whose listings to yield."""
