"""Whether a part may do all that it needs, asked of the broker before it begins: else it would find out one by one,
in the middle of its work, and some clients wait for ever rather than say so.

The broker tells each user its own rights on a topic, a group and the cluster (KIP-430); nothing has to be allowed for
that. Without TLS and without signing in there is no one to have rights, and nothing is asked.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kafka.admin import ACLOperation, KafkaAdminClient
from kafka.errors import GroupAuthorizationFailedError, RetriableError

from connectors.kafka_refusal import SEE, hides
from streams.kafka_clients.topic_admin import administration
from streams.rights.access_list_admin import written
from streams.rights.topic_rights import BY_NAME, Right, rights_of
from streams.settings import Kafka, Settings

Granted = Mapping[tuple[str, str], frozenset[str] | None]
"""The operations that are granted, by resource and name; None where nothing is known of it."""
COORDINATOR_SECONDS = 10.0
SHOWN = 5


class RightsError(RuntimeError):
    """The user lacks rights that the part needs; the message names them."""


def has_rights(kafka: Kafka) -> bool:
    """Whether there is a user, whom rights could be given to."""
    return kafka.security_protocol != "PLAINTEXT"


def require_rights(settings: Settings, component: str, group: str | None = None) -> None:
    """Return if the part may do all that it needs. `group`: its own, where the needs have only its beginning.

    Raises:
        RightsError: it may not.
        BrokerUnavailableError: no broker answers, or it lets us not in.
    """
    if has_rights(settings.kafka) and (lacking := missing_rights(settings, component, group)):
        raise RightsError(told(settings.kafka, component, lacking))


def told(kafka: Kafka, component: str, lacking: Sequence[Right]) -> str:
    """One line for a person."""
    shown = ", ".join(map(str, lacking[:SHOWN]))
    more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    who = kafka.sasl_username or "this client's certificate"
    return f"Kafka does not let {who} be a {component}: it lacks {shown}{more}; {SEE}"


def missing_rights(settings: Settings, component: str, group: str | None = None) -> list[Right]:
    """Those that the broker does not grant; what it does not tell, as of a topic that is not there, is not missing.

    Raises:
        BrokerUnavailableError: no broker answers, or it lets us not in.
    """
    needed = needed_rights(settings, component, group)
    with administration(settings) as admin:
        return lacking_of(needed, granted(admin, needed))


def needed_rights(settings: Settings, component: str, group: str | None = None) -> list[Right]:
    """What can be asked for by name: of a right on all groups that begin so, the one on `group`."""
    needed = [_own(right, group) for right in rights_of(BY_NAME[component], settings)]
    return [right for right in needed if not right.prefixed]


def lacking_of(needed: Iterable[Right], given: Granted) -> list[Right]:
    """The rights whose resource does not grant their operation."""
    found = []
    for right in needed:
        operations = given.get((right.resource, right.name))
        if operations is not None and right.operation not in operations:
            found.append(right)
    return found


def _own(right: Right, group: str | None) -> Right:
    """A right on all groups that begin so, on the one that it is."""
    if right.prefixed and right.resource == "group" and group is not None and group.startswith(right.name):
        return replace(right, name=group, prefixed=False)
    return right


def granted(admin: KafkaAdminClient, on: Iterable[Right]) -> Granted:
    """What the broker says that this client may do with the resources of these rights."""
    given: dict[tuple[str, str], frozenset[str] | None] = {}
    rights = list(on)
    topics = sorted({right.name for right in rights if right.resource == "topic"})
    for topic in admin.describe_topics(topics):
        if hides(topic):
            given["topic", topic["name"]] = frozenset()
        else:
            given["topic", topic["name"]] = _operations(topic) if topic["partitions"] else None
    for right in rights:
        if right.resource == "group":
            given["group", right.name] = _of_group(admin, right.name)
        elif right.resource == "cluster":
            given["cluster", right.name] = _operations(admin.describe_cluster())
    return given


def _of_group(admin: KafkaAdminClient, group: str) -> frozenset[str] | None:
    deadline = time.monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            described = admin.describe_groups([group])[group]
            break
        except GroupAuthorizationFailedError:
            return frozenset()
        except RetriableError:
            # The first group that a broker ever meets has no coordinator for a second: its topic is being made.
            if time.monotonic() > deadline:
                return None
            time.sleep(0.2)
    if "GroupAuthorizationFailed" in str(described["error"]):
        return frozenset()
    return _operations(described)


def _operations(described: Mapping[str, object]) -> frozenset[str] | None:
    """What the broker says that we may do; None where it does not say."""
    names = described.get("authorized_operations")
    if not isinstance(names, list):
        return None
    return frozenset(written(ACLOperation[name]) for name in names)
