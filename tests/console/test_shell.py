"""What every page of the console has: who may, language, colours, what goes wrong, news."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from console_client import Served, console_in, served

from streams.console.app import ROUTES
from streams.console.context import console_of
from streams.console.rendering import page
from streams.console.routes import Route
from streams.console.words import ALL


async def shown(request: web.Request) -> web.Response:
    return page(request, "error.html", {"message": "<b>hello</b>"})


async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("a secret of ours")


async def changed(request: web.Request) -> web.Response:
    console_of(request).live.publish("alerts", "7")
    return web.json_response({})


TRIED = (
    Route("GET", "/shown", shown),
    Route("GET", "/broken", broken),
    Route("POST", "/changed", changed, needs="judge"),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with console_in(tmp_path) as console, served(console, (*ROUTES, *TRIED)) as site:
        yield site


def test_nobody_sees_a_page_without_signing_in(site: Served) -> None:
    stranger = site.visitor(None)
    sent = stranger.get("/shown?a=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/shown?a=1")
    assert stranger.client.get("/shown").status_code == 401
    assert stranger.post("/changed").status_code == 401


def test_a_page_is_escaped_and_nobody_keeps_or_frames_it(site: Served) -> None:
    answer = site.visitor().get("/shown")
    assert "&lt;b&gt;hello" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_an_action_needs_the_role_and_the_token(site: Served) -> None:
    analyst = site.visitor("analyst")
    assert analyst.post("/changed").status_code == 200
    assert site.visitor("viewer").post("/changed").status_code == 403
    assert site.visitor("operator").post("/changed").status_code == 403
    forged = analyst.client.post("/changed", data={"csrf": "guessed"})
    assert forged.status_code == 403
    assert "too old" in forged.json()["error"]
    other_site = {"X-CSRF-Token": analyst.csrf, "Sec-Fetch-Site": "cross-site"}
    assert analyst.client.post("/changed", headers=other_site).status_code == 403
    assert analyst.client.post("/changed", data={"csrf": analyst.csrf}).status_code == 200


def test_what_goes_wrong_tells_nothing_of_the_inside(site: Served) -> None:
    answer = site.visitor().get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert site.visitor().get("/nowhere").status_code == 404


def test_language_and_colours_are_chosen_and_kept(site: Served) -> None:
    visitor = site.visitor()
    assert 'lang="id"' in visitor.get("/shown", **{"Accept-Language": "id-ID,id;q=0.9"}).text
    sent = visitor.post("/preferences", language="id", theme="dark", next="/shown")
    assert (sent.status_code, sent.headers["location"]) == (303, "/shown")
    text = visitor.get("/shown").text
    assert 'lang="id"' in text
    assert 'data-theme="dark"' in text
    assert visitor.post("/preferences", next="//evil.example/").headers["location"] == "/"
    assert visitor.post("/preferences", next="https://evil.example/").headers["location"] == "/"


def test_every_word_is_there_in_both_languages() -> None:
    for key, (english, indonesian) in ALL.items():
        assert english.strip(), key
        assert indonesian.strip(), key


def test_an_open_page_hears_what_changed(site: Served) -> None:
    viewer, analyst = site.visitor(), site.visitor("analyst")
    heard: list[str] = []
    opened = threading.Event()

    def listen() -> None:
        with viewer.client.stream("GET", "/live?kinds=alerts") as answer:
            for line in answer.iter_lines():
                heard.append(line)
                opened.set()
                if line == "data: 7":
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(10)
    analyst.post("/changed")
    listener.join(10)
    assert heard[-2:] == ["event: alerts", "data: 7"]


def test_static_files_are_ours_and_kept_for_good(site: Served) -> None:
    stranger = site.visitor(None)
    styles = stranger.get("/static/console.css")
    assert "immutable" in styles.headers["cache-control"]
    assert stranger.get("/static/..%2fapp.py").status_code == 404
    assert isinstance(styles, httpx.Response)
    assert "url(http" not in styles.text
