"""What to say where a client could not be made, although nothing is wrong with how we sign in."""

from connectors.kafka_refusal import refusal
from streams.settings import Kafka


def why_unreachable(kafka: Kafka, error: Exception) -> str:
    """One line that says what to do."""
    where = kafka.bootstrap_servers
    if (refused := refusal(error, "Describe")) is not None:
        return f"{where}: {refused}"
    return (
        f"no Kafka answers at {where} ({error}). Is it up, and are kafka.bootstrap_servers and "
        "kafka.security_protocol right? A local one: relistwatch kafka up"
    )
