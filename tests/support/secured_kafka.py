"""A Kafka over TLS with SCRAM users and an access list: its settings for each user, and what it decided."""

import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from tls_authority import TlsAuthority

from streams.die_with_parent import die_with_parent
from streams.kafka_local.broker import LocalKafka
from streams.kafka_local.security import MECHANISM, Security
from streams.rights.access_list import Entry
from streams.rights.access_list_admin import OPERATIONS, written
from streams.rights.topic_rights import COMPONENTS
from streams.settings import ENV_PREFIX, Kafka, Settings, Topics, as_environment

NODE = "relistwatch-node"
DECISION = re.compile(
    r"Principal = User:(?P<user>\S+) is (?P<verdict>Allowed|Denied) operation = (?P<operation>\w+) from host"
    r" = \S+ on resource = (?P<kind>\w+):LITERAL:(?P<name>\S+) for request = (?P<request>\w+) "
)


@dataclass(frozen=True)
class Decision:
    """What the broker decided about one user's request."""

    user: str
    allowed: bool
    operation: str
    kind: str
    name: str
    request: str


class SecuredKafka:
    """Start it as a context. Each component has a user of its name."""

    def __init__(self, folder: Path) -> None:
        self.authority = TlsAuthority(folder / "tls")
        self.keystore = self.authority.keystore("node.pem", NODE)
        self.admin = "admin"
        self.passwords = {
            name: f"secret-{secrets.token_hex(8)}"
            for name in (self.admin, *(f"relistwatch-{component.name}" for component in COMPONENTS))
        }
        self.security = Security(
            self.keystore,
            self.authority.file,
            f"CN={NODE}",
            self.admin,
            self.passwords[self.admin],
            audit=True,
        )
        self.broker = LocalKafka(folder / "kafka", die_with_parent=True, security=self.security)
        self._read = 0
        self._decisions: list[Decision] = []

    def __enter__(self) -> "SecuredKafka":
        self.broker.start()
        made = [
            UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
            for name, password in self.passwords.items()
            if name != self.admin
        ]
        admin = KafkaAdminClient(bootstrap_servers=self.broker.bootstrap_servers, **self.security.client())
        try:
            answers = admin.alter_user_scram_credentials(made)
        finally:
            admin.close()
        assert set(answers.values()) == {None}, answers
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.stop()

    def settings(self, user: str, base: Settings) -> Settings:
        """The base with this user's way to sign in: a component's name, or the admin."""
        name = user if user in self.passwords else f"relistwatch-{user}"
        kafka = msgspec.structs.replace(
            base.kafka,
            bootstrap_servers=self.broker.bootstrap_servers,
            security_protocol="SASL_SSL",
            ssl_cafile=str(self.authority.file),
            sasl_mechanism=MECHANISM,
            sasl_username=name,
            sasl_password=self.passwords[name],
        )
        return msgspec.structs.replace(base, kafka=kafka)

    def take_away(self, admin: KafkaAdminClient, entry: Entry) -> None:
        """Remove an entry from the access list."""
        pattern = ResourcePatternFilter(
            ResourceType[entry.resource.upper()],
            entry.name,
            ACLResourcePatternType.PREFIXED if entry.prefixed else ACLResourcePatternType.LITERAL,
        )
        operation = OPERATIONS[entry.operation]
        wanted = ACLFilter(entry.principal, entry.host, operation, ACLPermissionType.ALLOW, pattern)
        ((_, gone, _),) = admin.delete_acls([wanted])
        assert len(gone) == 1, entry

    def serial(self) -> int:
        """Of the certificate that the broker shows now."""
        host, port = self.broker.bootstrap_servers.split(":")
        context = ssl.create_default_context(cafile=str(self.authority.file))
        with (
            socket.create_connection((host, int(port)), 5) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            shown = tls.getpeercert()
        assert shown is not None
        return int(str(shown["serialNumber"]), 16)

    def decisions(self) -> list[Decision]:
        """All that is in the broker's log so far; what was read before is not read again."""
        with (self.broker.data_dir / "node1" / "server.log").open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        self._decisions += [
            Decision(
                found["user"],
                found["verdict"] == "Allowed",
                written(ACLOperation[found["operation"]]),
                found["kind"].lower(),
                found["name"],
                found["request"],
            )
            for found in DECISION.finditer(whole.decode(errors="replace"))
        ]
        return list(self._decisions)


def altered(settings: Settings, **kafka: Any) -> Settings:
    """With other settings of `[kafka]`."""
    return msgspec.structs.replace(settings, kafka=msgspec.structs.replace(settings.kafka, **kafka))


def fresh_settings(folder: Path) -> Settings:
    """Settings with topics and a group that no other has."""
    name = secrets.token_hex(4)
    return Settings(kafka=Kafka(group=f"g-{name}"), topics=Topics(prefix=f"{name}-", partitions=2))


def call_all(
    commands: Mapping[str, tuple[Settings, Sequence[str]]], timeout: float = 60
) -> dict[str, tuple[int, str, str]]:
    """`relistwatch` with each of these settings and arguments, at once: exit codes, stdout and stderr."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    running = {
        name: subprocess.Popen(
            [sys.executable, "-P", "-m", "streams", *arguments],
            env=environment | as_environment(settings),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509  one prctl call
        )
        for name, (settings, arguments) in commands.items()
    }  # fmt: skip
    try:
        said = {name: process.communicate(timeout=timeout) for name, process in running.items()}
    finally:
        for process in running.values():
            process.kill()
    return {name: (running[name].returncode, out, err) for name, (out, err) in said.items()}
