"""The same sign-in to Kafka for each client library: aiokafka, kafka-python and Faust."""

import ssl
from typing import Any

import faust

from streams.settings import Kafka


def servers(settings: Kafka) -> list[str]:
    """The bootstrap servers as a list of host:port."""
    return [server.strip() for server in settings.bootstrap_servers.split(",") if server.strip()]


def _uses_tls(settings: Kafka) -> bool:
    return settings.security_protocol in {"SSL", "SASL_SSL"}


def _uses_sasl(settings: Kafka) -> bool:
    return settings.security_protocol.startswith("SASL")


def ssl_context(settings: Kafka) -> ssl.SSLContext | None:
    """The TLS context, or None where the protocol has no TLS."""
    if not _uses_tls(settings):
        return None
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    context.check_hostname = settings.ssl_check_hostname
    if settings.ssl_certfile:
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    return context


def client_options(settings: Kafka) -> dict[str, Any]:
    """Keyword arguments that aiokafka's and kafka-python's clients share."""
    options: dict[str, Any] = {
        "bootstrap_servers": servers(settings),
        "security_protocol": settings.security_protocol,
    }
    if context := ssl_context(settings):
        options["ssl_context"] = context
    if _uses_sasl(settings):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password
    return options


def faust_credentials(settings: Kafka) -> Any:
    """Faust's `broker_credentials`, or None for plain text."""
    context = ssl_context(settings)
    if _uses_sasl(settings):
        mechanism = settings.sasl_mechanism or "PLAIN"
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password,
            mechanism=mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
