"""Every part really runs over TLS and SCRAM with the rights of the table and no other; the broker, which writes down
what it decides, says whether one was missing or never used."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from resolver_process import ResolverProcess
from secured_flow import Flow
from secured_kafka import NODE, SecuredKafka, altered, call_all, fresh_settings
from tls_authority import TlsAuthority
from waiting import until

from connectors.kafka_delivery import KafkaDelivery
from connectors.kafka_sign_in import sign_in_trouble
from connectors.sdk import AbortError
from streams.health.topic_offsets import OffsetsReader
from streams.kafka_clients.kafka_options import client_options
from streams.kafka_clients.record_reader import RefusedError
from streams.kafka_clients.topic_admin import BrokerUnavailableError, administration
from streams.resolving.request_group import RequestGroup
from streams.rights.access_list import Entry
from streams.rights.access_list_admin import add_to_access_list
from streams.rights.check import granted, lacking_of, missing_rights, needed_rights, require_rights, told
from streams.rights.topic_rights import COMPONENTS, Component, Right, rights_of
from streams.rights.watch import RightsWatch
from streams.topics import ALL_TOPICS

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with SecuredKafka(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture(scope="module")
def flow(secured: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """All that happens, over."""
    folder = tmp_path_factory.mktemp("flow")
    flow = Flow(secured, fresh_settings(folder), folder)
    try:
        flow.run(secured.admin, "topics", "acls", "--apply")
        flow.run("administrator", "topics", "create")
        flow.run("administrator", "topics", "check")
        with flow.running() as parts:
            flow.play(parts["console"])
        yield flow
    finally:
        flow.close()


def used(flow: Flow, component: Component) -> set[Right]:
    """The rights without which the broker would have refused something to the component's user. Describe goes
    without saying where there is another right."""
    names = {right.name: right for right in rights_of(component, flow.base) if right.prefixed}
    found = set()
    for each in flow.secured.decisions():
        if each.user != f"relistwatch-{component.name}" or not each.allowed:
            continue
        prefixed = next((name for name in names if each.kind == "group" and each.name.startswith(name)), None)
        found.add(Right(each.kind, prefixed or each.name, each.operation, prefixed is not None))  # type: ignore[arg-type]
    stronger = {(each.resource, each.name) for each in found if each.operation in {"Read", "Write"}}
    return {
        each for each in found if each.operation != "Describe" or (each.resource, each.name) not in stronger
    }


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_has_the_rights_that_it_uses_and_no_other(flow: Flow, component: Component) -> None:
    refused = [
        each
        for each in flow.secured.decisions()
        if each.user == f"relistwatch-{component.name}"
        and not each.allowed
        # Of its own: kafka-python asks for what it may do with the cluster besides, and takes no for an answer.
        and each.request != "DescribeCluster"
    ]
    assert refused == []
    assert used(flow, component) == set(rights_of(component, flow.base))


SEE = "this user lacks the right; relistwatch topics acls shows who needs what"


def topic(flow: Flow, name: str) -> str:
    return flow.base.topics.prefix + name


@pytest.mark.parametrize("name", ["connector", "worker"])
def test_without_any_one_of_its_rights_a_part_does_not_begin_and_names_it(flow: Flow, name: str) -> None:
    """What a part asks for before it begins; that it uses each is shown above."""
    settings = flow.settings(name)
    require_rights(settings, name)
    needed = needed_rights(settings, name)
    with administration(settings) as own, administration(flow.settings(flow.secured.admin)) as boss:

        def lacking() -> list[Right]:
            return lacking_of(needed, granted(own, needed))

        for right in needed:
            with flow.without(name, right, boss):
                # An entry is in force on a broker a moment after the controller has it.
                assert until(lacking, f"{right} to be gone") == [right]
            until(lambda: not lacking(), "the right to be there")
    assert str(needed[0]) in told(settings.kafka, name, needed[:1])


def own_lines(said: str) -> str:
    """Without what kafka-python says of a machine that is busy."""
    return "".join(line for line in said.splitlines(keepends=True) if "kafka.net.selector" not in line)


def test_parts_that_lack_a_right_end_and_say_so_in_one_line(flow: Flow) -> None:
    """All four at once, as each takes a while to load its libraries."""
    group = f"{flow.base.kafka.group}-lookback-1-of-1"
    lacking = {
        "worker": (Right("topic", topic(flow, "alerts"), "Write"), ["worker", "--port", "0"]),
        "lookback": (Right("topic", topic(flow, "verdicts"), "Read"), ["lookback", "--port", "0"]),
        "resolver": (Right("topic", topic(flow, "takedowns"), "Write"), ["takedowns", "resolve"]),
        "connector": (
            Right("topic", topic(flow, "listings"), "Write"),
            ["connect", "jsonlines", "--option", "path=/dev/null"],
        ),
    }
    with ExitStack() as gone:
        for name, (right, _) in lacking.items():
            gone.enter_context(flow.without(name, right))
            settings = flow.settings(name)
            until(lambda: missing_rights(settings, name, group), f"{right} to be gone")  # noqa: B023  at once
        ended = call_all({name: (flow.settings(name), command) for name, (_, command) in lacking.items()})
    for name, (right, _) in lacking.items():
        code, out, said = ended[name]
        assert (code, out, own_lines(said)) == (
            2,
            "",
            f"relistwatch: Kafka does not let relistwatch-{name} be a {name}: it lacks {right}; "
            "relistwatch topics acls shows who needs what\n",
        )


def test_what_a_part_does_not_need_it_is_refused(flow: Flow) -> None:
    told = flow.run("connector", "alerts", "tail", "--from-beginning", "--limit", "1", code=1)
    assert told.output == f"relistwatch: Kafka refuses Read on topic {topic(flow, 'alerts')}: {SEE}\n"
    told = flow.run(
        "exporter", "alerts", "export", "csv", "--option", f"path={flow.folder / 'no.csv'}",
        "--group", "another", "--once", code=2,
    )  # fmt: skip
    assert f"Kafka refuses Read on group another: {SEE}" in told.output
    told = flow.run("worker", "takedowns", "add", "pasar-uji:l1", "--by", "analyst-7", code=1)
    # At the end: a client of an earlier part may still complain of its connection, in a thread of its own.
    refused = f"relistwatch: Kafka refuses Write on topic {topic(flow, 'takedown-requests')}: {SEE}\n"
    assert told.output.endswith(refused)
    told = flow.run("trace", "topics", "acls", "--check", code=1)
    assert "it needs Describe on the cluster" in told.output
    told = flow.run("doctor", "topics", "acls", "--apply", "--user", "trace=User:another", code=1)
    assert "it needs Alter on the cluster, or is one of the broker's super.users" in told.output


@pytest.mark.parametrize(
    ("name", "to"),
    [("worker", "takedowns"), ("connector", "alerts"), ("exporter", "alerts"), ("trace", "verdicts")],
)
def test_a_record_for_a_topic_that_is_not_ones_own_is_refused(flow: Flow, name: str, to: str) -> None:
    """The last two may write nowhere, which Kafka says in another way."""
    client = client_options(flow.settings(name).kafka)
    with KafkaDelivery(client, max_request_bytes=100_000) as delivery, pytest.raises(AbortError) as refused:  # noqa: PT012
        delivery.send(topic(flow, to), key=b"k", value=b"v")
        delivery.flush()
    assert str(refused.value) == f"Kafka refuses Write on topic {topic(flow, to)}: {SEE}"


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_nobody_may_read_or_write_a_topic_that_is_not_its_own(flow: Flow, component: Component) -> None:
    """As the broker says it of every topic."""
    mine = set(rights_of(component, flow.base))
    every = [Right("topic", topic(flow, spec.name), "Describe") for spec in ALL_TOPICS]
    with administration(flow.settings(component.name)) as own:
        given = granted(own, every)
    for right in every:
        operations = given["topic", right.name]
        assert operations is not None
        for operation in ("Read", "Write", "Create", "DescribeConfigs"):
            assert (operation in operations) == (Right("topic", right.name, operation) in mine), right.name
        assert not operations & {"Alter", "AlterConfigs", "Delete"}


async def test_a_right_that_is_taken_away_ends_a_running_part(flow: Flow) -> None:
    right = Right("group", flow.base.kafka.group, "Read")
    ended = asyncio.Event()
    watch = RightsWatch(flow.settings("worker"), "worker", every=0.1, end=ended.set)
    async with watch:
        await asyncio.sleep(0.5)
        assert watch.lacking is None
        with flow.without("worker", right):
            await asyncio.wait_for(ended.wait(), 30)
            assert watch.lacking is not None
            assert str(right) in watch.lacking


def test_a_resolver_whose_right_is_taken_away_ends_and_says_so(flow: Flow, tmp_path: Path) -> None:
    name = topic(flow, "takedown-status")
    log = tmp_path / "resolver.log"
    data = msgspec.structs.replace(flow.base.worker, data_dir=str(tmp_path))
    settings = msgspec.structs.replace(flow.settings("resolver"), worker=data)
    with ResolverProcess(settings, log) as resolver:
        until(lambda: "what was seen is read" in log.read_text(), "the resolver")
        with flow.without("resolver", Right("topic", name, "Write")):
            flow.run("importer", "takedowns", "add", "pasar-uji:l2", "--by", "analyst-7")
            until(lambda: resolver.process.poll() is not None, "the resolver to end")
    assert resolver.process.returncode == 1
    assert f"Kafka refuses Write on topic {name}: {SEE}" in log.read_text()


def test_a_member_that_may_not_see_its_topic_any_more_does_not_wait_for_ever(flow: Flow) -> None:
    """Kafka's client gives it no partitions then, and says nothing of it."""
    name = topic(flow, "takedown-requests")
    with closing(RequestGroup(flow.settings("resolver"), lost_seconds=0.5)) as group:
        group.join(Event())
        assert group.partitions()
        with flow.without("resolver", Right("topic", name, "Read")):
            assert (
                until(lambda: refused_by(group), "the refusal")
                == f"Kafka refuses Read on topic {name}: {SEE}"
            )


def refused_by(group: RequestGroup) -> str | None:
    try:
        group.poll(100)
    except RefusedError as error:
        return str(error)
    return None


def test_a_wrong_password_is_told_in_one_line_without_it(flow: Flow) -> None:
    wrong = "almost-the-password"
    stranger = altered(flow.settings("worker"), sasl_password=wrong)
    commands = {
        "connect": ["connect", "jsonlines", "--option", "path=/dev/null"],
        "trace": ["trace", "pasar-uji:l1"],
        "add": ["takedowns", "add", "pasar-uji:l1", "--by", "analyst-7"],
    }
    ended = call_all({name: (stranger, command) for name, command in commands.items()})
    for name, (code, out, said) in ended.items():
        assert (name, code) in {("connect", 3), ("trace", 3), ("add", 1)}
        assert (out, own_lines(said).count("\n")) == ("", 1), said
        assert "Kafka refuses the user or the password: see kafka.sasl_username" in said
        assert wrong not in said


def test_a_broker_that_is_not_trusted_is_told_with_the_setting(
    secured: SecuredKafka, flow: Flow, tmp_path: Path
) -> None:
    settings = flow.settings("worker")
    other = TlsAuthority(tmp_path / "other", "another authority")
    port = secured.broker.bootstrap_servers.rpartition(":")[2]
    for changes, why in (
        ({"ssl_cafile": None}, "is not accepted (self-signed certificate in certificate chain)"),
        ({"ssl_cafile": str(other.file)}, "is not accepted ("),
        (
            {"bootstrap_servers": f"localhost:{port}"},
            "Hostname mismatch, certificate is not valid for 'localhost'",
        ),
        ({"ssl_cafile": "/nowhere/ca.pem"}, "cannot prepare TLS"),
        ({"sasl_password": None}, "set kafka.sasl_password too"),
    ):
        with pytest.raises(BrokerUnavailableError) as refused:
            administration(altered(settings, **changes)).__enter__()
        told = str(refused.value)
        assert why in told
        assert "kafka.s" in told
        assert secured.passwords["relistwatch-worker"] not in told


def test_a_server_without_tls_is_told(flow: Flow) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        plain.settimeout(10)

        def answer() -> None:
            with plain.accept()[0] as peer:
                peer.recv(100)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        where = f"127.0.0.1:{plain.getsockname()[1]}"
        told = sign_in_trouble(
            client_options(altered(flow.settings("worker"), bootstrap_servers=where).kafka)
        )
        thread.join()
    assert told is not None
    assert told.startswith(f"{where} does not speak TLS as we do (")


def test_the_list_is_compared_and_mended(flow: Flow) -> None:
    assert flow.run(flow.secured.admin, "topics", "acls", "--check").output.endswith(
        " 0 missing, 0 too much\n"
    )
    lacking = Right("topic", topic(flow, "alerts"), "Read")
    admin = flow.settings(flow.secured.admin)
    surplus = Entry("User:relistwatch-exporter", "topic", topic(flow, "alerts"), "Write")
    with flow.without("exporter", lacking):
        add_to_access_list(admin, [surplus])
        told = json.loads(flow.run(flow.secured.admin, "topics", "acls", "--check", "--json", code=1).stdout)
        assert [(each["principal"], each["operation"]) for each in told["missing"]] == [
            ("User:relistwatch-exporter", "Read")
        ]
        assert [each["operation"] for each in told["too_much"]] == ["Write"]
        applied = flow.run(flow.secured.admin, "topics", "acls", "--apply").output
        assert f"added     User:relistwatch-exporter  Read on topic {lacking.name}\n" in applied
        assert "too much  User:relistwatch-exporter  Write on topic" in applied
        with administration(admin) as boss:
            flow.secured.take_away(boss, surplus)
    flow.run(flow.secured.admin, "topics", "acls", "--check")


def test_a_certificate_is_renewed_while_parts_go_on(secured: SecuredKafka, flow: Flow) -> None:
    before = secured.serial()
    with (
        administration(flow.settings("doctor")) as open_before,
        administration(flow.settings(secured.admin)) as admin,
    ):
        open_before.list_topics()
        secured.authority.keystore(secured.keystore.name, NODE)
        resource = ConfigResource(
            ConfigResourceType.BROKER, "1",
            {"listener.name.sasl_ssl.ssl.keystore.location": str(secured.keystore)},
        )  # fmt: skip
        admin.alter_configs([resource], raise_on_unknown=False)
        until(lambda: secured.serial() != before, "the new certificate")
        assert open_before.list_topics()
    flow.run("trace", "trace", "pasar-uji:l11")


def test_no_password_is_in_any_log(secured: SecuredKafka, flow: Flow) -> None:
    logs = {path.name: path.read_text(errors="replace") for path in flow.folder.glob("*.log")}
    assert len(logs) == 5
    logs["node"] = (secured.broker.data_dir / "node1" / "server.log").read_text(errors="replace")
    logs["commands"] = "".join(flow.said)
    logs["settings"] = repr(flow.settings("worker")) + repr(client_options(flow.settings("worker").kafka))
    for name, text in logs.items():
        assert text, name
        assert [user for user, password in secured.passwords.items() if password in text] == [], name


@pytest.mark.parametrize(
    ("kind", "of", "operation"), [("group", "", "Describe"), ("topic", "listings", "Describe")]
)
def test_a_console_says_what_it_may_not_see(flow: Flow, kind: Any, of: str, operation: Any) -> None:
    name = flow.base.kafka.group if kind == "group" else topic(flow, of)
    with closing(OffsetsReader(flow.settings("console"))) as reader:
        assert reader.read().missing == ()
        reader.close()
        with flow.without("console", Right(kind, name, operation)):
            told = until(lambda: failure_of(reader), "the refusal")
    assert told == f"Kafka refuses {operation} on {kind} {name}: {SEE}"


def failure_of(reader: OffsetsReader) -> str | None:
    try:
        reader.read()
    except BrokerUnavailableError as error:
        return str(error)
    reader.close()
    return None
