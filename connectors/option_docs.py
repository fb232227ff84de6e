"""A connector's options as a person reads them: name, type, default, and the line that stands under each field.

The line is read from the struct's source, where the author wrote it once for whoever reads the code; Python throws
it away. `msgspec.Meta(description=...)` is taken as well.
"""

import ast
import inspect
import json
import re
import textwrap
import types
import typing
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from connectors.secret import Secret

_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "time",
    Secret: "secret",
}


class OptionDoc(Struct, frozen=True):
    """One option. `default` is as it is written in TOML; None: there is none, it is required or left out."""

    name: str
    type: str
    required: bool
    default: str | None
    about: str


def option_docs(options_type: type[Struct]) -> list[OptionDoc]:
    """The options, in the struct's order; `about` is empty where nothing is written about one."""
    lines = lines_under_fields(options_type)
    hints = typing.get_type_hints(options_type, include_extras=True)
    docs = []
    for field in msgspec.structs.fields(options_type):
        hint = hints[field.name]
        about = _description(hint) or lines.get(field.name, "")
        docs.append(OptionDoc(field.encode_name, type_words(hint), field.required, _default(field), about))
    return docs


def about_class(kind: type) -> str:
    """What a class says of itself: the first paragraph of its docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def type_words(hint: Any) -> str:
    """A type in words: `text`, `number`, `a | b`, `list of text`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return type_words(arguments[0])
    if origin is Literal:
        return " | ".join(_literal(each) for each in arguments)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(type_words(each) for each in arguments if each is not type(None))
    if (origin or hint) in {list, tuple, set, frozenset}:
        return f"list of {type_words(arguments[0])}" if arguments else "list"
    if origin is dict or (isinstance(hint, type) and issubclass(hint, dict | Struct)):
        return "table"
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def _literal(value: object) -> str:
    """As it is where it is a word, else quoted: a tab would not be seen."""
    return str(value) if re.fullmatch(r"[\w.-]+", str(value)) else json.dumps(value)


def _default(field: msgspec.structs.FieldInfo) -> str | None:
    default = field.default
    if field.default_factory is not NODEFAULT:
        default = field.default_factory()
    if default is NODEFAULT or default is None:
        return None
    if isinstance(default, Secret):
        return '""' if not default else str(default)
    if isinstance(default, datetime):
        return default.isoformat()
    return msgspec.json.encode(default).decode()


def _description(hint: Any) -> str:
    if typing.get_origin(hint) is not Annotated:
        return ""
    notes = (each.description for each in hint.__metadata__ if isinstance(each, Meta) and each.description)
    return next(notes, "")


def lines_under_fields(options_type: type[Struct]) -> dict[str, str]:
    """The string under each field of a struct, in the class and in those it derives from."""
    found: dict[str, str] = {}
    for owner in reversed(options_type.__mro__):
        if not (issubclass(owner, Struct) and owner is not Struct):
            continue
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        except (OSError, TypeError, SyntaxError):
            continue
        if isinstance(body, ast.ClassDef):
            found |= _under_fields(body.body)
    return found


def _under_fields(statements: list[ast.stmt]) -> dict[str, str]:
    found = {}
    for field, below in pairwise(statements):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found
