"""What to say when Kafka refuses for want of a right: on which topic or group, what for, and where to look."""

from collections.abc import Iterable, Mapping
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, TopicAuthorizationFailedError

ASK_MS = 5_000
SEE = "relistwatch topics acls shows who needs what"
NOT_LET_IN = (
    "Kafka refuses the user or the password: see kafka.sasl_username, sasl_password and sasl_mechanism"
)


def refusal(
    error: BaseException, operation: str, *, topic: str | None = None, group: str | None = None
) -> str | None:
    """One line that names the operation, the topic or group, and the command that knows the rights; None where the
    error is not for want of a right. `operation` as `kafka-acls` writes it, such as Read.

    By the error's name, so that aiokafka's errors are told as well as kafka-python's.
    """
    kind = type(error).__name__
    if kind == "SaslAuthenticationFailedError":
        return NOT_LET_IN
    if kind == "KafkaError" and "ClusterAuthorizationFailedError" in str(error):
        # A producer that may write to no topic at all: kafka-python 3.0.12 has no kind of its own for that.
        kind = "ClusterAuthorizationFailedError"
    if "AuthorizationFailed" not in kind:
        return None
    if kind.startswith("Group"):
        return lacking("Describe" if operation == "Describe" else "Read", f"group {group or _named(error)}")
    if kind.startswith("Topic") or topic is not None:
        return lacking(operation, f"topic {topic or _named(error)}")
    return lacking(operation, "the cluster" if kind.startswith("Cluster") else _named(error))


def lacking(operation: str, what: str) -> str:
    """The line itself."""
    return f"Kafka refuses {operation} on {what}: this user lacks the right; {SEE}"


def is_hidden(client: Mapping[str, Any], topic: str) -> bool:
    """Whether the topic is not to be seen because this user lacks the right, rather than not there: a consumer that
    asks for its partitions is told the same in both cases. `client`: keyword arguments of kafka-python's clients."""
    if client.get("security_protocol", "PLAINTEXT") == "PLAINTEXT":
        return False
    try:
        admin = administrator(client, ASK_MS)
        try:
            described = admin.describe_topics([topic])
        finally:
            admin.close()
    except KafkaError:
        return False
    return any(map(hides, described))


def administrator(client: Mapping[str, Any], ask_ms: int) -> KafkaAdminClient:
    """An administration client with those of another client's keyword arguments that it has, too. Close it.

    Raises:
        KafkaError, OSError, ValueError: none can be made.
    """
    options = {name: value for name, value in client.items() if name in KafkaAdminClient.DEFAULT_CONFIG}
    return KafkaAdminClient(**options | {"request_timeout_ms": ask_ms, "bootstrap_timeout_ms": ask_ms})


def hides(described: Mapping[str, Any]) -> bool:
    """Whether a topic's description by an administration client says that this user may not see the topic."""
    return bool(described["error_code"] == TopicAuthorizationFailedError.errno)


def _named(error: BaseException) -> str:
    """The topics or the group that a client put into its error."""
    given = error.args[0] if error.args else ""
    if isinstance(given, Iterable) and not isinstance(given, str):
        return ", ".join(sorted(map(str, given)))
    return str(given) or "(not named)"
