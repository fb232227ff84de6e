"""The same sign-in to Kafka for each client library: aiokafka, kafka-python and Faust."""

import ssl
from typing import Any

import faust

from streams.settings import Kafka, SettingsError


def servers(settings: Kafka) -> list[str]:
    """The bootstrap servers as a list of host:port."""
    return [server.strip() for server in settings.bootstrap_servers.split(",") if server.strip()]


def _uses_tls(settings: Kafka) -> bool:
    return settings.security_protocol in {"SSL", "SASL_SSL"}


def _uses_sasl(settings: Kafka) -> bool:
    return settings.security_protocol.startswith("SASL")


def ssl_context(settings: Kafka) -> ssl.SSLContext | None:
    """The TLS context, or None where the protocol has no TLS.

    Raises:
        SettingsError: a file cannot be read, or is no certificate or key.
    """
    if not _uses_tls(settings):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
        context.check_hostname = settings.ssl_check_hostname
        if settings.ssl_certfile:
            # Without a password OpenSSL would ask for an encrypted key's at the terminal, and wait.
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password="")
    except OSError as error:
        raise SettingsError(
            f"cannot prepare TLS ({error}): see kafka.ssl_cafile, kafka.ssl_certfile and kafka.ssl_keyfile"
        ) from None
    return context


def _check_sign_in(settings: Kafka) -> None:
    names = ("sasl_mechanism", "sasl_username", "sasl_password")
    if lacking := [f"kafka.{name}" for name in names if getattr(settings, name) is None]:
        raise SettingsError(
            f"kafka.security_protocol is {settings.security_protocol}: set {', '.join(lacking)} too"
            " (a password best as RELISTWATCH_KAFKA__SASL_PASSWORD)"
        )


class ClientOptions(dict[str, Any]):
    """Keyword arguments whose password is not shown where they are written out."""

    def __repr__(self) -> str:
        """With *** for the password."""
        return repr({name: "***" if "password" in name else value for name, value in self.items()})


def client_options(settings: Kafka) -> ClientOptions:
    """Keyword arguments that aiokafka's and kafka-python's clients share.

    Raises:
        SettingsError: how to sign in is not said in full, or a file for TLS cannot be used.
    """
    options = ClientOptions(bootstrap_servers=servers(settings), security_protocol=settings.security_protocol)
    if context := ssl_context(settings):
        options["ssl_context"] = context
    if _uses_sasl(settings):
        _check_sign_in(settings)
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password
    return options


def faust_credentials(settings: Kafka) -> Any:
    """Faust's `broker_credentials`, or None for plain text. Raises as `client_options`."""
    context = ssl_context(settings)
    if _uses_sasl(settings):
        _check_sign_in(settings)
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password,
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
