"""Which settings are secrets: never shown, and kept out of every text that leaves the process.

A setting is one by its name, so that a new one is kept by being named for what it is; of an address, such as the
database's, its password is.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from connectors.secret import SHOWN, Secret

if TYPE_CHECKING:
    from streams.settings import Settings

WORDS = ("password", "passphrase", "secret", "token")
"""In the name of a setting, or of a parameter in an address."""


def is_secret(name: str) -> bool:
    """Whether the setting of this name is a secret as a whole."""
    return any(word in name for word in WORDS)


def secrets_of(settings: "Settings") -> Iterator[str]:
    """The values, as they were written and as they are meant."""
    for table in msgspec.to_builtins(settings).values():
        for name, value in table.items():
            if isinstance(value, str) and value:
                yield from (value,) if is_secret(name) else _in_address(value)


def keep_secret(settings: "Settings") -> None:
    """Let `connectors.secret.redact` know them all, from here to the end of the process."""
    for value in secrets_of(settings):
        Secret(value)


def shown(settings: "Settings") -> dict[str, dict[str, Any]]:
    """The settings by table, with each secret that is set as ***."""
    return {name: shown_table(table) for name, table in msgspec.to_builtins(settings).items()}


def shown_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """One table's settings likewise, by name."""
    return {name: _shown(name, value) if isinstance(value, str) else value for name, value in table.items()}


def _shown(name: str, value: str) -> str:
    if not value or is_secret(name):
        return value and SHOWN
    for secret in sorted(_in_address(value), key=len, reverse=True):
        value = value.replace(secret, SHOWN)
    return value


def _in_address(text: str) -> Iterator[str]:
    """The password of an address, and parameters that are one (libpq takes `?password=`)."""
    if "://" not in text:
        return
    try:
        parts = urlsplit(text)
        written = [parts.password] if parts.password else []
    except ValueError:
        return
    written += [value for name, value in parse_qsl(parts.query) if is_secret(name) and value]
    for value in written:
        yield value
        if unquote(value) != value:
            yield unquote(value)
