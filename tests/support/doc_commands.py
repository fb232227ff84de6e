"""The commands of a shell block, and whether the command line takes them, without running any."""

import functools
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.exceptions import TyperException

from streams.cli import build_app

ROOT = Path(__file__).parents[2]
HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")
ASSIGNMENT = re.compile(r"^[A-Z_][A-Z0-9_]*=")
TARGET = re.compile(r"^([\w.-]+):(?!=)", re.MULTILINE)
DESCRIPTOR = re.compile(r"(?<!\S)\d+(?=[<>])")
"""The number before a redirection."""
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""A variable with the value that it has where nothing is set."""
STOPS = {"|", "||", "&&", ";", "&", "(", ")", "|&", ";;"}
BEFORE = {"if", "then", "do", "while", "until", "!", "else", "time", "exec", "sudo", "nohup", "{"}


def commands(script: str) -> Iterator[list[str]]:
    """Each simple command of a shell script, as words: no redirections, assignments, comments or here-documents."""
    for line in logical_lines(script):
        words: list[str] = []
        skip = False
        for word in tokens(line):
            if word in STOPS:
                if words:
                    yield words
                words = []
            elif skip:
                skip = False
            elif re.fullmatch(r"[<>&]*[<>][<>&]*", word):
                skip = True
            elif words or not (word in BEFORE or ASSIGNMENT.match(word)):
                words.append(word)
        if words:
            yield words


def tokens(line: str) -> list[str]:
    """Words and operators."""
    line = DEFAULT.sub(r"\1", DESCRIPTOR.sub("", line.replace("$(", " ( ")))
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def logical_lines(script: str) -> Iterator[str]:
    """Lines joined where they go on, without the contents of here-documents."""
    end, joined = None, ""
    for line in script.splitlines():
        if end is not None:
            end = None if line.strip() == end else end
            continue
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        whole, joined = joined + line, ""
        if found := HEREDOC.search(whole):
            end = found[1]
            whole = HEREDOC.sub("", whole)
        yield whole


def complaint(words: list[str], *, partly: bool = False) -> str | None:
    """Why this command would not run as it is written; None where nothing is known against it. `partly`: it is named in
    a text, where what it needs besides may be missing."""
    program, *arguments = words
    match program.rpartition("/")[2]:
        case "relistwatch":
            return refused(arguments, partly=partly)
        case "make":
            targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
            wrong = [each for each in arguments if "=" not in each and each[0] != "-" and each not in targets]
            return f"make has no target {wrong[0]}" if wrong else None
        case "python" | "python3" if "-m" in arguments:
            module = arguments[arguments.index("-m") + 1]
            try:
                found = importlib.util.find_spec(module)
            except ModuleNotFoundError:
                found = None
            return None if found else f"there is no module {module}"
    return None


@functools.cache
def program() -> Any:
    """The command line."""
    return typer.main.get_command(build_app())


def refused(arguments: list[str], *, partly: bool = False) -> str | None:
    """What the command line has against these arguments."""
    if "..." in arguments or "…" in arguments:
        partly = True
        arguments = [each for each in arguments if each not in {"...", "…"}]
    command = program()
    try:
        context = command.make_context("relistwatch", list(arguments))
        while rest := hasattr(command, "commands") and [*context._protected_args, *context.args]:
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
    except typer.Exit:
        return None  # --help
    except TyperException as error:
        unknown = any(each.startswith("$") for each in arguments) and type(error).__name__ == "BadParameter"
        return (
            None if unknown or is_only_missing(error, partly=partly) else f"{type(error).__name__}: {error}"
        )
    return None


def is_only_missing(error: Exception, *, partly: bool) -> bool:
    """Whether it is a file that is not there, or, of a command that is named only, what it needs besides."""
    kind = type(error).__name__
    return (kind == "BadParameter" and str(error).endswith("does not exist.")) or (
        partly and kind in {"MissingParameter", "NoArgsIsHelpError"}
    )
