"""Whether an action comes from a page of this site. Pure."""

from collections.abc import Sequence
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def comes_from_us(fetch_site: str | None, origin: str | None, hosts: Sequence[str], *, https: bool) -> bool:
    """Whether the browser says so. `hosts`: what this site is called in the request, such as `127.0.0.1:6070`.

    Browsers send Origin with every POST, and Sec-Fetch-Site to sites they trust (Fetch Standard, 3.1; Fetch Metadata,
    2.1). Without both it is no browser, so there is no signed-in person whom another site could use. With `https` a
    page read over http is another site: anybody on the way may have written it.
    """
    if fetch_site not in (None, "same-origin", "none"):
        return False
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
        asked = (parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme))
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or (https and parts.scheme != "https"):
        return False
    return asked in [_host_and_port(host, parts.scheme) for host in hosts]


def _host_and_port(host: str, scheme: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname, parts.port or _DEFAULT_PORTS[scheme]
    except ValueError:
        return None, None
