"""Targets: files of our own that may be damaged or forged: settings, policies, evidence packs, snapshots, places."""

import hashlib
import io
import tempfile
import zlib
from functools import cache
from pathlib import Path

import msgspec
from evidence_records import files_of, packed, rezipped
from listing_records import drawn_photo, takedown

from connectors.photo_paths import PhotoPathError, resolve_photo_path
from fingerprints.photo_print import print_of_bytes
from fingerprints.photo_snapshot import STATE, read_photos
from fingerprints.snapshot_files import SnapshotError, Written
from fuzzing.target import Target
from streams.console.queue.search import PlaceError, place_of
from streams.engine.bank_files import BANK, RECORDS, TITLES, read_bank
from streams.engine.pipeline import fingerprint_takedown
from streams.engine.takedown_bank import TakedownBank
from streams.evidence_packs.manifest import ManifestError, read_manifest
from streams.evidence_packs.plain_zip import PlainZipReader, ZipFormError, check_name
from streams.evidence_packs.verify import PackChangedError, verify_pack
from streams.photos.process import ChildGone
from streams.policy.policy_file import load_policy, policy_bytes
from streams.settings import SettingsError, load_settings


def _in_file(raw: bytes) -> "tempfile._TemporaryFileWrapper[bytes]":
    file = tempfile.NamedTemporaryFile(suffix=".toml")  # noqa: SIM115  closed by whoever asked
    file.write(raw)
    file.flush()
    return file


def _settings(raw: bytes) -> None:
    with _in_file(raw) as file:
        load_settings(Path(file.name), {})


def _policy(raw: bytes) -> None:
    with _in_file(raw) as file:
        policy = load_policy(Path(file.name))
        file.seek(0)
        file.truncate()
        file.write(policy_bytes(policy))
        file.flush()
        assert load_policy(Path(file.name)) == policy


def _pack(raw: bytes) -> None:
    verify_pack(io.BytesIO(raw))


def _repaired_pack(raw: bytes) -> None:
    """An archive whose checksums are right, whatever else is wrong: what lies behind them is reached."""
    files = []
    for line in raw.split(b"\n\n"):
        name, _, body = line.partition(b"\n")
        files.append((name.decode("latin-1"), body))
    try:
        archive = rezipped(sorted(dict(files).items()))
    except ZipFormError:
        return
    for _name, size, parts in PlainZipReader(io.BytesIO(archive)).files():
        assert sum(map(len, parts)) == size
    verify_pack(io.BytesIO(archive))


def _manifest(raw: bytes) -> None:
    read_manifest(raw)


def _zip_name(raw: bytes) -> None:
    name = check_name(raw.decode("utf-8", "replace"))
    assert (Path("/pack") / name).resolve().is_relative_to("/pack")


@cache
def _bank_files() -> dict[str, bytes]:
    """The files of a snapshot of three takedowns, by name."""
    bank = TakedownBank()
    for number in range(3):
        made = print_of_bytes(drawn_photo(number, (120, 160)), max_pixels=10**6)
        bank.put(fingerprint_takedown(takedown(number), [made] if made else []))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bank.save(place)
        # Those of the points are megabytes of zeroes; nothing is read from them but their own checksum.
        return {path.name: path.read_bytes() for path in place.iterdir()}


def _snapshot(raw: bytes) -> None:
    """A snapshot with one file replaced, and the checksums of all made right: the first byte says which file."""
    if not raw:
        return
    names = [RECORDS, TITLES, BANK, STATE, "hashes.bin"]
    name, files = names[raw[0] % len(names)], dict(_bank_files())
    files[name] = raw[1:]
    if name == BANK:
        files[BANK] += hashlib.sha256(files[BANK]).digest()
    else:
        bank = msgspec.msgpack.decode(files[BANK][:-32])
        place = {RECORDS: "records", TITLES: "titles", STATE: "photos"}.get(name)
        if place:
            bank[place] = {"length": len(files[name]), "crc": zlib.crc32(files[name])}
        body = msgspec.msgpack.encode(bank)
        files[BANK] = body + hashlib.sha256(body).digest()
    with tempfile.TemporaryDirectory() as folder:
        for each, content in files.items():
            (Path(folder) / each).write_bytes(content)
        read_bank(Path(folder))
        state = files[STATE]
        read_photos(Path(folder), Written(len(state), zlib.crc32(state)), None)


def _snapshot_seeds() -> list[bytes]:
    files = _bank_files()
    return [
        b"\x00" + files[RECORDS], b"\x01" + files[TITLES], b"\x02" + files[BANK][:-32], b"\x03" + files[STATE],
        b"\x04" + files["hashes.bin"],
    ]  # fmt: skip


def _photo_path(raw: bytes) -> None:
    """No path leads out of the folder of the file that names it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        (folder / "photos").mkdir(parents=True)
        (folder / "photos" / "1.jpg").write_bytes(b"x")
        (folder / "out").symlink_to(place)
        (Path(place) / "secret").write_bytes(b"y")
        found = resolve_photo_path(folder, raw.decode("utf-8", "surrogateescape"))
        assert found.read_bytes() == b"x"


def _queue_place(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    place = place_of(text)
    assert place_of(str(place)) == place


def _child_reply(raw: bytes) -> None:
    """What a decoding child answers once a photo has taken it over."""
    import asyncio

    from streams.photos.process import PhotoProcess

    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(len(raw).to_bytes(4, "big") + raw)
        reader.feed_eof()

        class Process:
            stdin, stdout, pid, returncode = object(), reader, 1, None

        await PhotoProcess(Process())._reply()  # type: ignore[arg-type]

    asyncio.run(read())


def _reply_seeds() -> list[bytes]:
    from streams.photos.child import Reply

    made = print_of_bytes(drawn_photo(1, (120, 160)), max_pixels=10**6)
    return [
        msgspec.msgpack.encode(reply)
        for reply in (Reply(), Reply(made), Reply(error_kind="crashed", error="x"))
    ]


@cache
def _pack_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return [packed(Path(folder))[0]]


def _settings_seeds() -> list[bytes]:
    return [
        b'[kafka]\nbootstrap_servers = "a:1"\n[photos]\nmax_pixels = 5\n[web]\n',
        b"a=[[[[[",
        b"[match]\nthreshold=1e9",
    ]


def _policy_seeds() -> list[bytes]:
    from fingerprints.policy import BUILT_IN

    return [policy_bytes(BUILT_IN), b'{"version":"x","prior":0.0}']


TARGETS = (
    Target("settings", _settings, _settings_seeds, (SettingsError,)),
    Target("policy", _policy, _policy_seeds, (SettingsError,)),
    Target("evidence-pack", _pack, _pack_seeds, (PackChangedError,), 65536),
    Target(
        "evidence-files",
        _repaired_pack,
        lambda: [b"manifest.json\n{}\n\nSHA256SUMS\n\n\na/b.json\n{}"],
        (PackChangedError,),
    ),
    Target("manifest", _manifest, lambda: [files_of(_pack_seeds()[0])["manifest.json"]], (ManifestError,)),
    Target(
        "zip-name",
        _zip_name,
        lambda: [b"records.jsonl", b"photos/ab/cd.jpg", b"../x", b"a//b"],
        (ZipFormError,),
        300,
    ),
    Target("snapshot", _snapshot, _snapshot_seeds, (SnapshotError,), 65536),
    Target(
        "photo-path",
        _photo_path,
        lambda: [b"photos/1.jpg", b"../secret", b"out/secret"],
        (PhotoPathError,),
        300,
    ),
    Target("queue-place", _queue_place, lambda: [b"0,0.97,1795489200000,alert-1"], (PlaceError,), 200),
    Target("child-reply", _child_reply, _reply_seeds, (ChildGone,), 65536),
)
