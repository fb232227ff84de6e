"""`relistwatch evidence pack`: what it is about, how it is made, and what came of it."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.broker import broker_errors, reading_progress
from streams.cli.context import EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE, fail, settings_of
from streams.cli.tail import safe

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from streams.evidence_packs.manifest import Manifest, Selection
    from streams.evidence_packs.pack import Order
    from streams.evidence_packs.redaction import Redactor
    from streams.settings import Settings

SECRET_NAME = "evidence-redaction.key"  # noqa: S105  a file's name
BY_AT_MOST = 256


class Redact(StrEnum):
    """What may be replaced in a pack."""

    PERSONAL = "personal"


class Lang(StrEnum):
    """Languages of the summary."""

    EN = "en"
    ID = "id"


def pack(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Who makes the pack: a name or a role; it is in the manifest.")],
    takedown: Annotated[list[str] | None, typer.Option(help="A takedown's id; may be repeated.")] = None,
    seller: Annotated[
        list[str] | None, typer.Option(help="An account, MARKETPLACE:SELLER; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Alerts from this time on (2026-11-24, or with T10:00Z).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Alerts up to this time, not including it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write [default: evidence-TIME.zip].")] = None,
    redact: Annotated[
        Redact | None, typer.Option(help="Replace personal data by pseudonyms, for a recipient.")
    ] = None,
    redact_secret: Annotated[
        Path | None,
        typer.Option(
            help=f"What makes the pseudonyms; made if new [default: {SECRET_NAME} in worker.data_dir]."
        ),
    ] = None,
    without_photos: Annotated[bool, typer.Option("--without-photos", help="Their digests only.")] = False,
    sign: Annotated[
        Path | None, typer.Option(help="An Ed25519 private key (PEM) that signs the manifest.")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="The language of the summary.")] = Lang.EN,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was made, as JSON.")] = False,
) -> None:
    """Put all evidence about takedowns, sellers or a time into one file that proves itself unchanged.

    Listing snapshots, takedowns, alerts, verdicts and seller links as they are on Kafka, photos as they were captured,
    a summary to read, and the SHA-256 of everything. --from and --to narrow the alerts of a takedown or a seller; alone
    they select all alerts of that time. Days are in UTC where no zone is said.

    Exit code 1 when nothing belongs to it, 2 when it could not be made as asked, 3 when no broker or photo store
    answers.

    Example: `relistwatch evidence pack --takedown t-2026-117 --by analyst-7 --sign key.pem --out t-2026-117.zip`
    """
    import json  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from streams.photos.store import StoreError, open_store  # noqa: PLC0415

    settings = settings_of(context)
    selection = _selection(takedown or [], seller or [], since, until)
    order_key = _private_key(sign)
    redactor = _redactor(settings, redact, redact_secret)
    order = _order(settings, selection, by, lang, photos=not without_photos, redactor=redactor, key=order_key)
    out = out or Path(f"evidence-{order.made_at:%Y%m%dT%H%M%SZ}.zip")
    if out.exists() and not force:
        fail(f"{safe(str(out))} is there already; --force replaces it", EXIT_USAGE)
    try:
        if order.photos:
            order = replace(order, store=open_store(settings))
        manifest, manifest_sha256, pack_sha256 = _write(settings, order, out)
    except StoreError as error:
        fail(safe(str(error), 300), EXIT_UNAVAILABLE)
    if as_json:
        typer.echo(json.dumps(row_of(manifest, manifest_sha256, pack_sha256) | {"file": str(out)}))
        return
    typer.echo(f"{safe(str(out), 300)}: {counted(manifest)}")
    typer.echo(f"SHA-256 of the file      {pack_sha256}")
    typer.echo(f"SHA-256 of manifest.json {manifest_sha256}")
    if manifest.missing:
        typer.echo(
            f"relistwatch: {len(manifest.missing)} things are no longer to be had; the summary names them",
            err=True,
        )
    if manifest.public_key is None:
        typer.echo(
            "relistwatch: not signed: tell the recipient one of the two SHA-256 by another way than the file",
            err=True,
        )


def _selection(takedowns: list[str], sellers: list[str], since: str | None, until: str | None) -> "Selection":
    from streams.evidence_packs.manifest import Selection  # noqa: PLC0415

    for text in (*takedowns, *sellers):
        if not _is_text(text):
            fail(f"{safe(text)} is not in the terminal's encoding", EXIT_USAGE)
    if not takedowns and not sellers and since is None and until is None:
        fail("say what the pack is about: --takedown, --seller, or --from and --to", EXIT_USAGE)
    for seller in sellers:
        if not all(seller.partition(":")):
            fail(
                f"--seller {safe(seller)}: it is MARKETPLACE:SELLER, such as shopee-id:308864651", EXIT_USAGE
            )
    selection = Selection(
        takedowns=tuple(sorted(set(takedowns))),
        sellers=tuple(sorted(set(sellers))),
        since=_moment("--from", since),
        until=_moment("--to", until),
    )
    if selection.since and selection.until and selection.since >= selection.until:
        fail("--from is not before --to: nothing could belong to it", EXIT_USAGE)
    return selection


def _is_text(text: str) -> bool:
    """Whether it is whole text: bytes that the terminal's encoding does not know come as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _moment(option: str, text: str | None) -> datetime | None:
    from datetime import UTC  # noqa: PLC0415

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} {safe(text)}: a time is such as 2026-11-24 or 2026-11-24T10:00:00+07:00", EXIT_USAGE)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _private_key(path: Path | None) -> "Ed25519PrivateKey | None":
    from streams.evidence_packs.signature import KeyFileError, load_private  # noqa: PLC0415

    if path is None:
        return None
    try:
        return load_private(path)
    except KeyFileError as error:
        fail(safe(str(error), 300), EXIT_USAGE)


def _redactor(settings: "Settings", redact: Redact | None, secret: Path | None) -> "Redactor | None":
    from streams.evidence_packs.redaction import Redactor, SecretError, load_secret  # noqa: PLC0415

    if redact is None:
        if secret is not None:
            fail("--redact-secret is for --redact personal", EXIT_USAGE)
        return None
    try:
        return Redactor(load_secret(secret or Path(settings.worker.data_dir).expanduser() / SECRET_NAME))
    except SecretError as error:
        fail(safe(str(error), 300), EXIT_USAGE)


def _order(settings: "Settings", selection: "Selection", by: str, lang: Lang, **how: Any) -> "Order":
    from datetime import UTC  # noqa: PLC0415

    from streams.evidence_packs.pack import Order  # noqa: PLC0415
    from streams.program_version import program_version  # noqa: PLC0415

    if not by.strip() or len(by) > BY_AT_MOST or not _is_text(by):
        fail(f"--by: a name or a role, of {BY_AT_MOST} characters at most", EXIT_USAGE)
    now = datetime.now(UTC).replace(microsecond=0)
    return Order(
        selection=selection, made_by=by, made_at=now, tool=f"relistwatch {program_version()}", limits=settings.photos,
        language="id" if lang is Lang.ID else "en", **how,
    )  # fmt: skip


def _write(settings: "Settings", order: "Order", out: Path) -> "tuple[Manifest, str, str]":
    """The pack beside its place, and then there: a pack is whole or not there."""
    import os  # noqa: PLC0415
    import secrets  # noqa: PLC0415

    from streams.evidence_packs.gather import TooMuchError, gather  # noqa: PLC0415
    from streams.evidence_packs.pack import write_pack  # noqa: PLC0415
    from streams.evidence_packs.spool import Spool  # noqa: PLC0415
    from streams.evidence_packs.verify import sha256_of  # noqa: PLC0415

    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(6)}")
    try:
        with broker_errors(), reading_progress() as progress, Spool(out.parent) as spool:
            gathered = gather(settings, order.selection, spool, progress)
            if not len(gathered):
                fail("nothing belongs to it: no such takedown, seller or alert on the topics", EXIT_FAILED)
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                manifest, manifest_sha256 = write_pack(gathered, spool, order, file, progress)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                pack_sha256 = sha256_of(file)
            unfinished.replace(out)
    except TooMuchError as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"cannot write {safe(str(out), 300)}: {error.strerror or error}", EXIT_USAGE)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest, manifest_sha256, pack_sha256


def counted(manifest: "Manifest") -> str:
    """What is in the pack, in a few words."""
    counts = {name.replace("_", " "): count for name, count in manifest.counts.items() if count}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing"


def row_of(manifest: "Manifest", manifest_sha256: str, pack_sha256: str) -> dict[str, Any]:
    """The pack as --json tells it; the files as their number."""
    import msgspec  # noqa: PLC0415

    told = msgspec.to_builtins(manifest)
    told["files"] = len(manifest.files)
    return {"pack_sha256": pack_sha256, "manifest_sha256": manifest_sha256, "manifest": told}
