"""`relistwatch topics acls`: who needs which right on Kafka; said, written as commands, put in force, or compared."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.rights.access_list import Comparison, Entry
    from streams.settings import Settings


class Format(StrEnum):
    """How the rights are written."""

    TABLE = "table"
    COMMANDS = "commands"


def acls(
    context: typer.Context,
    component: Annotated[
        list[str] | None, typer.Option(help="Only this part, such as worker; repeatable [default: all].")
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMPONENT=PRINCIPAL",
            help="Whose right it is, such as worker=User:relistwatch-worker; repeatable. Parts may share a user.",
        ),
    ] = None,
    user_prefix: Annotated[
        str, typer.Option(help="Of the principals that are not given: PREFIX and the part's name.")
    ] = "User:relistwatch-",
    form: Annotated[Format, typer.Option("--format", help="A table, or calls of kafka-acls.")] = Format.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Add to the broker's access list what is missing there.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the broker's access list; nothing is changed.")
    ] = False,
) -> None:
    """Show the least rights on Kafka that each part needs, and why: on topics, consumer groups and the cluster.

    Without --apply and --check no broker is asked. --apply adds what is missing and takes nothing away; it needs one of
    the broker's super.users, or Alter and Describe on the cluster; --check needs Describe alone. Names of topics and
    groups are those of the settings: their prefix and group.

    Exit codes: 1 --check found something missing or too much, or the broker keeps no access list or refuses; 2 a wrong
    --user or --component; 3 no broker answers.

    Example: `relistwatch topics acls --component worker`;
    `relistwatch topics acls --format commands --user console=User:desk > grant.sh`;
    `relistwatch --config admin.toml topics acls --apply`; every night: `relistwatch topics acls --check --json`
    """
    from streams.rights.access_list import UserError, commands, users_of, wanted_entries  # noqa: PLC0415
    from streams.rights.topic_rights import BY_NAME  # noqa: PLC0415

    if apply and check:
        fail("--apply and --check: one of them", EXIT_USAGE)
    settings = settings_of(context)
    try:
        users = users_of(user or [], user_prefix)
    except UserError as error:
        fail(str(error), EXIT_USAGE)
    if unknown := sorted(set(component or ()) - BY_NAME.keys()):
        fail(f"--component {unknown[0]}: they are {', '.join(BY_NAME)}", EXIT_USAGE)
    users = {name: principal for name, principal in users.items() if not component or name in component}
    entries = list(wanted_entries(settings, users))
    if apply or check:
        _on_the_broker(settings, entries, apply=apply, as_json=as_json)
    elif form is Format.COMMANDS:
        for line in commands(entries, settings.kafka.bootstrap_servers):
            typer.echo(line)
    elif as_json:
        typer.echo(json.dumps([_component_row(settings, name, whose) for name, whose in users.items()]))
    else:
        for name, principal in users.items():
            _tell_component(settings, name, principal)


def _component_row(settings: "Settings", name: str, principal: str) -> dict[str, Any]:
    from streams.rights.topic_rights import BY_NAME, right_of  # noqa: PLC0415

    component = BY_NAME[name]
    rights = []
    for need in component.needs:
        right = right_of(need, settings)
        rights.append(
            {
                "resource": right.resource,
                "name": right.name,
                "pattern": "prefixed" if right.prefixed else "literal",
                "operation": right.operation,
                "why": need.why,
            }
        )
    return {"component": name, "runs": component.runs, "principal": principal, "rights": rights}


def _tell_component(settings: "Settings", name: str, principal: str) -> None:
    row = _component_row(settings, name, principal)
    typer.echo(f"{name}  ({row['runs']})  as {principal}")
    for right in row["rights"]:
        star = "*" if right["pattern"] == "prefixed" else ""
        what = "cluster" if right["resource"] == "cluster" else f"{right['resource']} {right['name']}{star}"
        typer.echo(f"  {right['operation']:<16} {what:<36} {right['why']}")
    typer.echo("")


def _on_the_broker(settings: "Settings", entries: "list[Entry]", *, apply: bool, as_json: bool) -> None:
    from streams.kafka_clients.topic_admin import BrokerUnavailableError  # noqa: PLC0415
    from streams.rights.access_list import compare  # noqa: PLC0415
    from streams.rights.access_list_admin import (  # noqa: PLC0415
        AccessListError,
        add_to_access_list,
        read_access_list,
    )

    try:
        found = compare(entries, read_access_list(settings))
        if apply:
            add_to_access_list(settings, found.missing)
    except AccessListError as error:
        fail(str(error), EXIT_FAILED)
    except BrokerUnavailableError as error:
        fail(str(error), EXIT_UNAVAILABLE)
    if as_json:
        _tell_json(found, entries, apply=apply)
    else:
        _tell(found, entries, apply=apply)
    if check_failed(found, apply=apply):
        raise typer.Exit(EXIT_FAILED)


def check_failed(found: "Comparison", *, apply: bool) -> bool:
    """Whether the exit code says that something is wrong; what --apply has added is right now."""
    return not apply and bool(found.missing or found.too_much)


def _tell_json(found: "Comparison", entries: "list[Entry]", *, apply: bool) -> None:
    from dataclasses import asdict  # noqa: PLC0415

    def rows(some: "Iterable[Entry]") -> list[dict[str, Any]]:
        return [asdict(entry) for entry in some]

    kept = len(entries) - len(found.missing)
    told: dict[str, Any] = {"there": kept, "too_much": rows(found.too_much), "others": rows(found.others)}
    typer.echo(json.dumps(told | {"added" if apply else "missing": rows(found.missing)}))


def _tell(found: "Comparison", entries: "list[Entry]", *, apply: bool) -> None:
    for word, some in (
        ("added   " if apply else "missing ", found.missing),
        ("too much", found.too_much),
        ("another ", found.others),
    ):
        for entry in some:
            typer.echo(f"{word}  {entry}")
    kept = len(entries) - len(found.missing)
    word = "added" if apply else "missing"
    typer.echo(
        f"{kept} of {len(entries)} rights are there, {len(found.missing)} {word}, {len(found.too_much)} too much"
    )
    if found.too_much:
        typer.echo(
            "too much is taken away by hand: kafka-acls --remove, after a look at who uses it", err=True
        )
