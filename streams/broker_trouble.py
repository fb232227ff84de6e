"""Why Kafka cannot be reached, in one line that says what to do: the clients themselves say only that time is over."""

import contextlib
import socket
import ssl

from connectors.kafka_refusal import refusal
from streams.kafka_options import servers, ssl_context
from streams.settings import Kafka, SettingsError

PROBE_SECONDS = 2.0
SEE_TLS = "see kafka.ssl_cafile, kafka.ssl_check_hostname and kafka.security_protocol"


def why_unreachable(kafka: Kafka, error: Exception) -> str:
    """What kept a client from connecting. With TLS the first server is asked once more, for its certificate: clients
    try again until their time is over, and then have forgotten why."""
    where = kafka.bootstrap_servers
    if (refused := refusal(error, "Describe")) is not None:
        return f"{where}: {refused}"
    if (tls := _tls_trouble(kafka)) is not None:
        return tls
    return (
        f"no Kafka answers at {where} ({error}). Is it up, and are kafka.bootstrap_servers and "
        "kafka.security_protocol right? A local one: relistwatch kafka up"
    )


def _tls_trouble(kafka: Kafka) -> str | None:
    """What is wrong with the first server's TLS; None where nothing is, nobody is there, or there is no TLS."""
    with contextlib.suppress(SettingsError, ValueError, IndexError):
        context = ssl_context(kafka)
        address = servers(kafka)[0]
        host, _, port = address.rpartition(":")
        if context is not None:
            return _handshake_trouble(context, host.strip("[]"), int(port), address)
    return None


def _handshake_trouble(context: ssl.SSLContext, host: str, port: int, address: str) -> str | None:
    try:
        with socket.create_connection((host, port), PROBE_SECONDS) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=host):
                    return None
            except ssl.SSLCertVerificationError as error:
                return f"the certificate of {address} is not accepted ({error.verify_message}): {SEE_TLS}"
            except (ssl.SSLError, OSError) as error:
                reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
                return f"{address} does not speak TLS as we do ({reason}): {SEE_TLS}"
    except OSError:
        return None
