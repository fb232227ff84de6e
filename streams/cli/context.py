"""What every command shares: the settings, and one way to end with an error, which tells no secret."""

from typing import Any, NoReturn

import typer

from connectors.secret import redact
from streams.secret_settings import keep_secret
from streams.settings import Settings, SettingsError, load_settings
from streams.shards import Shard, read_shard

EXIT_FAILED = 1
"""The command ran and the answer is no: a check failed, a relist was missed."""
EXIT_USAGE = 2
"""The command could not run as asked: wrong option, file or setting."""
EXIT_UNAVAILABLE = 3
"""Something the command needs cannot be reached, such as the broker."""


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Say what is wrong on stderr and end."""
    typer.echo(f"relistwatch: {redact(message)}", err=True)
    raise typer.Exit(code)


def settings_of(context: typer.Context) -> Settings:
    """The settings of this call; a wrong one ends the command and is named. What is secret in them is known from here
    on to `connectors.secret.redact`."""
    root: Any = context.find_root().obj
    try:
        settings = load_settings(root)
    except SettingsError as error:
        fail(str(error), EXIT_USAGE)
    keep_secret(settings)
    return settings


def shard_option(text: str) -> Shard:
    """What `--shard` says; what is none ends the command."""
    try:
        return read_shard(text)
    except ValueError as error:
        fail(f"--shard: {error}", EXIT_USAGE)
