"""Options of the source `lazada`."""

from typing import Annotated

from msgspec import Meta

from connectors.field_types import Key
from connectors.secret import Secret
from connectors.windows import WindowOptions

BASE_URL = "https://api.lazada.co.id"
AUTH_URL = "https://auth.lazada.com"
REQUESTS_PER_SECOND = 5.0
"""Lazada names no figure and refuses what is too much for a seller or an app: well below what others report."""


class LazadaOptions(WindowOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the source `lazada`: one seller that has authorised the app."""

    app_key: Key
    """The app's public key, which names it."""
    app_secret: Secret
    """What requests and pushes are signed with."""
    seller_id: Annotated[str, Meta(pattern=r"^[0-9]{1,20}\Z")]
    """The seller's number: Lazada's records do not say whose they are."""
    access_token: Secret | None = None
    """From the seller's authorisation; needed once, then the tokens are kept in the instance's folder."""
    refresh_token: Secret | None = None
    """As the access token."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] = "IDR"
    """Of the prices: Lazada's records do not say."""
    base_url: str = BASE_URL
    """Where the API is."""
    auth_url: str | None = None
    """Where tokens are refreshed; Lazada's own, or `base_url` where that is not Lazada's."""
    requests_per_second: Annotated[float, Meta(gt=0)] = REQUESTS_PER_SECOND
    """At most; slower after each "too many"."""
    push_listen: str | None = None
    """`host:port` to take Lazada's pushes on, behind a proxy that ends TLS. Without it, the list is polled alone."""
    push_path: str = "/lazada"
    """The path that the proxy passes on."""

    @property
    def token_url(self) -> str:
        """Where tokens are refreshed."""
        return self.auth_url or (AUTH_URL if self.base_url == BASE_URL else self.base_url)
