"""Exit codes, why messages become dead letters and photos give no fingerprint, what connectors raise."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import connectors.errors
import streams.cli.context
import streams.rights.watch
import streams.worker.lost_watch
from connectors.errors import ConnectorError
from reference.words import MADE, prose, table
from streams.console.words import word
from streams.load.report import GENERATOR

ROOT = Path(__file__).parents[3]
PHOTO_FAILURES = {
    "bad-url": "No address that can be asked: not http or https, a name or password in it, a disguised IPv4 address, "
    "another port than a web server's, or redirected to such a one.",
    "crashed": "The bytes ended several photo processes one after another.",
    "http-status": "The host answered with another status than 200; the detail has it.",
    "not-an-image": "Bytes that begin like no picture, such as a web page.",
    "not-kept": "The record names the photo by its digest alone, and the photo store does not have it.",
    "out-of-memory": "Decoding it took more memory than one photo may have.",
    "path-refused": "A path, which only `scan` and the file sources read.",
    "refused-address": "A host in a private network or on this machine (`photos.allow_private_addresses`).",
    "timeout": "Not fetched within `photos.fetch_timeout`, or not decoded within `worker.photo_item_timeout`.",
    "too-large": "More bytes than `photos.max_bytes`.",
    "too-many-pixels": "More pixels than `photos.max_pixels`.",
    "too-many-redirects": "More than `photos.max_redirects`.",
    "truncated": "The picture or the answer ends early.",
    "undecodable": "A picture's beginning, and then nothing that can be decoded.",
    "unreachable": "No connection: no such name, no route, refused.",
    "unsupported-encoding": "The host compressed it though it was asked not to.",
    "unsupported-format": "A picture of a kind that is not decoded; the detail names those that are.",
}
"""By kind; a test holds them against the kinds in the code."""


def errors_page() -> str:
    """The page as Markdown."""
    return "\n".join(
        [
            "# Errors and exit codes",
            "",
            MADE,
            "",
            "A command that ends with an error says why on stderr, in one line that begins with `relistwatch:` and names "
            "the option, setting, file or service. Secrets are not in it.",
            "",
            "## Exit codes",
            "",
            *table(("code", "means"), exit_codes()),
            "",
            "## Dead letters",
            "",
            "The field `error` of a record on `dead-letters` (docs/reference/records.md), the label `error` of "
            "`relistwatch_dead_letters_total`, and what to do. `detail` names the field or the place.",
            "",
            *table(
                ("error", "means, and what to do"),
                [(f"`{each}`", word("en", f"dead.help.{each}")) for each in sorted(dead_letters())],
            ),
            "",
            "## Photos without a fingerprint",
            "",
            "A photo that cannot be read costs its listing neither the title nor the other photos. Why is in the field "
            "`failures` of its fingerprint and the label `error` of `relistwatch_photo_failures_total`.",
            "",
            *table(
                ("error", "means"),
                [(f"`{kind}`", PHOTO_FAILURES[kind]) for kind in sorted(photo_failures())],
            ),
            "",
            "## What a connector raises",
            "",
            "Each class says what the runner does next (docs/tutorials/connector-author.md).",
            "",
            *table(("class", ""), connector_errors()),
            "",
        ]
    )


def exit_codes() -> list[tuple[str, str]]:
    """All exit codes: those of every command, and those of some."""
    named = documented(streams.cli.context)
    return [
        ("0", "Done. Where a command answers a question, the answer is yes."),
        *((str(code), named[name]) for name, code in vars(streams.cli.context).items() if name.startswith("EXIT_")),
        (str(GENERATOR), "`relistwatch load`: the generator was the limit, so that nothing is shown of the system."),
        (str(streams.rights.watch.EXIT_CODE), "A worker that can neither deliver what it has in hand nor go on, or that "
         "lacks a right on Kafka. Nothing is committed; another worker gets it (docs/delivery.md)."),
        (str(streams.worker.lost_watch.EXIT_LOST), "A worker that hung, or that its group did not know any more, for "
         "`worker.lost_seconds`. Start it again (docs/decisions/022)."),
        ("130", "`relistwatch demo --once`, interrupted."),
    ]  # fmt: skip


def documented(module: object) -> dict[str, str]:
    """The text under each constant of a module."""
    body = ast.parse(inspect.getsource(module)).body  # type: ignore[arg-type]
    return {
        target.id: prose(text)
        for constant, below in pairwise(body)
        if isinstance(constant, ast.Assign)
        for target in constant.targets
        if isinstance(target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(text := below.value.value, str)
    }


def dead_letters() -> set[str]:
    """The kinds that a stage sets a message aside for: those it names, and those of its records' codec."""
    named = {kind for _, kind in first_words("dead_letter", ("streams/**/*.py",))}
    decoded = ("connectors/codec.py", "streams/stages/stage.py", "streams/verdicts/feed.py")
    return named | {kind for _, kind in first_words("RecordError", decoded)}


def photo_failures() -> set[str]:
    """The kinds of photo failures that the stream may name."""
    return {kind for _, kind in first_words("PhotoError", ("fingerprints/*.py", "streams/photos/*.py"))} | {
        "refused-address"
    }


def first_words(name: str, patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each call of this name, with the file and the first argument that is a word such as `too-large`."""
    for path in sorted(each for pattern in patterns for each in ROOT.glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name in {
                getattr(node.func, "id", ""),
                getattr(node.func, "attr", ""),
            }:
                words = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                if words and isinstance(words[0], str):
                    yield path.relative_to(ROOT).as_posix(), words[0]


def connector_errors() -> list[tuple[str, str]]:
    """Every class that a connector may raise, below the one it derives from."""
    found = [
        each
        for each in vars(connectors.errors).values()
        if isinstance(each, type) and issubclass(each, ConnectorError)
    ]
    return [(f"`{each.__name__}`", prose(each.__doc__).partition("\n\n")[0]) for each in found]
