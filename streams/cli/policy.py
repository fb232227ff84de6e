"""`relistwatch policy`: how the evidence is weighed: shown, fitted to verdicts, and compared in shadow mode."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe
from streams.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.policy_differences import PolicyDifference
    from connectors.verdicts import Verdict
    from fingerprints.policy import Policy
    from streams.kafka_clients.record_reader import Progress
    from streams.policy.report import Change, Fit

AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]
MOST_LINE = 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="How the evidence is weighed, and what verdicts say of it.", no_args_is_help=True
    )
    group.command("show")(show)
    group.command("fit")(fit)
    group.command("compare")(compare)
    app.add_typer(group, name="policy")


def show(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A policy's file [default: the one in force].")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a policy: its version, the prior in nats, each part's scale, what it was fitted to.

    Example: `relistwatch policy show quiet.json`
    """
    from fingerprints.policy import PARTS  # noqa: PLC0415
    from streams.policy.policy_file import policy_bytes  # noqa: PLC0415

    policy = _policy(file, settings_of(context))
    if as_json:
        typer.echo(policy_bytes(policy), nl=False)
        return
    typer.echo(f"version      {policy.version}\nprior        {policy.prior:+.4f} nats")
    for part in PARTS:
        typer.echo(f"{part:12} x {policy.scale(part):.4f}")
    if policy.fitted is not None:
        fitted = policy.fitted
        typer.echo(
            f"fitted to {fitted.relists} relists and {fitted.others} others up to {safe(fitted.newest)}, "
            f"from {safe(fitted.base)}"
        )


def fit(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the policy goes; no file may be there.")],
    verdicts: Annotated[
        Path | None, typer.Option("--from", help="Verdicts, one a line [default: the topic verdicts].")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="The policy to start from [default: the one in force].")
    ] = None,
    version: Annotated[str | None, typer.Option(help="The new policy's version [default: by date].")] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a policy to analysts' verdicts, and say what it would change. Nothing is put in force.

    Verdicts on alerts of other policies than the built-in and the base are left out: what their evidence weighed
    before is not known. Exit code 1 when there are too few verdicts, 2 when a file cannot be used, 3 when no broker
    answers.

    Example: `relistwatch policy fit --out policy-2026-12.json`
    """
    import msgspec  # noqa: PLC0415

    from fingerprints.policy import BUILT_IN, Policy  # noqa: PLC0415
    from streams.policy.judged_alerts import gather  # noqa: PLC0415
    from streams.policy.policy_file import policy_bytes  # noqa: PLC0415
    from streams.policy.report import TooFewVerdictsError, fit_policy  # noqa: PLC0415

    settings = settings_of(context)
    start = _policy(base, settings)
    if start.version == BUILT_IN.version and start != BUILT_IN:
        fail(f"the base calls itself {start.version} like the built-in policy, but is another", EXIT_USAGE)
    if out.exists():
        fail(f"--out {out}: there is a file already, and alerts may name its version", EXIT_USAGE)
    found = gather(_verdicts(verdicts, settings), [BUILT_IN, start])
    newest = max((one.decided_at[:10] for one in found.used), default="none")
    name = version or f"{newest}.{len(found.used)}"
    try:
        msgspec.convert({"version": name, "prior": 0.0}, Policy)
    except msgspec.ValidationError as error:
        fail(f"--version: {error}", EXIT_USAGE)
    if name in (BUILT_IN.version, start.version):
        fail(f"{name} is the version of a policy that there is already; give another --version", EXIT_USAGE)
    try:
        fitted, report = fit_policy(found, start, name, settings.match.threshold)
    except TooFewVerdictsError as error:
        fail(str(error), EXIT_FAILED)
    try:
        with out.open("xb") as file:
            file.write(policy_bytes(fitted))
    except OSError as error:
        fail(f"--out {out}: {error.strerror}", EXIT_USAGE)
    typer.echo(msgspec.json.encode(report) if as_json else _fit_text(report, out))


def compare(context: typer.Context, as_json: AsJson = False) -> None:
    """Report what the shadow policy (match.shadow_policy) would have decided otherwise, from policy-differences.

    Kinds: only_live and only_shadow alert under one of the two; another_takedown: both alert, for different ones;
    other_takedowns: both alert for the same, with others beside it. Exit code 3 when no broker answers.

    Example: `relistwatch policy compare --json`
    """
    from streams.policy.difference_report import compare as compared  # noqa: PLC0415

    settings = settings_of(context)
    with broker_errors(), reading_progress() as progress:
        comparisons = compared(_differences(settings, progress))
    if as_json:
        typer.echo(json.dumps([comparison.as_dict() for comparison in comparisons]))
        return
    for comparison in comparisons:
        typer.echo(
            f"{safe(comparison.live)} in force, {safe(comparison.shadow)} beside: listings seen "
            f"{comparison.first:%Y-%m-%d %H:%M} to {comparison.last:%Y-%m-%d %H:%M}"
        )
        for name, kind in sorted(comparison.kinds.items()):
            typer.echo(f"  {safe(name)}: {len(kind.listings)} listings")
            for example in kind.examples:
                typer.echo(f"    {_example(example)}")
    if not comparisons:
        typer.echo("no differences; a shadow policy is set with match.shadow_policy", err=True)


def _policy(file: Path | None, settings: Settings) -> "Policy":
    from fingerprints.policy import BUILT_IN  # noqa: PLC0415
    from streams.policy.policy_file import load_policy  # noqa: PLC0415

    path = file or (Path(settings.match.policy) if settings.match.policy else None)
    try:
        return load_policy(path) if path else BUILT_IN
    except SettingsError as error:
        fail(safe(str(error), 500), EXIT_USAGE)


def _verdicts(path: Path | None, settings: Settings) -> "Iterable[Verdict]":
    """From the file, or from the topic those in force."""
    from streams.cli.verdicts import tell_foreign  # noqa: PLC0415
    from streams.verdicts.desk import verdicts_in_force  # noqa: PLC0415

    if path is None:
        with broker_errors(), reading_progress() as progress:
            return verdicts_in_force(settings, progress, tell_foreign).values()
    return list(_lines(path))


def _lines(path: Path) -> "Iterable[Verdict]":
    from connectors.codec import Codec, RecordError  # noqa: PLC0415
    from connectors.verdicts import Verdict  # noqa: PLC0415

    codec = Codec(Verdict)
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_LINE):
                number += 1
                if line.strip():
                    yield codec.decode(line).record
    except OSError as error:
        fail(f"--from {path}: {error.strerror}", EXIT_USAGE)
    except RecordError as error:
        fail(f"--from {path}, line {number}: {safe(str(error), 300)}", EXIT_USAGE)


def _differences(settings: Settings, progress: "Progress") -> "Iterable[PolicyDifference]":
    from connectors.codec import Codec, RecordError  # noqa: PLC0415
    from connectors.policy_differences import PolicyDifference  # noqa: PLC0415
    from streams.kafka_clients.record_reader import RecordReader  # noqa: PLC0415
    from streams.topics import POLICY_DIFFERENCES  # noqa: PLC0415

    codec = Codec(PolicyDifference)
    with RecordReader(settings, POLICY_DIFFERENCES) as reader:
        for record in reader.existing(progress):
            if record.value is None:
                continue
            try:
                yield codec.decode(record.value).record
            except RecordError as error:
                place = f"{record.partition}:{record.offset}"
                typer.echo(f"relistwatch: no difference at {place}: {safe(str(error), 300)}", err=True)


def _example(difference: "PolicyDifference") -> str:
    live, shadow = difference.live, difference.shadow
    title = f"“{safe(difference.listing.title, 60)}” {safe(difference.listing.key)}"
    there, here = safe(live.takedown_id), safe(shadow.takedown_id)
    return f"{title}: {live.probability:.1%} {there} in force, {shadow.probability:.1%} {here} beside"


def _fit_text(report: "Fit", out: Path) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.kinds.items())
    lines = [f"verdicts: {kinds}"]
    lines += [f"left out: {count} {why}" for why, count in report.left_out.items()]
    lines.append(
        f"fitted to {report.used}: {report.relists} relists and {report.used - report.relists} others, "
        f"of {report.takedowns} takedowns"
    )
    for name, change in report.changes.items():
        mark = "" if change.before == change.after else f" → {change.after:g}"
        lines.append(f"  {name:12} {change.before:g}{mark}")
    lines.append(f"on these verdicts: loss {_arrow(report.seen_loss)}, Brier {_arrow(report.seen_brier)}")
    if report.unseen_loss is None or report.unseen_brier is None:
        lines.append("on others: not known, since all verdicts are of one takedown")
    else:
        unseen = f"loss {_arrow(report.unseen_loss)}, Brier {_arrow(report.unseen_brier)}"
        lines.append(f"on verdicts left out of the fit, by takedown: {unseen}")
        if not report.better:
            lines.append("it does no better than its base on verdicts that it has not seen: do not use it")
    lines.append(
        f"of the judged alerts, {report.silenced} would be none at {report.threshold:g}, "
        f"{report.silenced_relists} of them relists; {report.raised} more would be, {report.raised_relists} of them "
        "relists"
    )
    lines.append("not in the figures: listings that never were an alert, and so have no verdict")
    lines.append(
        f"{report.version} is in {out}, and not in force. To see what it would change: match.shadow_policy = "
        f'"{out}", then relistwatch policy compare. To put it in force: match.policy = "{out}"; workers read it when '
        "they start."
    )
    return "\n".join(lines)


def _arrow(change: "Change") -> str:
    return f"{change.before:.4f} → {change.after:.4f}"
