"""The options of the source `shopee`."""

from typing import Annotated

from msgspec import Meta

from connectors.secret import Secret
from connectors.windows import WindowOptions

HOST = "https://partner.shopeemobile.com"
"""For apps that run near Singapore; Shopee names other hosts for other places."""
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ShopeeOptions(WindowOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One shop that has authorised one app of the Shopee Open Platform."""

    partner_id: Number
    """The app's id."""
    partner_key: Secret
    """The app's key: it signs every request, and Shopee's pushes."""
    shop_id: Number
    """The shop's number: the seller of its listings."""
    access_token: Secret | None = None
    """The first tokens, from authorising the shop. Later ones are kept in the instance's own folder; these are
    read again only when they are others than before."""
    refresh_token: Secret | None = None
    """As the access token; it is good for one use."""
    code: Secret | None = None
    """In place of tokens: the code of an authorisation, or a resend code. It is good once and for ten minutes,
    and is exchanged when the source is opened; afterwards it may stay where it is."""
    base_url: str = HOST
    """Where the API is."""
    requests_per_second: Annotated[float, Meta(gt=0, le=1000)] = 10.0
    """Shopee names no limit; it is asked more slowly when it says "too many"."""
    push_url: str | None = None
    """The callback address of pushes, exactly as it stands in the Open Platform's console: it is signed."""
    push_listen: str | None = None
    """Where pushes are taken, as `127.0.0.1:8710`, for the proxy that ends TLS; without it none are."""
    push_path: str = "/shopee"
    """The path that the proxy passes on."""
