"""The broker's access list read, and added to."""

from collections.abc import Sequence

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import ClusterAuthorizationFailedError, SecurityDisabledError

from streams.kafka_clients.topic_admin import administration
from streams.rights.access_list import Entry
from streams.settings import Settings


class AccessListError(RuntimeError):
    """The broker keeps no access list, or does not let us at it; the message says which."""


def read_access_list(settings: Settings) -> list[Entry]:
    """All entries on topics, groups, the cluster and transactional ids.

    Raises:
        AccessListError: the broker keeps none, or we may not read it.
        BrokerUnavailableError: no broker answers.
    """
    every = ACLFilter(
        principal=None,
        host=None,
        operation=ACLOperation.ANY,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
    )
    with administration(settings) as admin:
        try:
            found, _ = admin.describe_acls(every)
        except SecurityDisabledError:
            raise AccessListError(
                "the broker keeps no access list: everyone may do everything. It needs authorizer.class.name "
                "(docs/kafka-security.md)"
            ) from None
        except ClusterAuthorizationFailedError:
            raise _not_ours("Describe") from None
    return [_entry(acl) for acl in found]


def add_to_access_list(settings: Settings, entries: Sequence[Entry]) -> None:
    """Add them all; returns when the broker has them.

    Raises:
        AccessListError: it does not take them; some may be there.
        BrokerUnavailableError: no broker answers.
    """
    if not entries:
        return
    with administration(settings) as admin:
        failed = create_entries(admin, entries)
    if failed:
        if all(kind is ClusterAuthorizationFailedError for kind in failed):
            raise _not_ours("Alter")
        names = ", ".join(sorted({kind.__name__ for kind in failed}))
        raise AccessListError(f"the broker refuses {len(failed)} of {len(entries)} entries ({names})")


def create_entries(admin: KafkaAdminClient, entries: Sequence[Entry]) -> list[type[Exception]]:
    """Add them; what the broker says of those that it does not take."""
    failed: list[type[Exception]] = admin.create_acls([_acl(entry) for entry in entries])["failed"]
    return failed


def _not_ours(operation: str) -> AccessListError:
    return AccessListError(
        f"the user of kafka.sasl_username may not do this: it needs {operation} on the cluster, "
        "or is one of the broker's super.users"
    )


def _acl(entry: Entry) -> ACL:
    return ACL(
        principal=entry.principal,
        host=entry.host,
        operation=OPERATIONS[entry.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(
            ResourceType[entry.resource.upper()],
            entry.name,
            ACLResourcePatternType.PREFIXED if entry.prefixed else ACLResourcePatternType.LITERAL,
        ),
    )


def _entry(acl: ACL) -> Entry:
    pattern = acl.resource_pattern
    return Entry(
        principal=acl.principal,
        resource=pattern.resource_type.name.lower().replace("_", "-"),
        name=pattern.resource_name,
        operation=written(acl.operation),
        prefixed=pattern.pattern_type is ACLResourcePatternType.PREFIXED,
        host=acl.host,
        denies=acl.permission_type is ACLPermissionType.DENY,
    )


def written(operation: ACLOperation) -> str:
    """As `kafka-acls` writes it: DESCRIBE_CONFIGS is DescribeConfigs."""
    return str(operation.name).title().replace("_", "")


OPERATIONS = {written(operation): operation for operation in ACLOperation}
