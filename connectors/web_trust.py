"""By which certificates a web server is believed to be who it says."""

import ssl
from functools import cache

import httpx


@cache
def web_trust() -> ssl.SSLContext:
    """Certifi's, for every client of this process: reading them takes 40 ms of processor time. The environment cannot
    name others. Nobody may change it."""
    return httpx.create_ssl_context(trust_env=False)
