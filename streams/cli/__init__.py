"""The `relistwatch` command. Each command is a module with `register(app)`; heavy imports stay inside commands."""

import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.context import EXIT_USAGE
from streams.first_process import end_by_sigterm
from streams.last_words import watch_last_words
from streams.program_version import DISTRIBUTION, program_version
from streams.settings import SettingsError

COMMANDS: tuple[str, ...] = (
    "demo",
    "scan",
    "worker",
    "dashboard",
    "lookback",
    "connect",
    "connectors",
    "simulate",
    "kafka",
    "topics",
    "takedowns",
    "refingerprint",
    "alerts",
    "verdicts",
    "policy",
    "seller_links",
    "sellers",
    "evidence",
    "dead_letters",
    "schema",
    "load",
    "doctor",
    "capacity",
    "trace",
)
"""Modules of this package, in the order of the help page."""


def _say_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"{DISTRIBUTION} {program_version()}\n")
        raise typer.Exit


def build_app() -> typer.Typer:
    """The command line with all commands registered."""
    app = typer.Typer(
        name="relistwatch",
        help="Catches taken-down marketplace listings that come back.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )

    @app.callback()
    def _options(
        context: typer.Context,
        config: Annotated[
            Path | None,
            typer.Option("--config", help="Settings file (TOML). Default: the one RELISTWATCH_CONFIG names."),
        ] = None,
        version: Annotated[  # noqa: ARG001  # answered before any command
            bool,
            typer.Option(
                "--version", callback=_say_version, is_eager=True, help="Say which version this is."
            ),
        ] = False,
    ) -> None:
        context.obj = config

    for name in COMMANDS:
        importlib.import_module(f"{__name__}.{name}").register(app)
    return app


def main() -> None:
    """Entry point of the console script."""
    # Photos are compared in many small matrix products: threads for each would cost more than they bring, and
    # the other cores have their own workers and photo processes. It must be said before numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    end_by_sigterm()
    watch_last_words()
    if "--help" not in sys.argv:  # which answers at once, and logs nothing
        from streams.logs import configure_logs  # noqa: PLC0415

        # By itself the library would write to stdout, among what a command answers.
        configure_logs(as_json=False, level=logging.WARNING)
    try:
        build_app()()
    except SettingsError as error:
        # Some settings are known to be wrong only where they are used, such as a certificate's file.
        sys.stderr.write(f"relistwatch: {error}\n")
        sys.exit(EXIT_USAGE)
