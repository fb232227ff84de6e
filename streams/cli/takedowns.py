"""`relistwatch takedowns`: from an authority's list to takedowns, and what became of them."""

import typer

from streams.cli import takedown_figures, takedown_marks, takedown_resolving


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Takedowns: requests resolved, followed and reported.", no_args_is_help=True)
    # Without a callback, a group of one command would be that command.
    group.callback()(lambda: None)
    for part in (takedown_resolving, takedown_marks, takedown_figures):
        part.add_to(group)
    app.add_typer(group, name="takedowns")
