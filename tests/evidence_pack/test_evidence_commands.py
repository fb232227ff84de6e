"""`relistwatch evidence` on a real Kafka, and its packs checked with nothing of ours: unzip, sha256sum, openssl."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_records import NOON, alert, seller_link, verdict
from evidence_records import files_of
from kafka_client import KafkaClient
from listing_records import drawn_photo, inline, listing, takedown
from typer.testing import CliRunner, Result
from worker_fixtures import client

from connectors.events import AlertListing, AlertTakedown, Image, PhotoDigest
from streams.cli import build_app
from streams.engine.pipeline import fingerprint_listing, fingerprint_takedown
from streams.evidence_packs.manifest import MANIFEST, PHOTOS, RECORDS, SUMMARY, read_manifest
from streams.photos.folder import FolderStore
from streams.photos.store import digest_of
from streams.records import ImageFailure
from streams.settings import Settings, as_environment

__all__ = ["client"]
pytestmark = pytest.mark.kafka
DOCS = Path(__file__).parents[2] / "docs" / "evidence.md"
TAKEN, KNOWN, LATER, SENT = (drawn_photo(number, (200, 260)) for number in range(4))


def run(*arguments: str, settings: Settings | None = None, **extra: str) -> Result:
    environment = {"RELISTWATCH_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    if settings is not None:
        environment = as_environment(settings)
    return CliRunner(env=environment | extra).invoke(build_app(), ["evidence", *arguments])


def made(settings: Settings, out: Path, *arguments: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The pack's files, and what --json told."""
    result = run("pack", *arguments, "--by", "analyst-7", "--out", str(out), "--json", settings=settings)
    assert result.exit_code == 0, result.output
    return files_of(out.read_bytes()), json.loads(result.stdout)


def places(files: dict[str, bytes]) -> dict[str, list[str]]:
    """The keys in the pack by topic, in order."""
    found: dict[str, list[str]] = {}
    for line in files[RECORDS].splitlines():
        row = json.loads(line)
        found.setdefault(row["topic"].partition("-")[2], []).append(row["key"])
    return {topic: sorted(keys) for topic, keys in found.items()}


@pytest.fixture
def world(settings: Settings, topics: object, client: KafkaClient) -> FolderStore:
    """Takedown t1, relisted by two accounts, judged; takedown t2 of another seller; and what belongs to nobody."""
    store = FolderStore(Path(settings.worker.data_dir) / "photos", max_photo=10**7)
    for photo in (TAKEN, KNOWN, LATER):
        store.put(photo)
    taken = takedown(1, images=(Image(url="https://a.example/1.jpg"),))
    client.send_all("takedowns", [("t1", taken), ("t2", takedown(2)), ("t3", takedown(3)), ("t3", None)])
    printed = fingerprint_takedown(taken, [ImageFailure(0, "truncated", digest_of(TAKEN))])
    client.send_all("takedown-fingerprints", [("t1", printed), ("t9", b"{}")])

    def met(number: int, of: int, seller: str, **changes: Any) -> Any:
        seen = AlertListing(
            marketplace="pasar-uji", listing_id=f"l{number}", title=f"judul {number}", seller_id=seller
        )
        down = AlertTakedown(
            takedown_id=f"t{of}",
            marketplace="pasar-uji",
            listing_id=f"l{of}",
            title="asli",
            seller_id=f"s{of}",
        )
        made_from = (PhotoDigest(0, digest_of(KNOWN)),)
        fields = {"listing": seen, "takedown": down, "other_takedowns": (), "cluster": (f"t{of}",)}
        return alert(number, **(fields | {"listing_photos": made_from} | changes))

    alerts = [
        met(20, 1, "x1"),
        met(21, 2, "x2", matched_at=NOON + timedelta(days=2)),
        met(22, 1, "x1", matched_at=NOON + timedelta(days=5), listing_photos=()),
    ]
    client.send_all("alerts", [(each.alert_id, each) for each in alerts])
    client.send_all("held-alerts", [("alert-23", met(23, 1, "x3"))])
    gone = met(24, 1, "x4", listing_photos=(PhotoDigest(0, digest_of(b"never kept")),))
    client.send_all(
        "verdicts",
        [("alert-20", verdict(20, "relist", alert=alerts[0])), ("alert-20", verdict(20, "unsure", alert=alerts[0])),
         ("alert-21", verdict(21, "relist", alert=alerts[1])), ("alert-21", None),
         ("alert-24", verdict(24, "relist", alert=gone))],
    )  # fmt: skip
    client.send_all(
        "seller-links", [(link.key, link) for link in (seller_link(1), seller_link(2, takedown_id="t7"))]
    )
    events = [
        listing(20, seller_id="x1", images=inline(SENT)),
        listing(20, seller_id="x1", event_id="e20b", title="judul baru"),
        listing(1), listing(50, seller_id="x1"), listing(51, seller_id="nobody"),
    ]  # fmt: skip
    client.send_all("listings", [(event.key, event) for event in events])
    late = fingerprint_listing(listing(22, seller_id="x1"), [ImageFailure(0, "truncated", digest_of(LATER))])
    client.send_all("fingerprints", [("pasar-uji:l22", late)])
    return store


def test_a_takedowns_pack_has_all_that_belongs_to_it(
    settings: Settings, world: FolderStore, client: KafkaClient, tmp_path: Path
) -> None:
    files, told = made(settings, tmp_path / "t1.zip", "--takedown", "t1")
    assert places(files) == {
        "alerts": ["alert-20", "alert-22"],
        "held-alerts": ["alert-23"],
        "verdicts": ["alert-20", "alert-20", "alert-24"],
        "takedowns": ["t1"],
        "seller-links": ["pasar-uji:s1|toko-uji:s0|same backdrop"],
        "listings": ["pasar-uji:l1", "pasar-uji:l20", "pasar-uji:l20"],
        "fingerprints": ["pasar-uji:l22"],
        "takedown-fingerprints": ["t1"],
    }
    # Byte for byte what plain kafka-python reads, at the place that is said.
    for line in files[RECORDS].splitlines():
        row = json.loads(line)
        name = row["topic"].partition("-")[2]
        messages = client.read_until(name, bool, quiet=0.3)
        (message,) = [m for m in messages if (m.partition, m.offset) == (row["partition"], row["offset"])]
        assert files[row["file"]] == message.value
        assert (row["timestamp_ms"], row["key"]) == (message.timestamp, message.key.decode())
    photos = {name.partition("/")[2][:64]: body for name, body in files.items() if name.startswith("photos/")}
    assert photos == {digest_of(photo): photo for photo in (TAKEN, KNOWN, LATER, SENT)}
    uses = {row["sha256"]: row["uses"] for row in map(json.loads, files[PHOTOS].splitlines())}
    assert uses[digest_of(TAKEN)] == [{"what": "takedown", "of": "t1", "image": 0}]
    assert uses[digest_of(SENT)] == [{"what": "listing", "of": "pasar-uji:l20", "image": 0}]
    missing = {(one["kind"], one["name"]) for one in told["manifest"]["missing"]}
    assert missing == {("photo", digest_of(b"never kept"))} | {
        ("snapshot", f"pasar-uji:l{number}") for number in (22, 23, 24)
    }
    assert files[SUMMARY].decode().count('<article class="alert">') == 4
    assert (tmp_path / "t1.zip").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "t1.zip"]


def test_sellers_and_times_choose_too(settings: Settings, world: FolderStore, tmp_path: Path) -> None:
    files, _ = made(settings, tmp_path / "x1.zip", "--seller", "pasar-uji:x1")
    assert places(files)["alerts"] == ["alert-20", "alert-22"]
    assert places(files)["listings"] == ["pasar-uji:l1", "pasar-uji:l20", "pasar-uji:l20", "pasar-uji:l50"]
    files, _ = made(settings, tmp_path / "s2.zip", "--seller", "pasar-uji:s2")
    assert (places(files)["takedowns"], places(files)["alerts"]) == (["t2"], ["alert-21"])
    assert places(files)["verdicts"] == ["alert-21", "alert-21"], "and that it was taken back"
    files, _ = made(
        settings, tmp_path / "time.zip", "--from", "2026-11-26", "--to", "2026-11-27T00:00:00+07:00"
    )
    assert places(files)["alerts"] == ["alert-21"]
    files, _ = made(settings, tmp_path / "late.zip", "--takedown", "t1", "--from", "2026-11-25")
    assert places(files)["alerts"] == ["alert-22"]
    files, _ = made(settings, tmp_path / "t3.zip", "--takedown", "t3")
    assert places(files) == {"takedowns": ["t3", "t3"]}
    assert "withdrawn" in files[SUMMARY].decode()


def test_a_redacted_pack_from_the_topics(settings: Settings, world: FolderStore, tmp_path: Path) -> None:
    arguments = ("--seller", "pasar-uji:x1", "--redact", "personal", "--lang", "id")
    files, told = made(settings, tmp_path / "x1.zip", *arguments)
    for name, body in files.items():
        if not name.startswith("photos/"):
            text = re.sub(r"base64,[^\"]+", "", body.decode())
            assert "pasar-uji:x1" not in text, name
            assert not re.search(r"pasar-uji[:.]l\d", text), name
            assert "analyst-1" not in text
    assert not any(name.startswith("records/fingerprints") for name in files)
    assert told["manifest"]["redaction"]["kind"] == "personal"
    assert '<html lang="id">' in files[SUMMARY].decode()
    again, _ = made(settings, tmp_path / "again.zip", *arguments)
    assert {name for name in files if name.startswith(("records/", "photos"))} == {
        name for name in again if name.startswith(("records/", "photos"))
    }
    assert run("verify", str(tmp_path / "x1.zip")).exit_code == 0


@pytest.mark.parametrize("section", [0, 1])
def test_the_commands_of_the_docs_prove_it_without_us(
    settings: Settings, world: FolderStore, tmp_path: Path, section: int
) -> None:
    if not all(map(shutil.which, ("unzip", "sha256sum", "openssl"))):
        pytest.skip("unzip, sha256sum and openssl are needed")
    assert run("key", str(tmp_path / "maker.pem")).exit_code == 0
    (tmp_path / "maker.pem.pub").rename(tmp_path / "maker.pub")
    made(settings, tmp_path / "pack.zip", "--takedown", "t1", "--sign", str(tmp_path / "maker.pem"))
    text = DOCS.read_text().split("\n# Berkas bukti\n")[section]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 5

    def checked() -> subprocess.CompletedProcess[str]:
        shutil.rmtree(tmp_path / "pack", ignore_errors=True)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    good = checked()
    assert good.returncode == 0, good.stderr
    assert "Signature Verified Successfully" in good.stdout
    assert good.stdout.count(": OK") == len(files_of((tmp_path / "pack.zip").read_bytes())) - 2
    # And they find a changed byte, an added file and another's signature.
    script = "\n".join([blocks[0], "cp summary.html photos/extra.jpg", *blocks[1:]])
    shutil.rmtree(tmp_path / "pack")
    assert (
        subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, check=False).returncode
        == 1
    )
    script = "\n".join([blocks[0], "printf x >> summary.html", blocks[1]])
    shutil.rmtree(tmp_path / "pack")
    assert (
        subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, check=False).returncode
        == 1
    )
    (tmp_path / "maker.pub").unlink()
    assert run("key", str(tmp_path / "maker")).exit_code == 0
    assert checked().returncode == 1


def test_a_key_of_openssl_signs_too(settings: Settings, world: FolderStore, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is needed")
    for command in (
        ["genpkey", "-algorithm", "ed25519", "-out", "k.pem"],
        ["pkey", "-in", "k.pem", "-pubout", "-out", "k.pub"],
        ["genpkey", "-algorithm", "ed25519", "-out", "locked.pem", "-aes256", "-pass", "pass:x"],
        ["genpkey", "-algorithm", "x25519", "-out", "other.pem"],
    ):
        subprocess.run(["openssl", *command], cwd=tmp_path, check=True, capture_output=True)
    out = str(tmp_path / "p.zip")
    made(settings, Path(out), "--takedown", "t1", "--sign", str(tmp_path / "k.pem"))
    good = run("verify", out, "--key", str(tmp_path / "k.pub"))
    assert (good.exit_code, "signed by the key" in good.stdout) == (0, True), good.output
    for key in ("locked.pem", "other.pem", "k.pub", "none.pem"):
        refused = run(
            "pack", "--takedown", "t1", "--by", "a", "--sign", str(tmp_path / key), settings=settings
        )
        assert refused.exit_code == 2, refused.output
        assert key in refused.stderr
    assert run("verify", out, "--key", str(tmp_path / "k.pem")).exit_code == 2


def test_verify_says_what_it_is_and_what_it_is_not(
    settings: Settings, world: FolderStore, tmp_path: Path
) -> None:
    out = tmp_path / "p.zip"
    files, told = made(settings, out, "--takedown", "t1")
    assert read_manifest(files[MANIFEST]).made_by == "analyst-7"
    plain = run("verify", str(out))
    assert plain.exit_code == 0
    assert "not signed" in plain.stdout
    for sha256 in (told["pack_sha256"], told["manifest_sha256"].upper()):
        assert run("verify", str(out), "--expect", sha256).exit_code == 0
    assert run("verify", str(out), "--expect", "0" * 64).exit_code == 1
    row = json.loads(run("verify", str(out), "--json").stdout)
    assert row == {"unchanged": True, "signed_by_the_key": False} | {
        name: value for name, value in told.items() if name != "file"
    }
    changed = bytearray(out.read_bytes())
    changed[len(changed) // 2] ^= 1
    out.write_bytes(changed)
    broken = run("verify", str(out), "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["unchanged"] is False
    assert "is not as it was made" in broken.stderr
    assert run("verify", str(tmp_path / "none.zip")).exit_code == 2
    assert run("verify", str(tmp_path)).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what the pack is about"),
        (("--seller", "308864651"), "MARKETPLACE:SELLER"),
        (("--from", "yesterday"), "--from yesterday"),
        (("--from", "2026-11-24", "--to", "2026-11-24"), "is not before"),
        (("--takedown", "t1", "--redact-secret", "x"), "is for --redact"),
        (("--takedown", "t1", "--by", " "), "--by"),
        (("--takedown", "t1", "--by", "\udcff"), "--by"),
        (("--takedown", "\udcff"), "encoding"),
        (("--takedown", "t1", "--out", "/proc/none/p.zip"), "cannot write"),
    ],
)
def test_a_wrong_call_is_named(
    settings: Settings, topics: object, arguments: tuple[str, ...], said: str
) -> None:
    result = run("pack", "--by", "analyst-7", *arguments, settings=settings)
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_nothing_there_no_broker_and_no_store_have_their_exit_codes(
    settings: Settings, world: FolderStore, tmp_path: Path
) -> None:
    out = tmp_path / "p.zip"
    call = ("pack", "--by", "a", "--out", str(out), "--takedown")
    nothing = run(*call, "unknown", settings=settings)
    assert (nothing.exit_code, "nothing belongs to it" in nothing.stderr) == (1, True)
    assert run(*call, "t1").exit_code == 3
    closed = run(
        *call, "t1", settings=settings, RELISTWATCH_PHOTO_STORE__URL="s3://photos/x",
        RELISTWATCH_PHOTO_STORE__S3_ENDPOINT="http://127.0.0.1:1", RELISTWATCH_PHOTO_STORE__S3_REGION="x",
        RELISTWATCH_PHOTO_STORE__S3_ACCESS_KEY_ID="x", RELISTWATCH_PHOTO_STORE__S3_SECRET_ACCESS_KEY="hidden-word",
    )  # fmt: skip
    assert (closed.exit_code, "s3://photos/x" in closed.stderr, "hidden-word" in closed.output) == (
        3,
        True,
        False,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["data"], "no half pack is left"
    out.write_bytes(b"mine")
    assert run(*call, "t1", settings=settings).exit_code == 2
    assert out.read_bytes() == b"mine"
    assert run(*call, "t1", "--force", settings=settings).exit_code == 0


def test_prune_removes_what_nothing_names(settings: Settings, world: FolderStore, tmp_path: Path) -> None:
    lonely = world.put(b"\xff\xd8\xff lonely")
    none = {"RELISTWATCH_PHOTO_STORE__RETENTION_DAYS": "0"}
    tried = run("prune", "--dry-run", settings=settings, **none)
    assert (tried.exit_code, "2 photos (" in tried.stdout and "would be removed, 2 (" in tried.stdout) == (
        0,
        True,
    ), tried.output
    assert world.get(lonely) is not None
    done = run("prune", "--json", settings=settings, **none)
    row = json.loads(done.stdout)
    # LATER is named by a fingerprint only, of an alert that does not name its photos.
    assert (row["removed"], row["kept"], row["named"]) == (2, 2, 2)
    assert {entry.sha256 for entry in world.entries()} == {digest_of(TAKEN), digest_of(KNOWN)}
    full = run("prune", settings=settings, RELISTWATCH_PHOTO_STORE__MAX_BYTES="10")
    assert (full.exit_code, "more than photo_store.max_bytes" in full.stderr) == (1, True)
    world.put(b"\xff\xd8\xff lonely")
    assert run("prune", RELISTWATCH_WORKER__DATA_DIR=settings.worker.data_dir, **none).exit_code == 3
    assert world.get(lonely) is not None
    assert run("prune", settings=settings, RELISTWATCH_PHOTO_STORE__ENABLED="false").exit_code == 2


def test_both_languages_of_the_docs_have_the_same_commands() -> None:
    english, indonesian = DOCS.read_text().split("\n# Berkas bukti\n")
    blocks = [re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for text in (english, indonesian)]
    assert blocks[0] == blocks[1]
    named = set(re.findall(r"`([\w./-]+\.(?:jsonl?|html|sig|pem|jpg))`", english))
    assert {"summary.html", MANIFEST, RECORDS, PHOTOS} <= named
