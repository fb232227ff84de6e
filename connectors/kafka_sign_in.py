"""Whether Kafka lets us in, asked once before a client is made: clients try again until their time is over, and then
say no more than that it is over.

Measured with kafka-python 3.0.12 and Kafka 4.3.1: a broker sends its refusal of a password and closes the connection
at once; the client sees the end before the refusal, loses it, and connects again for as long as it may. The refusal of
a certificate it logs, and goes on likewise. aiokafka's connection reads both; so one of those is opened here.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Mapping
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError

from connectors.kafka_refusal import NOT_LET_IN

PROBE_MS = 5_000
SEE_TLS = "see kafka.ssl_cafile, ssl_check_hostname and security_protocol"
SASL = ("sasl_mechanism", "sasl_plain_username", "sasl_plain_password")


def sign_in_trouble(client: Mapping[str, Any]) -> str | None:
    """What is wrong with how we sign in, in one line; None where nothing is, where nobody answers, or without TLS and
    signing in. `client`: keyword arguments of the clients."""
    if client.get("security_protocol", "PLAINTEXT") == "PLAINTEXT":
        return None
    found: list[str | None] = []
    # In a thread of its own: here a loop may be running.
    thread = threading.Thread(
        target=lambda: found.append(asyncio.run(_trouble(client))), name="kafka-sign-in"
    )
    thread.start()
    thread.join()
    return found[0] if found else None


async def _trouble(client: Mapping[str, Any]) -> str | None:
    servers = client["bootstrap_servers"]
    address = servers[0] if not isinstance(servers, str) else servers.split(",")[0]
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        return None
    try:
        connection = await create_conn(
            host.strip("[]"),
            int(port),
            request_timeout_ms=PROBE_MS,
            ssl_context=client.get("ssl_context"),
            security_protocol=client["security_protocol"],
            **{name: client[name] for name in SASL if name in client},
        )
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {address} is not accepted ({error.verify_message}): {SEE_TLS}"
    except ssl.SSLError as error:
        return f"{address} does not speak TLS as we do ({error.reason}): {SEE_TLS}"
    except KafkaError as error:
        return _refused(error, address)
    except (OSError, TimeoutError):
        return None
    with contextlib.suppress(TimeoutError):
        if (closed := connection.close()) is not None:
            await asyncio.wait_for(closed, 1.0)
    return None


def _refused(error: KafkaError, address: str) -> str | None:
    kind = type(error).__name__
    if "Authentication" in kind:
        return f"{address}: {NOT_LET_IN}"
    if "Mechanism" in kind:
        return f"{address} does not take this kafka.sasl_mechanism"
    return None
