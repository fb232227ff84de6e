"""Checks of what a connector says about itself, before it runs."""

import re
import typing

import msgspec
from msgspec import Struct

from connectors.conformance.errors import ConformanceError
from connectors.conformance.subject import Subject
from connectors.option_docs import option_docs
from connectors.sdk import OptionsError, make

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_ABSENT = "no_such_option"


def named_and_versioned(subject: Subject) -> None:
    """Its name is lower-case letters, digits and dashes, as its entry point has it; its version is a short text."""
    kind = subject.kind
    if not isinstance(getattr(kind, "name", None), str) or not _NAME.fullmatch(kind.name):
        raise ConformanceError(
            f"name = {getattr(kind, 'name', None)!r}: lower-case letters, digits and dashes"
        )
    if subject.installed_as is not None and subject.installed_as != kind.name:
        raise ConformanceError(
            f"the entry point {subject.installed_as!r} leads to a source named {kind.name!r}"
        )
    if not isinstance(kind.version, str) or not re.fullmatch(
        r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}", kind.version
    ):
        raise ConformanceError(f"version = {kind.version!r}: a short text such as '1' or '2.1'")
    options = getattr(kind, "options_type", None)
    if not (isinstance(options, type) and issubclass(options, Struct)):
        raise ConformanceError(f"options_type = {options!r}: a class derived from msgspec.Struct")
    if not options.__struct_config__.frozen:
        raise ConformanceError(
            f"{options.__name__} can be changed while it runs: class ...(Struct, frozen=True)"
        )


def options_documented(subject: Subject) -> None:
    """Every option has a line about it, under its field in the struct, and one that `connectors list` can show."""
    for option in option_docs(subject.kind.options_type):
        if not option.about.strip():
            raise ConformanceError(
                f'option {option.name}: nothing is written about it; put """...""" under its field'
            )


def unknown_option_refused(subject: Subject) -> None:
    """An option that it does not have is refused, and the message names it."""
    kind = subject.kind
    try:
        make(kind, subject.all_options | {_ABSENT: 1})
    except OptionsError as error:
        if _ABSENT not in str(error):
            raise ConformanceError(f"an unknown option is refused without its name: {error}") from None
    else:
        raise ConformanceError("an unknown option is taken")
    nested = [kind.options_type, *_structs_in(kind.options_type)]
    for struct in nested:
        # What stands in a table of the options file is no option of its own, and as easily mistyped.
        if not struct.__struct_config__.forbid_unknown_fields:
            raise ConformanceError(
                f"{struct.__name__} takes unknown fields in silence: class ...(Struct, forbid_unknown_fields=True)"
            )


def _structs_in(struct: type[Struct]) -> set[type[Struct]]:
    found: set[type[Struct]] = set()
    todo = list(typing.get_type_hints(struct).values())
    while todo:
        hint = todo.pop()
        if isinstance(hint, type) and issubclass(hint, Struct) and hint not in found:
            found.add(hint)
            todo += [field.type for field in msgspec.structs.fields(hint)]
        todo += typing.get_args(hint)
    return found
