"""What stands under an option in the source is what a person reads; types are said in words."""

from datetime import datetime
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct, field

from connectors.option_docs import OptionDoc, option_docs, type_words
from connectors.sdk import Secret
from connectors.windows import WindowOptions


class Inner(Struct):
    """A table."""


class Options(WindowOptions, frozen=True, kw_only=True):
    """Options with everything."""

    key: Secret
    """The key of
    the shop."""
    shops: tuple[str, ...] = ()
    kind: Annotated[Literal["a", "b"], Meta(description="Which kind.")] = "a"
    tables: dict[str, int] = field(default_factory=lambda: {"x": 1})
    """A table."""
    quiet: Secret = Secret("")
    """Not needed."""
    renamed: int | None = field(default=None, name="other")
    """Another name outside."""


def test_options_are_read_from_the_source() -> None:
    docs = {each.name: each for each in option_docs(Options)}
    assert docs["key"] == OptionDoc(
        "key", "secret", required=True, default=None, about="The key of the shop."
    )
    assert docs["shops"] == OptionDoc("shops", "list of text", required=False, default="[]", about="")
    assert docs["kind"] == OptionDoc("kind", "a | b", required=False, default='"a"', about="Which kind.")
    assert docs["tables"] == OptionDoc("tables", "table", required=False, default='{"x":1}', about="A table.")
    assert docs["quiet"].default == '""'
    assert docs["poll_seconds"].about == "Between two questions once all of the past is read."
    assert docs["other"] == OptionDoc(
        "other", "whole number", required=False, default=None, about="Another name outside."
    )


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (str, "text"), (int, "whole number"), (float, "number"), (bool, "true or false"), (datetime, "time"),
        (int | str, "whole number or text"), (str | None, "text"), (list[float], "list of number"), (Inner, "table"),
        (tuple, "list"), (Literal["auto", ",", "\t", "epoch_s"], 'auto | "," | "\\t" | epoch_s'),
    ],
)  # fmt: skip
def test_types_in_words(hint: object, words: str) -> None:
    assert type_words(hint) == words


def test_options_without_source_have_no_lines() -> None:
    made = type("Made", (Struct,), {"__annotations__": {"a": int}})
    assert option_docs(made) == [OptionDoc("a", "whole number", required=True, default=None, about="")]
