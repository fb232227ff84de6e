"""Asking a server of this machine: no proxy is asked, and no certificates are read for each question."""

from typing import Any

import httpx

from connectors.web_trust import web_trust


def get(url: str, **options: Any) -> httpx.Response:
    """As `httpx.get`."""
    return httpx.get(url, verify=web_trust(), trust_env=False, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """As `httpx.post`."""
    return httpx.post(url, verify=web_trust(), trust_env=False, **options)
