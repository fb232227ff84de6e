"""Every part of the system at work on one secured Kafka, each as its own user with its own rights alone."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from console_client import Visitor
from json_shop import json_shop
from kafka.admin import KafkaAdminClient
from kafka_client import KafkaClient
from listing_records import listing, relist, takedown, told
from secured_kafka import SecuredKafka
from typer.testing import CliRunner, Result

from connectors.context import Context
from connectors.events import Alert, DeadLetter
from connectors.runner import Runner
from connectors.sdk import Checkpoint, Item, Source, Stop, make
from fingerprints.policy import Policy, Scales
from streams.cli import build_app
from streams.cli.connect import into_kafka
from streams.console.context import Console
from streams.console.database import Database, database_url
from streams.kafka_clients.topic_admin import administration
from streams.policy.policy_file import policy_bytes
from streams.rights.access_list import Entry
from streams.rights.access_list_admin import create_entries
from streams.rights.topic_rights import Right
from streams.settings import Settings, as_environment
from streams.worker.worker_process import WorkerProcess

SECONDS = 60
PARTS = {
    "worker": ("worker",),
    "shard": ("worker", "--shard", "1/2"),
    "lookback": ("lookback",),
    "resolver": ("takedowns", "resolve"),
    "console": ("dashboard",),
}
"""What runs all the time: each component's command."""
MAPPING = """
records = "items"
[request]
url = "{url}/api/listings"
[fields]
marketplace = "'toko-id'"
listing_id = "id"
title = "name"
updated_at = "at"
[formats]
updated_at = "epoch_s"
"""
SELLING = told(1, "wa 081234567890")
"""A description whose contact makes all who tell it one seller."""


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source without options."""


class PlatformSource(Source[NoOptions]):
    """Nothing but a checkpoint."""

    name = "platform"
    options_type = NoOptions

    def events(self, _: Stop) -> Iterator[Item]:
        yield Checkpoint({"until": "2026-11-24T03:00:00Z"})


class Flow:
    """Parts that run, and commands as they are called. `told` is what each command said."""

    def __init__(self, secured: SecuredKafka, base: Settings, folder: Path) -> None:
        shadow = folder / "shadow.json"
        shadow.write_bytes(policy_bytes(Policy(version="quiet", prior=-9.2, scales=Scales(title=0.1))))
        changes = {
            "kafka": {"session_timeout": 6.0, "heartbeat_interval": 1.0},
            "match": {"flood_listings": 2, "shadow_policy": str(shadow)},
            "worker": {"photo_processes": 1, "heartbeat_seconds": 0.5, "data_dir": str(folder / "data")},
            "lookback": {"settle_seconds": 1.0},
            "resolve": {"print_wait_seconds": 1.0, "short_links": False},
        }
        tables = {
            name: msgspec.structs.replace(getattr(base, name), **table) for name, table in changes.items()
        }
        self.base = msgspec.structs.replace(base, **tables)
        self.secured, self.folder = secured, folder
        self.said: list[str] = []
        admin = secured.settings(secured.admin, self.base)
        self.client = KafkaClient(admin, secured.security.client())

    def settings(self, user: str) -> Settings:
        return self.secured.settings(user, self.base)

    def run(self, user: str, *arguments: object, code: int | None = 0) -> Result:
        """A command as this user; `code` None takes any exit code."""
        called = CliRunner(env=as_environment(self.settings(user)) | {"COLUMNS": "200"}).invoke(
            build_app(), [str(each) for each in arguments]
        )
        self.said.append(called.output)
        assert code is None or called.exit_code == code, (user, arguments, called.output, called.exception)
        return called

    @contextmanager
    def running(self) -> Iterator[dict[str, WorkerProcess]]:
        """All parts, ready."""
        with ExitStack() as stack:

            def start(name: str, command: Sequence[str]) -> WorkerProcess:
                log = self.folder / f"{name}.log"
                return stack.enter_context(WorkerProcess(self.settings(name), log, command))

            parts = {name: start(name, command) for name, command in PARTS.items() if name != "console"}
            # A shard more, beside the worker that has all takedowns: both do all that matching does.
            for part in (*parts.values(), start("shard", ("worker", "--shard", "2/2"))):
                part.wait_ready(SECONDS)
            # It looks now and then only whether there are shards.
            parts["console"] = start("console", PARTS["console"])
            parts["console"].wait_ready(SECONDS)
            yield parts

    # What happens, step by step.

    def play(self, console: WorkerProcess) -> None:
        """Everything that any part does."""
        self.sell()
        self.take_down()
        self.relist()
        self.judge(console)
        self.replay()
        self.look()

    def sell(self) -> None:
        """A listing, relists of it, another one, and one that is none."""
        events = [listing(1, description=SELLING), listing(2), *self._relists(11)]
        lines = [msgspec.json.encode(event) for event in events]
        lines.append(b'{"marketplace": "pasar-uji", "listing_id": "broken"}')
        path = self.folder / "listings.jsonl"
        path.write_bytes(b"\n".join(lines) + b"\n")
        self.run("connector", "connect", "jsonlines", "--option", f"path={path}")
        item = {"id": 7, "name": "Jaket polos", "at": int(time.time()) - 60}
        with json_shop(lambda _: {"items": [item]}) as shop:
            mapping = self.folder / "mapping.toml"
            mapping.write_text(MAPPING.format(url=shop.url))
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.run(
                "connector", "connect", "http", "--option", f"mapping={mapping}", "--option", f"until={now}",
                "--option", f"since={_lately()}",
            )  # fmt: skip
        keys = {event.key.encode() for event in events}
        self.client.read_until("fingerprints", lambda got: keys <= {each.key for each in got})
        self.client.read_until("dead-letters", bool)

    def take_down(self) -> None:
        """One takedown by a request, of which the look back finds the relists, and one from a platform."""
        self.run("importer", "takedowns", "add", "pasar-uji:l1", "--by", "analyst-7")
        path = self.folder / "list.csv"
        path.write_text("link\nhttps://shopee.co.id/product/308864651/11479305215\n")
        self.run("importer", "takedowns", "import", path)
        path = self.folder / "takedowns.jsonl"
        path.write_bytes(msgspec.json.encode(takedown(2)) + b"\n")
        self.run(
            "takedown-connector", "connect", "jsonlines", "--topic", "takedowns", "--option", f"path={path}"
        )
        self._checkpoint()
        self.client.send_all("takedown-requests", [("broken", b"no request")])
        self.client.read_until("takedown-fingerprints", lambda got: len(got) >= 2)
        found = self.client.read_until("takedowns", lambda got: len(got) >= 2)
        (self.takedown_id,) = {each.key.decode() for each in found} - {"t2"}
        self.alerts("lookback", 3)
        self.held(1)
        self.client.read_until("seller-links", bool)

    def _checkpoint(self) -> None:
        """A source of takedowns that keeps how far it is, as one of another's may."""
        sink, checkpoints = into_kafka(self.settings("takedown-connector"), "takedowns", "platform")
        with closing(checkpoints):
            Runner(make(PlatformSource, {}), sink, context=Context("platform"), checkpoints=checkpoints).run()

    def relist(self) -> None:
        """More relists, which the worker sees as they arrive, until it takes them for a flood."""
        path = self.folder / "more.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in self._relists(21)))
        self.run("connector", "connect", "jsonlines", "--option", f"path={path}")
        self.alerts("arrival", 3)
        self.held(2)
        self.client.read_until("policy-differences", bool)

    def look(self) -> None:
        """All that reads."""
        self.run("exporter", "alerts", "tail", "--from-beginning", "--limit", "1")
        self.run("exporter", "alerts", "tail", "--held", "--from-beginning", "--limit", "1")
        csv = self.folder / "alerts.csv"
        self.run(
            "exporter", "alerts", "export", "csv", "--option", f"path={csv}", "--from-beginning", "--once"
        )
        pack = self.folder / "pack.zip"
        self.run(
            "evidence", "evidence", "pack", "--takedown", self.takedown_id, "--by", "analyst-7",
            "--without-photos", "--out", pack,
        )  # fmt: skip
        self.run("analysis", "policy", "compare")
        self.run("analysis", "policy", "fit", "--out", self.folder / "fit.json", code=1)
        self.run("analysis", "sellers", "list")
        self.run("trace", "trace", "pasar-uji:l11", "--everywhere")
        self.run("doctor", "doctor", code=None)

    def judge(self, console: WorkerProcess) -> None:
        """What people say: by command, and in the console."""
        # Not of the flood: a relist there would let through all that comes.
        first, second = [each for each in self.alerts("lookback", 3) if each.kind == "relist"][:2]
        self.run("verdicts", "verdicts", "add", first.alert_id, "relist", "--by", "analyst-7")
        self.run("verdicts", "verdicts", "add", "0" * 32, "relist", "--by", "analyst-7", code=1)
        self.run("verdicts", "verdicts", "allowed")
        self.run("desk", "takedowns", "status", self.takedown_id)
        with self.at_the_console(console) as visitor:
            asked = visitor.post(f"/alerts/{second.alert_id}/verdict", verdict="relist", seen="open")
            assert asked.status_code == 200, asked.text
            asked = visitor.post("/takedowns/add", link="pasar-uji:l2", reason="palsu")
            assert asked.status_code in {200, 303}, asked.text
            asked = visitor.post(f"/alerts/{second.alert_id}/let-through")
            assert asked.json()["released"] >= 1, asked.text
            asked = visitor.post("/takedowns/withdraw", takedown_id="t2", reason="licensed")
            assert asked.status_code == 200, asked.text
        self.run("releaser", "alerts", "release", self.takedown_id)
        path = self.folder / "third.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in self._relists(31)))
        self.run("connector", "connect", "jsonlines", "--option", f"path={path}")
        self.held(5)
        self.run("releaser", "alerts", "release", self.takedown_id)
        self.run(
            "desk", "takedowns", "withdraw", self.takedown_id, "--reason", "licensed", "--by", "analyst-7"
        )

    def replay(self) -> None:
        """Letters from every topic that letters come from."""
        now = self.alerts("lookback", 1)[0].matched_at
        names = ("listings", "fingerprints", "takedowns", "takedown-requests")
        letters = [
            DeadLetter(
                topic=self.client.name(name), partition=0, offset=0, key=b"again", value=b"none", headers=(),
                error="to-be-replayed", detail="", stage="test", attempt=1, failed_at=now,
            )
            for name in names
        ]  # fmt: skip
        self.client.send_all("dead-letters", [(letter.topic, letter) for letter in letters])
        told = self.run("replayer", "dead-letters", "replay", "--error", "to-be-replayed", "--json")
        assert len(json.loads(told.stdout.splitlines()[-1])["sent"]) == len(names), told.stdout

    @contextmanager
    def without(self, component: str, right: Right, admin: KafkaAdminClient | None = None) -> Iterator[None]:
        """The component's user does not have the right meanwhile. `admin`: a connection that is open."""
        entry = Entry(
            f"User:relistwatch-{component}", right.resource, right.name, right.operation, right.prefixed
        )
        with ExitStack() as stack:
            boss = admin or stack.enter_context(administration(self.settings(self.secured.admin)))
            self.secured.take_away(boss, entry)
            try:
                yield
            finally:
                create_entries(boss, [entry])

    # What came of it.

    def alerts(self, caught_by: str, many: int) -> list[Alert]:
        """The first alerts of this kind, once there are so many."""

        def wanted(got: list[Any]) -> list[Alert]:
            alerts = [msgspec.json.decode(each.value, type=Alert) for each in got]
            return [each for each in alerts if each.caught_by == caught_by]

        return wanted(self.client.read_until("alerts", lambda got: len(wanted(got)) >= many))

    def held(self, many: int) -> None:
        self.client.read_until("held-alerts", lambda got: len(got) >= many)

    @contextmanager
    def at_the_console(self, console: WorkerProcess) -> Iterator[Visitor]:
        """An operator who is signed in there."""
        settings = self.settings("console")
        with ExitStack() as stack:
            inside = Console(settings, Database(database_url(settings)))
            stack.callback(inside.close)
            yield Visitor(console.url("").rstrip("/"), inside, "admin")

    def _relists(self, first: int) -> list[Any]:
        return [relist(first + each, of=1, description=SELLING) for each in range(3)]

    def close(self) -> None:
        self.client.close()


def _lately() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 120))
