"""Every command with its arguments, options and example, from the command line's own structure."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from reference.words import MADE, prose, table
from streams.cli import build_app

EXAMPLE = re.compile(r"^Examples?: .+$", re.MULTILINE)
CHOICE = re.compile(r"<([^<>|]+(?:\|[^<>|]+)+)>")
LINE = re.compile(r"`((?:[A-Z_]+=\S+ )*relistwatch [^`]+)`")


def commands_page() -> str:
    """The page as Markdown."""
    program = typer.main.get_command(build_app())
    lines = [
        "# Commands",
        "",
        MADE,
        "<!-- not run: examples, one a command; that the command line takes them is checked -->",
        "",
        "`--help` behind a command says the same. `--config FILE`, before the command, names "
        "the settings' file (docs/settings.md); without it, it is the one that `RELISTWATCH_CONFIG` names. Results go "
        "to stdout, progress and errors to stderr. What exit codes mean: docs/reference/errors.md.",
        "",
        *table(
            ("command", "does"),
            [
                (f"[`relistwatch {name}`](#relistwatch-{name})", prose(command.help).partition("\n\n")[0])
                for name, command in program.commands.items()  # type: ignore[attr-defined]
            ],
        ),
    ]
    for path, command in walk(program, ("relistwatch",)):
        lines += ["", *described(path, command)]
    return "\n".join(lines) + "\n"


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command and group below, in the order of the help pages."""
    for name, below in command.commands.items():
        if not below.hidden:
            yield (*path, name), below
            if hasattr(below, "commands"):
                yield from walk(below, (*path, name))


def described(path: tuple[str, ...], command: Any) -> list[str]:
    """One command's part of the page."""
    text = prose(command.help)
    examples = [line for example in EXAMPLE.findall(text) for line in LINE.findall(example)]
    lines = [f"{'#' * min(len(path), 3)} {' '.join(path)}", "", EXAMPLE.sub("", text).strip()]
    if examples:
        lines += ["", "```shell", *examples, "```"]
    if rows := [parameter_row(each, path, command) for each in command.params if not each.hidden]:
        lines += ["", *table(("argument or option", "", "default"), rows)]
    return lines


def parameter_row(parameter: Any, path: tuple[str, ...], command: Any) -> tuple[str, str, str]:
    """How it is written, what it says, and its default as the help has it."""
    context = command.context_class(command, info_name=path[-1])
    written, said = parameter.get_help_record(context)
    said, _, note = (said or "").partition("  [")
    notes = [each for each in re.split(r";\s*", note.removesuffix("]")) if each]
    default = next((each.partition(": ")[2] for each in notes if each.startswith("default: ")), "")
    others = [each for each in notes if not each.startswith("default: ")]
    if parameter.required:
        others = [each for each in others if each != "required"]
        default = "required"
    elif default:
        default = f"`{default}`"
    # A bar within code ends a cell in one Markdown, and shows its backslash in the other.
    written = CHOICE.sub(lambda found: "{" + found[1].replace("|", ",") + "}", written)
    extra = f" ({'; '.join(others)})" if others else ""
    return f"`{' '.join(written.split())}`", said + extra, default
