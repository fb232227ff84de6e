"""Who has which right: the entries that the broker's list must have, compared with those that it has. Pure."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.rights.topic_rights import BY_NAME, CLUSTER, COMPONENTS, USER_PREFIX, Right, rights_of
from streams.settings import Settings

ALL = "All"
EVERYONE = "User:*"
ANY_HOST = "*"
ANY_NAME = "*"
IMPLIES_DESCRIBE = frozenset({"Read", "Write", "Delete", "Alter"})
IMPLIES_DESCRIBE_CONFIGS = frozenset({"AlterConfigs"})


class UserError(ValueError):
    """A user was given in a wrong way; the message says how it is right."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One line of the broker's access list. `resource`, `operation` and `pattern` as `kafka-acls` names them, in small
    letters where it is not the operation."""

    principal: str
    resource: str
    name: str
    operation: str
    prefixed: bool = False
    host: str = ANY_HOST
    denies: bool = False

    def __str__(self) -> str:
        """Such as `User:relistwatch-worker  Read on topic listings`."""
        what = "the cluster" if self.resource == "cluster" else f"{self.resource} {self.name}"
        more = "*" if self.prefixed else ""
        more += "" if self.host == ANY_HOST else f" from {self.host}"
        more += "  (denied)" if self.denies else ""
        return f"{self.principal}  {self.operation} on {what}{more}"

    def covers(self, other: "Entry") -> bool:
        """Whether this entry allows all that the other allows."""
        if self.denies or other.denies or self.resource != other.resource:
            return False
        if self.principal not in {other.principal, EVERYONE} or self.host not in {other.host, ANY_HOST}:
            return False
        return self._names(other) and self._does(other.operation)

    def _names(self, other: "Entry") -> bool:
        if self.prefixed:
            return other.name.startswith(self.name)
        return self.name == ANY_NAME or (self.name == other.name and not other.prefixed)

    def _does(self, operation: str) -> bool:
        return (
            self.operation in {operation, ALL}
            or (operation == "Describe" and self.operation in IMPLIES_DESCRIBE)
            or (operation == "DescribeConfigs" and self.operation in IMPLIES_DESCRIBE_CONFIGS)
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing`: what components need and may not do. `too_much`: what their users, or everyone on their topics, may do
    and no component needs, and what is denied to them. `others`: what other users may do on their topics and groups,
    which may be as it should be."""

    missing: tuple[Entry, ...]
    too_much: tuple[Entry, ...]
    others: tuple[Entry, ...]


def users_of(given: Sequence[str], prefix: str = USER_PREFIX) -> dict[str, str]:
    """Each component's principal: `COMPONENT=User:NAME` as given, else the prefix and the component's name.

    Raises:
        UserError: there is no such component, or it is not written so.
    """
    users = {component.name: prefix + component.name for component in COMPONENTS}
    for each in given:
        name, equals, principal = each.partition("=")
        if not equals or not principal:
            raise UserError(
                f"--user {each}: write COMPONENT=User:NAME, such as worker=User:relistwatch-worker"
            )
        if name not in BY_NAME:
            raise UserError(f"--user {each}: there is no component {name!r}; they are {', '.join(BY_NAME)}")
        users[name] = principal
    for name, principal in users.items():
        kind, colon, rest = principal.partition(":")
        if not colon or not kind.isalpha() or not rest or rest == ANY_NAME:
            raise UserError(f"{name}={principal}: a principal is User:NAME, and not everyone")
    return users


def wanted_entries(settings: Settings, users: Mapping[str, str]) -> dict[Entry, None]:
    """What the list must have for these components, each entry once; a user may be several components."""
    return {
        _entry(users[component.name], right): None
        for component in COMPONENTS
        if component.name in users
        for right in rights_of(component, settings)
    }


def _entry(principal: str, right: Right) -> Entry:
    return Entry(principal, right.resource, right.name, right.operation, right.prefixed)


def compare(wanted: Iterable[Entry], there: Iterable[Entry]) -> Comparison:
    """What is missing, and what is too much."""
    needed, found = list(wanted), list(there)
    ours = {entry.principal for entry in needed}
    resources = {(entry.resource, entry.name) for entry in needed if entry.resource != "cluster"}
    missing = [entry for entry in needed if not any(each.covers(entry) for each in found)]
    too_much, others = [], []
    for entry in found:
        touches = any(_touches(entry, resource, name) for resource, name in resources)
        if entry.principal in ours or (entry.principal == EVERYONE and touches):
            if entry not in needed:
                too_much.append(entry)
        elif touches:
            others.append(entry)
    return Comparison(tuple(missing), tuple(sorted(too_much)), tuple(sorted(others)))


def _touches(entry: Entry, resource: str, name: str) -> bool:
    if entry.resource != resource:
        return False
    return entry.name == ANY_NAME or (name.startswith(entry.name) if entry.prefixed else entry.name == name)


def commands(entries: Iterable[Entry], bootstrap_servers: str) -> list[str]:
    """Calls of Kafka's own `kafka-acls` that add the entries: one for each user, operation and kind of resource."""
    grouped: dict[tuple[str, str, str, bool], list[str]] = {}
    for entry in entries:
        key = (entry.principal, entry.operation, entry.resource, entry.prefixed)
        grouped.setdefault(key, []).append(entry.name)
    return [
        shlex.join(
            [
                "kafka-acls", "--bootstrap-server", bootstrap_servers, "--command-config", "admin.properties",
                "--add", "--allow-principal", principal, "--operation", operation,
                *(("--resource-pattern-type", "prefixed") if prefixed else ()),
                *(part for name in names for part in _named(resource, name)),
            ]
        )
        for (principal, operation, resource, prefixed), names in grouped.items()
    ]  # fmt: skip


def _named(resource: str, name: str) -> tuple[str, ...]:
    return ("--cluster",) if name == CLUSTER else (f"--{resource}", name)
