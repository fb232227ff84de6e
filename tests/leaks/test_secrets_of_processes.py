"""Every kind of process with unmistakable secrets in every setting that has one, on a real Kafka, failing in its own
way; then all that came out is searched: what was printed and logged, metrics, topics, files, recordings, arguments."""

import base64
import http.server
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from alert_records import alert
from installed_entry_points import environment
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing
from takedown_records import request

from streams.settings import Settings
from streams.topics import ALL_TOPICS

pytestmark = pytest.mark.kafka

SIGN = "Hush4711"
"""In each secret, and nowhere else."""
SHOPEE = {
    "partner_key": f"{SIGN}-partner-key-0123456789abcdef",
    "access_token": f"{SIGN}-access-0123456789abcdef",
    "refresh_token": f"{SIGN}-refresh-0123456789abcdef",
}
WEBHOOK = "whsec_" + base64.b64encode(f"{SIGN} webhook secret of 32 b".encode()).decode()
SETTINGS = {
    "KAFKA__SASL_USERNAME": "relistwatch",
    "KAFKA__SASL_PASSWORD": f"{SIGN}-kafka-password",
    "PHOTO_STORE__URL": "s3://photos/kept",
    "PHOTO_STORE__S3_REGION": "id-1",
    "PHOTO_STORE__S3_ACCESS_KEY_ID": "the-id",
    "PHOTO_STORE__S3_SECRET_ACCESS_KEY": f"{SIGN}-s3-secret",
}
DATABASE = f"postgresql://console:{SIGN}%2Fdatabase@127.0.0.1:1/console"
REFUSED = {"KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA__SASL_MECHANISM": "PLAIN"}
"""The broker knows of no sign-in, so each sign-in fails; what Kafka keeps of it is Kafka's."""


def spellings() -> Iterator[bytes]:
    """The sign as it is, and as it stands in the base64 of any text that holds it."""
    yield SIGN.encode()
    for before in range(3):
        # Only the characters of which every bit is the sign's: six bits each.
        first, last = -(-8 * before // 6), 8 * (before + len(SIGN)) // 6
        yield base64.b64encode(b"x" * before + SIGN.encode())[first:last]


class Echo(http.server.BaseHTTPRequestHandler):
    """A host that answers each request with an error that repeats all of it, as some do."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = body[:500].decode("utf-8", "replace")
        parts = [sent, urllib.parse.unquote(self.requestline), self.requestline, str(self.headers)]
        told = json.dumps({"error": "error_auth", "message": "\n".join(parts), "request_id": "1"})
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def echo() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Running:
    """A command with its output. `failed`: what it says when it has failed as it is meant to."""

    name: str
    process: "subprocess.Popen[bytes]"
    out: Path
    failed: str
    arguments: set[bytes] = field(default_factory=set)

    def said(self) -> str:
        return self.out.read_bytes().decode("utf-8", "replace")

    def is_there(self) -> bool:
        return bool(re.search(self.failed, self.said()))


@dataclass
class Place:
    """Where commands run."""

    folder: Path
    variables: dict[str, str]
    running: list[Running] = field(default_factory=list)

    def start(self, name: str, failed: str, *arguments: str, **more: str) -> Running:
        out = self.folder / "said" / f"{name}.txt"
        out.parent.mkdir(exist_ok=True)
        changes = {f"RELISTWATCH_{key}": value for key, value in more.items()}
        with out.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "streams", *arguments],
                env=self.variables | changes, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                cwd=self.folder / "work", start_new_session=True,
            )  # fmt: skip
        self.running.append(Running(name, process, out, failed))
        return self.running[-1]

    def look_at_arguments(self) -> None:
        """Of each command and all that it started, as `ps` shows them to everybody."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, IndexError):
                    continue
        for one in self.running:
            family = {one.process.pid}
            for _ in range(4):
                family |= {child for child, parent in parents.items() if parent in family}
            for pid in family:
                try:
                    one.arguments.add(Path(f"/proc/{pid}/cmdline").read_bytes())
                except OSError:
                    continue

    def wait(self, seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not all(one.is_there() for one in self.running):
            self.look_at_arguments()
            late = {one.name: one.said()[-1500:] for one in self.running if not one.is_there()}
            ended = [one for one in self.running if one.process.poll() is not None and not one.is_there()]
            assert not ended, {one.name: one.said()[-3000:] for one in ended}
            assert time.monotonic() < deadline, late
            time.sleep(0.1)

    def end(self) -> None:
        for one in self.running:
            if one.process.poll() is None:
                one.process.send_signal(signal.SIGTERM)
        for one in self.running:
            try:
                one.process.wait(20)
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()


@pytest.fixture
def place(topics: Settings, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "work").mkdir()
    own = {
        "KAFKA__BOOTSTRAP_SERVERS": topics.kafka.bootstrap_servers, "KAFKA__GROUP": topics.kafka.group,
        "TOPICS__PREFIX": topics.topics.prefix, "TOPICS__PARTITIONS": "4", "WORKER__DATA_DIR": str(tmp_path / "work" / "data"),
        "WORKER__PHOTO_PROCESSES": "1", "WEB__PORT": "0",
    }  # fmt: skip
    variables = environment(tmp_path / "installed")
    variables |= {f"RELISTWATCH_{name}": value for name, value in (SETTINGS | own).items()}
    place = Place(tmp_path, variables)
    yield place
    place.end()


def test_no_process_tells_a_secret_however_it_fails(place: Place, topics: Settings) -> None:
    made, client = place.folder / "made", KafkaClient(topics)
    made.mkdir()
    with echo() as host:
        options = made / "shopee.toml"
        lines = {"partner_id": 7, "shop_id": 8, "base_url": host, "since": "2026-11-24T00:00:00Z", "until": "2026-11-24T01:00:00Z"} | SHOPEE  # fmt: skip
        options.write_text("".join(f"{name} = {value!r}\n" for name, value in lines.items()))
        key = made / "key.pem"
        key.write_text(f"-----BEGIN PRIVATE KEY-----\n{SIGN}{SIGN}\n-----END PRIVATE KEY-----\n")
        one = listing(1, images=inline(drawn_photo(1, (120, 160))))
        client.send_all("listings", [(one.key, one), ("broken", b"{torn")])
        client.send_all("alerts", [("alert-1", alert(1))])
        client.send_all("takedown-requests", [("a", request(1, marketplace="shopee-id", listing_id="8.1", link="https://shopee.co.id/product/8/1"))])  # fmt: skip

        store = {"PHOTO_STORE__S3_ENDPOINT": host}
        worker = place.start(
            "worker", r"cannot keep a photo|photo.*not kept|StoreError", "worker", "--log-json", **store
        )
        place.start("worker-refused", r"(?i)sasl|authentic", "worker", **REFUSED)
        place.start(
            "doctor",
            r"(?s)settings in force.*FAIL  broker",
            "doctor",
            **REFUSED,
            DASHBOARD__DATABASE=DATABASE,
            **store,
        )
        place.start("doctor-json", '"settings"', "doctor", "--json", DASHBOARD__DATABASE=DATABASE)
        place.start("topics", "relistwatch: ", "topics", "check", **REFUSED)
        place.start(
            "dashboard-away", "cannot be used", "dashboard", "--port", "0", DASHBOARD__DATABASE=DATABASE
        )
        console = place.start(
            "dashboard", "relistwatch dashboard: ", "dashboard", "--port", "0", "--metrics-port", "0", **store
        )
        place.start("shopee", "relistwatch: ", "connect", "shopee", "--options-file", str(options))
        place.start(
            "shopee-refused",
            "(?i)relistwatch: ",
            "connect",
            "shopee",
            "--options-file",
            str(options),
            **REFUSED,
        )
        recording = place.folder / "work" / "recorded.jsonl"
        place.start(
            "record",
            "relistwatch: ",
            "connectors",
            "record",
            "shopee",
            "--options-file",
            str(options),
            "--to",
            str(recording),
            "--instance",
            "r",
        )
        hook = made / "hook.toml"
        hook.write_text(
            f"url = '{host}/hook'\nsecret = '{WEBHOOK}'\ndead_letter_file = 'refused.jsonl'\nattempts = 1\n"
        )
        place.start(
            "export",
            r"refused|written",
            "alerts",
            "export",
            "webhook",
            "--options-file",
            str(hook),
            "--from-beginning",
            "--once",
        )
        place.start(
            "evidence",
            "relistwatch: ",
            "evidence",
            "pack",
            "--takedown",
            "t1",
            "--by",
            "analyst-7",
            "--sign",
            str(key),
        )
        place.start(
            "resolve",
            r"(?m)^\d+ [a-z]",
            "takedowns",
            "resolve",
            "--once",
            RESOLVE__CONNECTORS=f"shopee@resolver={options}",
        )
        place.wait()
        pages = [_fetched(found) for one in (worker, console) for found in _addresses(one)]
        assert any(b"relistwatch_" in page for page in pages), "no metrics were read"
        place.end()

    came_out = {f"said by {one.name}": one.out.read_bytes() for one in place.running}
    came_out |= {f"arguments of {one.name}": b"\n".join(one.arguments) for one in place.running}
    came_out |= {f"page {number}": page for number, page in enumerate(pages)}
    for path in (place.folder / "work").rglob("*"):
        if path.is_file():
            came_out[f"file {path.relative_to(place.folder)}"] = path.read_bytes()
    for topic in ALL_TOPICS:
        for number, message in enumerate(client.existing(topic.name)):
            parts = [message.key or b"", message.value or b"", *(value for _, value in message.headers)]
            came_out[f"{topic.name} {number}"] = b"\n".join(parts)
    client.close()
    assert {"heartbeats", "dead-letters", "takedown-status"} <= {name.partition(" ")[0] for name in came_out}
    # The host repeats what it was sent, so what it was sent was taken out of what it said.
    assert all(b"***" in came_out[f"said by {name}"] for name in ("shopee", "record"))
    leaks = {
        f"{name}: …{content[max(0, content.find(spelled) - 80) : content.find(spelled) + 60]!r}"
        for name, content in came_out.items()
        for spelled in spellings()
        if spelled in content and not _keeps_tokens(place.folder, name)
    }
    assert leaks == set()


def _keeps_tokens(folder: Path, name: str) -> bool:
    """A connector's own tokens have to be somewhere: in files that nobody else can read."""
    if not re.fullmatch(r"file work/data/connectors/[^/]+/tokens[^/]*", name):
        return False
    path = folder / name.removeprefix("file ")
    return path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


def _addresses(one: Running) -> list[str]:
    bases = set(re.findall(r"http://127\.0\.0\.1:\d+", one.said()))
    return [base + path for base, path in itertools.product(sorted(bases), ("/metrics", "/readyz", "/"))]


def _fetched(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return bytes(error.read())
    except OSError:
        return b""


def test_the_search_finds_a_secret_in_every_spelling() -> None:
    for before in range(9):
        for after in range(9):
            text = "x" * before + SIGN + "y" * after
            for whole in (
                text.encode(),
                base64.b64encode(text.encode()),
                base64.urlsafe_b64encode(text.encode()),
            ):
                assert any(spelled in whole for spelled in spellings()), whole
    assert os.environ.get("RELISTWATCH_KAFKA__SASL_PASSWORD") is None
