"""The console as somebody without an account may attack it: slow and broken requests, other names, other methods."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import local_http
import pytest
from argon2 import PasswordHasher
from console_client import Served, console_in, served
from console_people import Browser
from sqlalchemy import select

from connectors.web_trust import web_trust
from streams.console import guard, passwords
from streams.console.app import ROUTES, build_app
from streams.console.faults import SECURITY_HEADERS
from streams.console.listening import Door, listening
from streams.console.tables import ALERTS, CLAIMS, PEOPLE, REQUESTS, VERDICTS
from streams.console.throttle import BY_ADDRESS
from streams.kafka_local.broker import LocalKafka
from streams.settings import Dashboard, Kafka, Settings, Topics

AWAY = Kafka(bootstrap_servers="127.0.0.1:1")


@pytest.fixture(scope="module")
def site(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # A broker without our topics says so at once; one that is away takes its time.
    settings = Settings(kafka=Kafka(bootstrap_servers=kafka.bootstrap_servers), topics=Topics(prefix="none-"))
    with console_in(tmp_path_factory.mktemp("console"), settings) as console, served(console) as site:
        yield site


def answers_to(base: str, raw: bytes, seconds: float = 10.0) -> bytes:
    """All that comes back for these bytes, until the other side closes or is silent."""
    host, _, port = base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as line:
        line.sendall(raw)
        line.settimeout(seconds)
        heard = b""
        while True:
            try:
                part = line.recv(65536)
            except TimeoutError:
                raise AssertionError(f"the connection stays open: {heard[:300]!r}") from None
            except ConnectionResetError:
                return heard
            if not part:
                return heard
            heard += part


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("headers", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 40\r\n",
    b"Content-Length: 5, 40\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: 0x5\r\n",
    b"Content-Length: -5\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"X: 1\nContent-Length: 5\r\n",
    b"X: a\x00b\r\n",
    b"X: a\r\n Content-Length: 5\r\n",
    b"\x00: 1\r\n",
])  # fmt: skip
def test_what_two_servers_may_read_differently_is_refused_and_nothing_after_it_is_read(
    site: Served, headers: bytes
) -> None:
    raw = b"POST /sign-in HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n0\r\n\r\n" + SMUGGLED
    heard = answers_to(site.base, raw)
    assert heard.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), heard[:200]
    assert heard.count(b"HTTP/1.") == 1, heard


@pytest.mark.parametrize("raw", [
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(500)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nCookie: rw_session=" + b"a" * 20_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
], ids=["line", "header", "headers", "cookie", "tls", "http2", "version", "absolute"])  # fmt: skip
def test_what_is_too_long_or_no_http_is_refused_and_told_nothing(site: Served, raw: bytes) -> None:
    heard = answers_to(site.base, raw)
    assert heard.startswith(b"HTTP/1.") or heard == b""
    assert b" 200 " not in heard[:20]
    assert b"Traceback" not in heard
    assert local_http.get(f"{site.base}/livez").status_code == 200


def test_connections_that_say_little_end_and_others_are_let_in_again(tmp_path: Path) -> None:
    """Slowloris: as many connections as there is room for, each of which sends a byte now and then."""
    door = Door(connections=6, idle_seconds=1.0)

    async def attack() -> None:
        with console_in(tmp_path, Settings(kafka=AWAY)) as console:
            async with listening(build_app(console), "127.0.0.1", 0, door) as port:
                lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(door.connections)]
                for _, out in lines:
                    out.write(b"GET /livez HTTP/1.1\r\nHost: a\r\nX: ")
                async with httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}", verify=web_trust(), trust_env=False
                ) as client:
                    assert (await client.get("/livez")).status_code == 503
                    deadline = time.monotonic() + 30
                    while True:
                        for _, out in lines:
                            with contextlib.suppress(OSError):
                                out.write(b"a")
                        with contextlib.suppress(httpx.TransportError):
                            if (
                                await client.get("/livez", headers={"Connection": "close"})
                            ).status_code == 200:
                                break
                        assert time.monotonic() < deadline, "the slow ones still hold the door"
                        await asyncio.sleep(0.05)
                for _, out in lines:
                    out.close()

    asyncio.run(attack())


def test_a_form_that_never_ends_is_given_up(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "FORM_SECONDS", 0.2)
    head = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nname="
    host, _, port = site.base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head)
        assert line.recv(100).startswith(b"HTTP/1.1 408")


def test_a_strangers_large_body_is_not_read(site: Served) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000000\r\n\r\n"
    host, _, port = site.base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head)
        assert line.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("name", ["evil.example", "evil.example:6070", "127.0.0.1.evil.example", "console.example.evil.example", "", "console.example@evil.example"])  # fmt: skip
def test_with_its_names_told_it_answers_for_no_other(tmp_path: Path, name: str) -> None:
    """A page of evil.example whose name was led to the console's address sends that name (DNS rebinding)."""
    settings = Settings(
        kafka=AWAY,
        dashboard=Dashboard(hosts="console.example, 192.0.2.1,[::1]", sign_in="proxy", proxy_role="admin"),
    )
    with console_in(tmp_path, settings) as console, served(console) as site:
        person = {"X-Forwarded-User": "admin-7"}
        forged = local_http.get(f"{site.base}/people", headers=person | {"Host": name})
        assert forged.status_code in (400, 421)
        assert "admin-7" not in forged.text
        with console.database.read() as connection:
            assert connection.execute(select(PEOPLE)).all() == []
        for ours in ("console.example", "Console.Example:443", "192.0.2.1:6070", "[::1]:6070"):
            answer = local_http.get(f"{site.base}/people", headers=person | {"Host": ours})
            assert answer.status_code == 200, ours
        assert local_http.get(f"{site.base}/livez", headers={"Host": name or "x"}).status_code == 200


def test_no_answer_names_the_host_that_was_asked(site: Served) -> None:
    """What a proxy keeps, or a mail quotes, must not lead to a name that somebody else has sent."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript", "Accept": "text/html"}  # fmt: skip
    for path in ("/", "/alerts", "/sign-in", "/sign-in?next=/account", "/nowhere"):
        for visitor in (site.visitor(None), site.visitor("admin")):
            answer = visitor.client.get(path, headers=headers)
            assert "evil.example" not in answer.text
            assert "evil.example" not in str(answer.headers)


def test_an_address_that_is_made_up_is_one_attacker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attempt claims to come from elsewhere; nobody trusts the peer that says so."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(passwords, "NOBODYS", passwords.NOBODYS.replace("m=65536,t=3", "m=64,t=1"))
    settings = Settings(kafka=AWAY, dashboard=Dashboard(trusted_proxies="192.0.2.1"))
    with console_in(tmp_path, settings) as console, served(console) as site:
        statuses = []
        for number in range(BY_ADDRESS.free + 2):
            forged = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}", "True-Client-IP": "198.51.100.1"}  # fmt: skip
            statuses.append(Browser(site, **forged).sign_in(f"person-{number}", "wrong password").status_code)
        assert statuses[BY_ADDRESS.free :] == [429, 429]


def open_addresses() -> list[str]:
    return [
        route.path.replace(r"{image:\d{1,3}}", "0").replace("{side:takedown|listing}", "takedown")
        .replace("{sha256}", "a" * 64).replace("{alert_id}", "x").replace("{place}", "0:1").replace("{job}", "x")
        .replace("{token}", "x").replace("{kind}", "csv").replace("{name}", "console.css")
        for route in ROUTES
        if route.method == "GET" and route.path != "/live"
    ]  # fmt: skip


@pytest.mark.parametrize("address", open_addresses())
def test_every_answer_is_framed_by_nobody_kept_by_nobody_and_runs_our_scripts_alone(
    site: Served, address: str
) -> None:
    for visitor in (site.visitor(None), site.visitor("admin")):
        answer = visitor.client.get(address, headers={"Accept": "text/html"})
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        kept = answer.headers["Cache-Control"]
        ours = address.startswith("/static/") and answer.status_code == 200
        assert (
            kept.startswith("public")
            if ours
            else kept in ("no-store", "no-cache") or kept.startswith("private")
        ), kept
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "aiohttp" not in answer.headers.get("Server", "")
        assert "Strict-Transport-Security" not in answer.headers


def test_with_https_browsers_are_told_to_come_by_it_alone(tmp_path: Path) -> None:
    with console_in(tmp_path, Settings(dashboard=Dashboard(https=True))) as console, served(console) as site:
        for path in ("/sign-in", "/livez", "/nowhere", "/static/console.css"):
            told = local_http.get(site.base + path).headers["Strict-Transport-Security"]
            assert told == "max-age=31536000"


def test_opening_an_address_changes_nothing(site: Served) -> None:
    """What an image or a link on another page can ask of a browser that is signed in (CSRF by GET)."""
    watched = (PEOPLE, ALERTS, VERDICTS, CLAIMS, REQUESTS)
    visitor = site.visitor("admin")

    def rows() -> list[object]:
        with site.console.database.read() as connection:
            return [connection.execute(select(table)).all() for table in watched]

    before = rows()
    for address in open_addresses():
        headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE", "Accept": "text/html"}
        visitor.client.get(
            f"{address}?_method=POST&verdict=relist&role=admin&name=x&confirm=1&send=1", headers=headers
        )
    assert rows() == before
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "FOO"]
)
def test_other_methods_do_nothing(site: Served, method: str) -> None:
    admin = site.visitor("admin")
    for path in ("/people/role", "/alerts", "/sign-out", "/static/console.css", "/nowhere"):
        answer = admin.client.request(method, path, headers={"X-CSRF-Token": admin.csrf})
        assert answer.status_code in (400, 403, 404, 405), path
        assert admin.csrf not in answer.text
    assert admin.get("/account").status_code == 200


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "%2e%2e%2fapp.py", "..%5capp.py", "....//app.py", "/etc/passwd", "%2fetc%2fpasswd", "console.css/../../app.py", "console.css%00.js", "..;/app.py", ".", "", "C:%5cWindows%5cwin.ini", "console.py"])  # fmt: skip
def test_static_files_are_those_of_the_folder_alone(site: Served, name: str) -> None:
    raw = f"GET /static/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    heard = answers_to(site.base, raw)
    assert heard.split(b" ", 2)[1] in (b"400", b"401", b"404")
    assert b"root:" not in heard
    assert b"import " not in heard


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=b", "application/octet-stream", "text/xml"])  # fmt: skip
def test_a_form_of_another_kind_carries_no_token(site: Served, kind: str) -> None:
    """Kinds that another site's page may send without asking first, with a token it could not know anyway."""
    admin = site.visitor("admin")
    bodies = {
        "application/json": f'{{"csrf": "{admin.csrf}", "name": "x", "role": "admin"}}',
        "multipart/form-data; boundary=b": f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{admin.csrf}\r\n--b--\r\n',
    }
    body = bodies.get(kind, f"csrf={admin.csrf}&name=x&role=admin")
    answer = admin.client.post(
        "/people/role", content=body, headers={"Content-Type": kind, "Accept": "text/html"}
    )
    assert answer.status_code in (400, 403, 415), answer.status_code


def test_the_application_has_no_route_that_the_list_of_routes_lacks(site: Served) -> None:
    """tests/console/people/test_every_route.py asks each route of the list as each role: nothing may stand beside it."""
    app = build_app(site.console)
    there = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
    }

    def canonical(path: str) -> str:
        import re

        return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", path)

    assert there == {(route.method, canonical(route.path)) for route in ROUTES}
