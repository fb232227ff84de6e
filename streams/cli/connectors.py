"""`relistwatch connectors`: which there are, and all that it takes to add one."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import connectors_check, connectors_state
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail

if TYPE_CHECKING:
    from connectors.installed import Installed

AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]
ABOUT_SHOWN = 70


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Where listings come from and alerts go to: what there is, and adding one.", no_args_is_help=True
    )
    group.command("list")(list_connectors)
    group.command("new")(new)
    group.command("test")(connectors_check.check)
    group.command("record")(connectors_check.record)
    group.command("state")(connectors_state.state)
    group.command("forget")(connectors_state.forget)
    app.add_typer(group, name="connectors")


def list_connectors(
    name: Annotated[str | None, typer.Argument(help="Only this one, with its options.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the sources and sinks that are installed, with their versions and packages; of one, its options.

    Exit code 1: one of them cannot be loaded; 2: there is none of that name.

    Example: `relistwatch connectors list jsonlines`
    """
    import msgspec  # noqa: PLC0415

    from connectors.installed import installed  # noqa: PLC0415

    found = [each for each in installed() if name in {None, each.name}]
    if not found and name is not None:
        fail(f"there is no source or sink {name[:100]!r}; relistwatch connectors list shows all", EXIT_USAGE)
    if as_json:
        typer.echo(msgspec.json.encode(found))
    elif name is None:
        for line in _table(found):
            typer.echo(line)
    else:
        for each in found:
            _tell(each)
    if any(each.problem for each in found):
        raise typer.Exit(EXIT_FAILED)


def new(
    name: Annotated[str, typer.Argument(help="The marketplace, such as pasar-uji.")],
    to: Annotated[Path, typer.Option(help="The folder in which the package's folder is made.")] = Path(),
) -> None:
    """Make a package for a new marketplace: it installs, is found and passes its tests before a line is changed.

    Nothing is overwritten. Exit code 2: the name is none, or something is there already.

    Example: `relistwatch connectors new pasar-uji --to ~/connectors`
    """
    from connectors.registry import source_names  # noqa: PLC0415
    from connectors.scaffold import ScaffoldError, make_package  # noqa: PLC0415

    if name in source_names():
        fail(f"a source {name!r} is installed already: choose another name", EXIT_USAGE)
    try:
        made, files = make_package(name, to.expanduser())
    except ScaffoldError as error:
        fail(str(error), EXIT_USAGE)
    for file in files:
        typer.echo(file)
    # pip takes what has a slash for a folder; a bare name it would fetch from an index, whoever put it there.
    folder = str(made) if made.is_absolute() else f"./{made}"
    typer.echo(
        f"\nNext:\n"
        f"  python -m pip install {shlex.quote(folder)}\n"
        f"  relistwatch connectors test {name}\n"
        f"then change src/ to what the marketplace answers: {made / 'README.md'} says how.",
        err=True,
    )


def _table(found: "list[Installed]") -> list[str]:
    rows = [("", "name", "version", "package", "what it is")]
    for each in found:
        what = f"CANNOT BE LOADED: {each.problem}" if each.problem else _short(each.about)
        rows.append((each.kind, each.name, each.version or "-", each.package, what))
    return _aligned(rows)


def _tell(each: "Installed") -> None:
    version = f", version {each.version}" if each.version else ""
    typer.echo(f"{each.kind} {each.name}{version}, from {each.package} ({each.place})")
    if each.problem:
        typer.echo(f"cannot be loaded: {each.problem}\n")
        return
    typer.echo(each.about)
    rows = [("option", "type", "default", "")]
    for option in each.options:
        default = "required" if option.required else option.default or "none"
        rows.append((option.name, option.type, default, option.about))
    for line in _aligned(rows):
        typer.echo(f"  {line}")
    typer.echo()


def _short(text: str) -> str:
    return text if len(text) <= ABOUT_SHOWN else f"{text[: ABOUT_SHOWN - 1]}…"


def _aligned(rows: list[Any]) -> list[str]:
    """Columns as wide as their widest cell; the last one runs on."""
    from streams.words.safe_text import safe_text  # noqa: PLC0415

    cells = [[safe_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[-1] = 0
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
