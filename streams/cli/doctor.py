"""`relistwatch doctor`: what is wrong, and what to do."""

from typing import Annotated

import typer

from streams.cli.context import EXIT_FAILED, settings_of

MARKS = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "fail": "[red]FAIL[/]"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Findings and settings as JSON on stdout.")] = False,
) -> None:
    """Check the versions, the clock, the disk, the broker and the topics, and show the settings in force.

    Secrets are not shown. Exit code 1 when a check fails.

    Example: `relistwatch doctor`
    """
    import msgspec  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    from streams.doctor.doctor import examine  # noqa: PLC0415
    from streams.secret_settings import shown  # noqa: PLC0415

    settings = settings_of(context)
    console = Console(highlight=False, soft_wrap=True)
    # What was found comes last, where a terminal still shows it.
    if not as_json:
        console.print("settings in force:")
        for section, table in shown(settings).items():
            for name, value in table.items():
                console.print(escape(f"  {section}.{name} = {value!r}"))
        console.print()
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            console.print(f"{MARKS[finding.state]}  {escape(f'{finding.check}: {finding.detail}')}")
            if finding.advice:
                console.print(f"      do: {escape(finding.advice)}")
    if as_json:
        typer.echo(msgspec.json.encode({"findings": findings, "settings": shown(settings)}))
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(EXIT_FAILED)
