"""`relistwatch schema`: the records and topics as documents for others."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.context import EXIT_USAGE, fail


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The records and topics as JSON Schema and AsyncAPI.", no_args_is_help=True)
    group.command("export")(export)
    group.callback()(_group)
    app.add_typer(group, name="schema")


def _group() -> None:
    """The records and topics as JSON Schema and AsyncAPI."""


def export(
    out: Annotated[Path, typer.Option(help="Folder to write to; made if there is none.")],
) -> None:
    """Write a JSON Schema for each record and one AsyncAPI 3.0 document of all topics.

    Example: `relistwatch schema export --out docs/schemas`
    """
    from streams import schema  # noqa: PLC0415

    try:
        written = schema.export(out)
    except OSError as error:
        fail(f"--out {out}: cannot write: {error.strerror}", EXIT_USAGE)
    for path in written:
        typer.echo(path)
