"""`relistwatch connectors`, whole: list, new, test, record over real HTTP, and the checkpoints on a real Kafka."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import conforming_source
import httpx
import pytest
from installed_entry_points import environment
from loaded_command import call

from connectors.checkpoints import FileCheckpoints, KafkaCheckpoints, checkpoint
from connectors.conformance import CHECKS
from connectors.jsonlines import JsonLinesSink
from connectors.option_docs import about_class
from connectors.recording import Recording
from streams.kafka_clients.kafka_options import client_options
from streams.settings import Settings
from streams.topics import CONNECTOR_STATE, topic_name

RUN = [sys.executable, "-c", "from streams.cli import main; main()"]
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SECRET = "kunci-rahasia-partner"


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """The project's connectors and one more package, which has pasar-uji and something broken."""
    package = tmp_path / "package"
    info = package / "relistwatch_pasar-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: relistwatch-pasar\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[relistwatch.sources]\npasar-uji = pasar:LocalPasar\nbroken = no_such_module:Broken\n"
    )
    (package / "pasar.py").write_text(PASAR)
    support = Path(__file__).parents[1] / "support"
    data = {"RELISTWATCH_WORKER__DATA_DIR": str(tmp_path / "data"), "PASAR_KEY": SECRET}
    return environment(tmp_path, package, support) | data


PASAR = '''
"""The conforming source, at an address that is an option."""
from conforming_source import Pasar, PasarOptions

class LocalOptions(PasarOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options."""
    address: str = "https://api.pasar.invalid"
    """Where the API is."""

class LocalPasar(Pasar):
    """Listings of an invented marketplace."""
    options_type = LocalOptions

    def open(self, context):
        super().open(context)
        make = context.http
        from connectors.rate import Rate
        self.http = make(self.options.address, rate=Rate(500), authorise=self.authorise, refresh=self.renew)
        self.tokens = make(self.options.address, rate=Rate(500))
'''


def run(surroundings: dict[str, str], *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    result = call(["connectors", *arguments], surroundings)
    assert result.returncode == code, (result.stdout, result.stderr)
    return result


def test_all_are_listed_with_where_they_come_from(surroundings: dict[str, str]) -> None:
    result = run(surroundings, "list", code=1)
    rows = {tuple(line.split()[:2]): line for line in result.stdout.splitlines()}
    assert "relistwatch" in rows["source", "jsonlines"]
    assert about_class(JsonLinesSink)[:40] in rows["sink", "jsonlines"]
    assert "relistwatch-pasar 1.2" in rows["source", "pasar-uji"]
    assert "CANNOT BE LOADED" in rows["source", "broken"]
    assert "no_such_module" in rows["source", "broken"]


def test_one_is_told_with_its_options(surroundings: dict[str, str]) -> None:
    told = run(surroundings, "list", "pasar-uji").stdout
    assert "source pasar-uji, version 1, from relistwatch-pasar 1.2 (pasar:LocalPasar)" in told
    options = {line.split()[0]: line for line in told.splitlines() if line.startswith("  ")}
    assert options["partner_key"].split(maxsplit=3) == [
        "partner_key", "secret", "required", "The key that the marketplace gave to the partner.",
    ]  # fmt: skip
    assert "120.0" in options["overlap_seconds"]
    both = json.loads(run(surroundings, "list", "jsonlines", "--json").stdout)
    assert [(each["kind"], each["name"]) for each in both] == [("source", "jsonlines"), ("sink", "jsonlines")]
    assert both[0]["options"][0] == {
        "name": "path", "type": "text", "required": True, "default": None,
        "about": "The file, or `-` for standard input.",
    }  # fmt: skip
    assert "no source or sink 'jsonlinse'" in run(surroundings, "list", "jsonlinse", code=2).stderr


def test_a_package_is_made_once(surroundings: dict[str, str], tmp_path: Path) -> None:
    result = run(surroundings, "new", "lapak-dua", "--to", str(tmp_path / "new"))
    made = [Path(line) for line in result.stdout.splitlines()]
    assert all(each.is_file() for each in made)
    assert tmp_path / "new/relistwatch-lapak-dua/src/relistwatch_lapak_dua/source.py" in made
    assert "relistwatch connectors test lapak-dua" in result.stderr
    again = run(surroundings, "new", "lapak-dua", "--to", str(tmp_path / "new"), code=2)
    assert "nothing is overwritten" in again.stderr
    assert "installed already" in run(surroundings, "new", "pasar-uji", "--to", str(tmp_path), code=2).stderr
    assert "no name for a connector" in run(surroundings, "new", "../x", "--to", str(tmp_path), code=2).stderr


class MarketServer(BaseHTTPRequestHandler):
    """The invented marketplace over real HTTP."""

    def do_GET(self) -> None:
        request = httpx.Request(self.command, f"http://pasar.invalid{self.path}")
        answer = conforming_source.market(request)
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def market() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), MarketServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def given(address: str) -> list[str]:
    pairs = {
        "address": address, "partner_key": "env:PASAR_KEY", "refresh_token": "satu-kali-pakai-123",
        "since": "2026-11-25T03:00:00Z", "until": "2026-11-25T04:00:00Z", "window_minutes": "20", "settle_seconds": "0",
    }  # fmt: skip
    return [part for name, value in pairs.items() for part in ("--option", f"{name}={value}")]


def test_answers_are_recorded_and_the_kit_passes_on_them(
    surroundings: dict[str, str], market: str, tmp_path: Path
) -> None:
    path = tmp_path / "recorded.jsonl"
    result = run(surroundings, "record", "pasar-uji", *given(market), "--to", str(path))
    assert result.stdout == f"7 requests with their answers, 8 events: {path}\n"
    raw = path.read_text()
    for secret in (SECRET, "satu-kali-pakai-123", "akses-9d8f7e6c", "berikut-5a4b3c2d"):
        assert secret not in raw
    assert (
        "never overwritten"
        in run(surroundings, "record", "pasar-uji", *given(market), "--to", str(path), code=2).stderr
    )
    tested = run(surroundings, "test", "pasar-uji", "--recorded", str(path))
    assert tested.stdout.count("passed  ") == len(CHECKS)
    assert f"pasar-uji: {len(CHECKS)} passed, 0 failed, 0 not applicable" in tested.stderr


def test_a_recording_without_a_time_is_of_the_last_hour(
    surroundings: dict[str, str], market: str, tmp_path: Path
) -> None:
    path = tmp_path / "recorded.jsonl"
    options = [f"address={market}", "partner_key=env:PASAR_KEY", "refresh_token=satu-kali-pakai-123"]
    run(
        surroundings,
        "record",
        "pasar-uji",
        *(part for each in options for part in ("--option", each)),
        "--to",
        str(path),
    )
    about = Recording.read(path)
    since, until = (datetime.fromisoformat(about.options[name]) for name in ("since", "until"))
    assert until - since == timedelta(hours=1)
    assert timedelta(seconds=5) < about.at - until < timedelta(seconds=20)
    assert about.options["partner_key"] == "recorded-partner_key"


def test_a_failing_check_is_shown_and_is_the_exit_code(surroundings: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    conforming_source.record(path)
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    result = run(surroundings, "test", "pasar-uji", "--recorded", str(path), code=1)
    assert (
        "FAILED  recording_replays: it asks for what is not in the recording: GET /v1/listings?from="
        in result.stdout
    )
    as_json = json.loads(
        run(surroundings, "test", "pasar-uji", "--recorded", str(path), "--json", code=1).stdout
    )
    assert [each["check"] for each in as_json] == list(CHECKS)
    assert [each["check"] for each in as_json if each["outcome"] == "failed"] == ["recording_replays"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", "pasar-nope"], "no source 'pasar-nope'; known: "),
        (["test", "pasar-uji", "--recorded", "/no/such.jsonl"], "recording /no/such.jsonl cannot be read"),
        (["test", "pasar-uji", "--option", "shop=1"], "has no option 'shop'"),
        (["record", "pasar-uji", "--to", "/tmp/x", "--option", "partner_key=env:NOT_SET_AT_ALL"], "NOT_SET_AT_ALL is not set"),
        (["record", "pasar-uji", "--to", "/no/such/x", "--option", "partner_key=env:PASAR_KEY", "--option", "refresh_token=abcdef"], "cannot be written"),
        (["record", "pasar-uji", "--to", "/tmp/x", "--option", "partner_key=a", "--option", "refresh_token=b", "--expired", "{"], "--expired: no JSON"),
        (["forget", "../x"], "letters, digits, dots"),
        (["forget", "--files", "pasar-1"], "has no checkpoint in"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_named(surroundings: dict[str, str], arguments: list[str], words: str) -> None:
    result = run(surroundings, *arguments, code=1 if "--files" in arguments else 2)
    assert words in result.stderr


def test_what_cannot_be_reached_leaves_no_recording(surroundings: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    arguments = [*RUN, "connectors", "record", "pasar-uji", *given("http://127.0.0.1:9"), "--to", str(path)]
    process = subprocess.Popen(arguments, env=surroundings, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        # The runner repeats until somebody ends it: it says what is wrong, and Ctrl-C leaves nothing behind.
        for line in process.stderr:
            if "cannot be reached" in line:
                break
        process.send_signal(2)
        assert process.wait(timeout=60) != 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert not path.exists()


def kept(instance: str, store: "FileCheckpoints | KafkaCheckpoints") -> None:
    store.save(instance, checkpoint("shopee", "1", {"until": "2026-11-25T02:00:00+00:00"}, NOW))


@pytest.mark.kafka
def test_checkpoints_on_kafka_are_shown_and_forgotten(topics: Settings, surroundings: dict[str, str]) -> None:
    surroundings |= {
        "RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": topics.kafka.bootstrap_servers,
        "RELISTWATCH_TOPICS__PREFIX": topics.topics.prefix,
    }
    assert "no connector has a checkpoint yet" in run(surroundings, "state").stderr
    store = KafkaCheckpoints(client_options(topics.kafka), topic_name(CONNECTOR_STATE, topics.topics))
    try:
        kept("shopee-toko-7", store)
        kept("shopee-toko-8", store)
        line = "shopee-toko-7  shopee 1  until 2026-11-25T02:00:00+00:00  saved 2026-11-25 03:00:00+0000"
        assert line in run(surroundings, "state").stdout.splitlines()
        rows = [json.loads(line) for line in run(surroundings, "state", "--json").stdout.splitlines()]
        assert rows[1] == {
            "instance": "shopee-toko-8", "connector": "shopee", "version": "1",
            "state": {"until": "2026-11-25T02:00:00+00:00"}, "saved_at": "2026-11-25T03:00:00+00:00",
        }  # fmt: skip
        assert "nobody to ask" in run(surroundings, "forget", "shopee-toko-7", code=2).stderr
        assert "has no checkpoint" in run(surroundings, "forget", "shopee-toko-9", code=1).stderr
        run(surroundings, "forget", "shopee-toko-7", "--yes")
        assert set(store.load_all()) == {"shopee-toko-8"}
    finally:
        store.close()


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_on_a_terminal_it_asks(
    surroundings: dict[str, str], tmp_path: Path, answer: bytes, code: int
) -> None:
    store = FileCheckpoints(tmp_path / "data" / "connectors")
    kept("pasar-1", store)
    assert "pasar-1  shopee 1" in run(surroundings, "state", "--files").stdout
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*RUN, "connectors", "forget", "pasar-1", "--files"], env=surroundings, stdin=theirs, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        os.write(ours, answer)
        assert process.wait(timeout=60) == code
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    assert (store.load("pasar-1") is None) == (code == 0)


def test_without_a_broker_it_says_so(surroundings: dict[str, str]) -> None:
    surroundings["RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS"] = "127.0.0.1:9"
    assert "127.0.0.1:9" in run(surroundings, "state", code=3).stderr
