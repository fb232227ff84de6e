"""Answers are recorded once over real HTTP and come back without a network; no secret gets into the file."""

import base64
import gzip
import json
import threading
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from connectors.clock import SetClock
from connectors.http_client import HttpClient, Request
from connectors.rate import Rate
from connectors.recording import (
    Asked,
    Exchange,
    Recording,
    RecordingError,
    RecordingTransport,
    ReplayTransport,
    Reply,
    UnrecordedRequestError,
)
from connectors.secret import Secret

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEY = Secret("partner/key+0815 geheim")
TOKENS = ["once-refresh-4711-a", "fresh-access-4711-b", "next-refresh-4711-c"]
SIGN = "5f2ca9f6c64e58aa5af5d28a"
ABOUT = Recording(connector="pasar-uji", at=NOW)


class Market(BaseHTTPRequestHandler):
    """Echoes everything secret that it is told, in all spellings, and packs its answers."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        asked = self.rfile.read(length).decode()
        type(self).asked += 1
        key = KEY.reveal()
        answer = {
            "number": self.asked,
            "access_token": TOKENS[1],
            "refresh_token": TOKENS[2],
            "debug": f"key {key}, body {asked}, {self.headers['Authorization']}, sign {SIGN}",
            "base64": base64.b64encode(f"id:{key}:{TOKENS[0]}".encode()).decode(),
            "url": "https://x.invalid/?again=" + urllib.parse.quote(key, safe=""),
        }
        self.answer(json.dumps(answer).encode(), {"Set-Cookie": f"s={TOKENS[1]}", "X-Echo": f"{SIGN} {key}"})

    def do_GET(self) -> None:
        type(self).asked += 1
        if self.path.startswith("/broken"):
            self.answer(b'{"torn": "\xff\xfe', {})
        elif self.path.startswith("/lines"):
            self.answer(b'{\n "a": 1\n}\n', {"Link": "</next>"})
        else:
            self.answer(json.dumps({"number": self.asked}).encode(), {"Retry-After": "7"})

    def answer(self, body: bytes, headers: dict[str, str]) -> None:
        packed = gzip.compress(body)
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def market() -> Iterator[str]:
    Market.asked = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Market)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def client(address: str, transport: httpx.BaseTransport) -> HttpClient:
    return HttpClient(
        address, rate=Rate(1000), clock=SetClock(NOW), stop=threading.Event(), transport=transport
    )


def secret_request(timestamp: int = 1764000000, sign: str = SIGN) -> Request:
    """Secrets in every place that a request has, some under names that say nothing."""
    key = KEY.reveal()
    return Request(
        "POST",
        "/token/" + urllib.parse.quote(key, safe=""),
        (("timestamp", str(timestamp)), ("sign", sign), ("q", key), ("page", "2"), ("access_token", TOKENS[1])),
        (
            ("Authorization", f"Bearer {TOKENS[1]}"),
            ("Cookie", f"session={TOKENS[1]}"),
            ("X-Debug", base64.b64encode(key.encode()).decode()),
            ("Content-Type", "application/json"),
        ),
        json.dumps({"refresh_token": TOKENS[0], "why": f"with {key}", "nonce": timestamp}).encode(),
    )  # fmt: skip


def test_no_secret_gets_into_the_file_from_anywhere(market: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    asking = client(market, RecordingTransport(httpx.HTTPTransport(), path, ABOUT))
    answer = asking.send(secret_request())
    asking.close()
    assert answer.json()["refresh_token"] == TOKENS[2]
    raw = path.read_text(encoding="utf-8")
    everywhere = raw + urllib.parse.unquote(raw) + urllib.parse.unquote_plus(raw) + json_texts(raw)
    everywhere += "".join(
        from_base64(each) for each in everywhere.replace('"', " ").replace(",", " ").split()
    )
    for secret in (KEY.reveal(), *TOKENS, SIGN):
        for spelling in (secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)):
            assert spelling not in everywhere
    # The search itself finds what is there.
    assert "recorded-refresh-token" in everywhere
    assert '"page"' in everywhere


def json_texts(raw: str) -> str:
    def walk(value: object) -> str:
        if isinstance(value, dict):
            return "".join(f" {name} {walk(each)}" for name, each in value.items())
        return "".join(map(walk, value)) if isinstance(value, list) else f" {value}"

    return "".join(walk(json.loads(line)) for line in raw.splitlines())


def from_base64(word: str) -> str:
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def test_a_replay_answers_the_same_and_needs_no_network(market: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recording = client(market, RecordingTransport(httpx.HTTPTransport(), path, ABOUT))
    real = [recording.get("/list", [("page", page)]) for page in ("1", "1", "2")]
    real += [recording.get("/broken"), recording.get("/lines")]
    recording.send(secret_request())
    recording.close()
    asked = Market.asked
    replay = client("https://elsewhere.invalid", ReplayTransport.of(path))
    again = [replay.get("/list", [("page", page)]) for page in ("1", "1", "2")]
    again += [replay.get("/broken"), replay.get("/lines")]
    assert [each.body for each in again] == [each.body for each in real]
    assert again[0].headers["Retry-After"] == "7"
    assert again[4].headers["Link"] == "</next>"
    assert replay.get("/list", [("page", "1")]).body == real[1].body  # the last one, for ever
    # Another time, another signature: the same request.
    token = replay.send(secret_request(timestamp=1, sign="0" * 24)).json()
    assert (token["access_token"], token["refresh_token"]) == (
        "recorded-access-token",
        "recorded-refresh-token",
    )
    assert Market.asked == asked


def test_what_was_not_recorded_is_named_without_secrets() -> None:
    replay = client("https://x.invalid", ReplayTransport([]))
    with pytest.raises(
        UnrecordedRequestError, match=r"not in the recording: POST /v1/list\?page=2 \{\"a\":1\}"
    ):
        replay.post("/v1/list", [("page", "2"), ("sign", SIGN)], json={"a": 1})


def test_a_parameter_counts_and_its_order_does_not() -> None:
    asked = Asked("GET", "/l", params=(("b", "2"), ("a", "1"), ("a", "2")))
    replay = client("https://x.invalid", ReplayTransport([Exchange(asked, Reply(text="yes"))]))
    assert replay.get("/l", [("a", "2"), ("a", "1"), ("b", "2")]).body == b"yes"
    for other in ([("a", "1"), ("b", "2")], [("a", "2"), ("a", "1"), ("b", "3")]):
        with pytest.raises(UnrecordedRequestError):
            replay.get("/l", other)


def test_names_that_only_one_api_has_are_told_by_the_recording(market: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    about = Recording(connector="pasar-uji", at=NOW, hidden=("waktu", "X-Tanda"))

    def asked(moment: str) -> Request:
        body = json.dumps({"waktu": moment, "halaman": 1}).encode()
        headers = (("x-tanda", f"tanda-{moment}"), ("Content-Type", "application/json"))
        return Request("POST", "/list", (("waktu", moment), ("page", "1")), headers, body)

    asking = client(market, RecordingTransport(httpx.HTTPTransport(), path, about))
    asking.send(asked("08:15:00"))
    asking.close()
    kept = Recording.read(path).exchanges[0].request
    assert dict(kept.params) == {"waktu": "***", "page": "1"}
    assert dict(kept.headers)["x-tanda"] == "***"
    assert json.loads(kept.body) == {"waktu": "***", "halaman": 1}
    assert client("https://x.invalid", ReplayTransport.of(path)).send(asked("09:00:00")).status == 200


def test_a_recording_is_never_overwritten_and_can_be_continued(market: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for about in (ABOUT, None):
        asking = client(market, RecordingTransport(httpx.HTTPTransport(), path, about))
        asking.get("/list")
        asking.close()
    with pytest.raises(RecordingError, match="never overwritten"):
        RecordingTransport(httpx.HTTPTransport(), path, ABOUT)
    assert len(Recording.read(path).exchanges) == 2
    assert Recording.read(path).connector == "pasar-uji"


def test_an_answer_without_end_is_cut_off_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.recording.MAX_BYTES", 1000)
    path = tmp_path / "r.jsonl"
    endless = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 1001))
    asking = client("https://x.invalid", RecordingTransport(endless, path, ABOUT))
    with pytest.raises(Exception, match="more than 1000 bytes"):
        asking.get("/list")
    assert not Recording.read(path).exchanges


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"{}", "line 1: .*connector"),
        (b'{"connector": "x", "at": "2026-11-25T03:00:00Z"}\n\n{"request": 7}', "line 3: .*request"),
        (b"\xff\xfe", "line 1"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=words):
        Recording.read(path)
    with pytest.raises(RecordingError, match="cannot be read"):
        Recording.read(tmp_path / "none")
