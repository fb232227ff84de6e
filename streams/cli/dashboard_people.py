"""`relistwatch dashboard users`: who may use the console, from its own machine; without a broker."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from streams.console.database import Database
    from streams.console.people import Role
    from streams.settings import Settings

LONGEST_LINE = 8192

Name = Annotated[str, typer.Argument(help="The person's name.")]
RoleName = Annotated[str, typer.Option(help="viewer, analyst, operator or admin.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="The password is the first line of stdin, not asked for.")
]


def register(dashboard: typer.Typer) -> None:
    """Add the commands to the group `dashboard`."""
    group = typer.Typer(help="Who may use the console.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_people)
    group.command("role")(role)
    group.command("password")(password)
    group.command("disable")(disable)
    group.command("enable")(enable)
    dashboard.add_typer(group, name="users")


def add(
    context: typer.Context,
    name: Name,
    role: RoleName = "viewer",
    password_stdin: FromStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signed in by the proxy alone (sign_in = proxy).")
    ] = False,
) -> None:
    """Add a person who may sign in. The password is asked for twice and not shown.

    Exit code 1: the name or password is not taken. 2: the database cannot be used.

    Example: `relistwatch dashboard users add admin-1 --role admin`
    """
    from streams.console import accounts  # noqa: PLC0415

    if no_password and password_stdin:
        fail("--no-password and --password-stdin exclude each other", EXIT_USAGE)
    wanted = _role(role)
    with _refusals():
        name = accounts.clean_name(name)
        # Asked for before the database is opened: nothing is held while somebody types.
        kept = None if no_password else _new_password(name, from_stdin=password_stdin)
        _write(context, lambda connection, by: accounts.add(connection, name, wanted, kept, by))
    typer.echo(f"{name} is added with the role {wanted}", err=True)


def list_people(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="JSON for scripts.")] = False
) -> None:
    """List who may sign in, and who may no more: name, role, state, password or not, last sign-in.

    Example: `relistwatch dashboard users list`
    """
    import msgspec  # noqa: PLC0415

    from streams.console import accounts  # noqa: PLC0415
    from streams.console.rendering import moment  # noqa: PLC0415

    with _database(context) as database, database.read() as connection:
        people = accounts.everyone(connection)
    for each in people:
        if as_json:
            typer.echo(msgspec.json.encode(each).decode())
            continue
        state = "disabled" if each.disabled else "enabled"
        kept = "password" if each.has_password else "no password"
        typer.echo(f"{each.name}\t{each.role}\t{state}\t{kept}\t{moment(each.signed_in_ms)}")
    if not people:
        typer.echo("nobody may sign in yet: relistwatch dashboard users add admin-1 --role admin", err=True)


def role(
    context: typer.Context, name: Name, role: Annotated[str, typer.Argument(help="The role to have.")]
) -> None:
    """Give a person another role, at once; open sessions end. The last admin keeps theirs.

    Example: `relistwatch dashboard users role analyst-7 operator`
    """
    from streams.console import accounts  # noqa: PLC0415

    wanted, by_proxy = _role(role), _by_proxy(context)
    with _refusals():
        _write(
            context,
            lambda connection, by: accounts.set_role(connection, name.lower(), wanted, by, by_proxy=by_proxy),
        )
    typer.echo(f"{name.lower()} has the role {wanted}", err=True)


def password(context: typer.Context, name: Name, password_stdin: FromStdin = False) -> None:
    """Set a person's password; open sessions end.

    Example: `relistwatch dashboard users password analyst-7`
    """
    from streams.console import accounts  # noqa: PLC0415

    name = name.lower()
    with _refusals():
        kept = _new_password(name, from_stdin=password_stdin)
        _write(context, lambda connection, by: accounts.set_password(connection, name, kept, by))
    typer.echo(f"the password of {name} is set", err=True)


def disable(context: typer.Context, name: Name) -> None:
    """Let a person sign in no more; open sessions end at once. Not the last admin.

    Example: `relistwatch dashboard users disable analyst-7`
    """
    _switch(context, name.lower(), disabled=True)


def enable(context: typer.Context, name: Name) -> None:
    """Let a person sign in again.

    Example: `relistwatch dashboard users enable analyst-7`
    """
    _switch(context, name.lower(), disabled=False)


def say_first_steps(settings: "Settings", say: Callable[[str], None]) -> None:
    """Where nobody can sign in yet, say how to add an admin."""
    from streams.console.accounts import nobody_can_sign_in  # noqa: PLC0415
    from streams.console.database import Database, database_url  # noqa: PLC0415

    if settings.dashboard.sign_in == "proxy":
        return
    database = Database(database_url(settings))
    try:
        with database.read() as connection:
            empty = nobody_can_sign_in(connection)
    finally:
        database.close()
    if empty:
        say("nobody can sign in yet: relistwatch dashboard users add admin-1 --role admin")


def _switch(context: typer.Context, name: str, *, disabled: bool) -> None:
    from streams.console import accounts  # noqa: PLC0415

    by_proxy = _by_proxy(context)
    with _refusals():
        _write(
            context,
            lambda connection, by: accounts.set_disabled(connection, name, disabled, by, by_proxy=by_proxy),
        )
    typer.echo(f"{name} is {'disabled' if disabled else 'enabled'}", err=True)


def _by_proxy(context: typer.Context) -> bool:
    return settings_of(context).dashboard.sign_in == "proxy"


def _role(text: str) -> "Role":
    from streams.console.people import ROLES  # noqa: PLC0415

    found = next((each for each in ROLES if each == text), None)
    return found or fail(f"there is no role {text}: {', '.join(ROLES)}", EXIT_USAGE)


def _new_password(name: str, *, from_stdin: bool) -> str:
    """The password as it is kept; what was typed goes nowhere else."""
    from streams.console.passwords import check_rules, hashed  # noqa: PLC0415

    if from_stdin:
        given = sys.stdin.buffer.readline(LONGEST_LINE).decode("utf-8", "replace").rstrip("\r\n")
    else:
        given = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    check_rules(name, given)
    return hashed(given)


def _write(context: typer.Context, work: "Callable[[Connection, str], None]") -> None:
    from streams.console.audit import COMMAND  # noqa: PLC0415

    with _database(context) as database, database.write() as connection:
        work(connection, f"{COMMAND} {_user()}")


def _user() -> str:
    """Who is at the console's machine; in a container the number may have no name."""
    import getpass  # noqa: PLC0415
    import os  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@contextmanager
def _database(context: typer.Context) -> "Iterator[Database]":
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from streams.console.database import Database, DatabaseError, database_url  # noqa: PLC0415

    try:
        database = Database(database_url(settings_of(context)))
    except DatabaseError as error:
        fail(str(error), EXIT_USAGE)
    try:
        yield database
    except SQLAlchemyError as error:
        # The statement and its values, a hash among them, stay out of what is said.
        fail(f"{database.place}: {type(error).__name__}", EXIT_USAGE)
    finally:
        database.close()


@contextmanager
def _refusals() -> Iterator[None]:
    from streams.console.accounts import AccountError  # noqa: PLC0415
    from streams.console.passwords import PasswordError  # noqa: PLC0415
    from streams.console.words import word  # noqa: PLC0415

    try:
        yield
    except (AccountError, PasswordError) as error:
        fail(word("en", error.word), EXIT_FAILED)
