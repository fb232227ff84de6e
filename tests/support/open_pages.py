"""Pages open in a real browser by somebody signed in, and what all of them must be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from console_client import Served

from streams.console.people import Role

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the browser tests need axe")

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
without_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"the browser tests need {CHROMIUM}")


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's. While it is open its event loop runs, and no other can: for a module, not for the session."""
    if not CHROMIUM.exists():
        pytest.skip(f"the browser tests need {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@contextmanager
def signed_in(
    chromium: Any, site: Served, role: Role, *, width: int = 1280, theme: str = "light", language: str = "en"
) -> Iterator[Any]:
    """A page of a browser of its own, which complains of nothing."""
    visitor = site.visitor(role)
    context = chromium.new_context(base_url=site.base, viewport={"width": width, "height": 800})
    cookies = [*visitor.client.cookies.items(), ("rw_theme", theme), ("rw_language", language)]
    context.add_cookies([{"name": name, "value": value, "url": site.base} for name, value in cookies])
    page, complaints = context.new_page(), []
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
        assert complaints == []
    finally:
        context.close()


def assert_reachable(page: Any) -> None:
    """Nothing that keeps people out, and nothing wider than the window."""
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [
        (each["id"], [node["html"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
