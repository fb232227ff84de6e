"""The pool survives whatever its photos do to its children, and blames the guilty one alone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import uvloop
from photo_bytes import drawn, encoded, png_bomb
from running_process import is_running

from fingerprints.photo_decode import PhotoError
from fingerprints.photo_print import PhotoPrint, print_of_bytes
from streams.photos.child import Reply
from streams.photos.pool import PhotoPool
from streams.photos.process import LONGEST_REPLY

PIXELS = 5_000_000
GOOD = encoded(drawn(1))
EXPECTED = print_of_bytes(GOOD, max_pixels=PIXELS)
HOSTILE = "photo_child_hostile"


async def gone(*pids: int) -> None:
    async with asyncio.timeout(20):
        while any(is_running(pid) for pid in pids):  # noqa: ASYNC110  other processes set no event
            await asyncio.sleep(0.01)


@pytest.fixture
async def pool() -> AsyncIterator[PhotoPool]:
    async with PhotoPool(2, 1.0, max_pixels=PIXELS, child=HOSTILE) as opened:
        yield opened


async def kind_of(pool: PhotoPool, raw: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        await pool.fingerprint(raw)
    return caught.value.kind


async def test_the_product_child_gives_what_the_function_gives() -> None:
    blank = encoded(drawn(1).resize((2, 2)))
    async with PhotoPool(2, 20.0, max_pixels=PIXELS) as pool:
        assert len(pool.pids) == 2
        photos = [encoded(drawn(seed), kind) for seed in range(4) for kind in ("JPEG", "PNG", "WEBP", "AVIF")]
        prints = await asyncio.gather(*(pool.fingerprint(raw) for raw in photos))
        assert prints == [print_of_bytes(raw, max_pixels=PIXELS) for raw in photos]
        assert await pool.fingerprint(blank) is None
        assert await kind_of(pool, png_bomb()) == "too-many-pixels"
        assert await kind_of(pool, GOOD[: len(GOOD) // 2]) == "truncated"
        assert await kind_of(pool, b"") == "not-an-image"
        big = GOOD + os.urandom(20_000_000)
        assert await pool.fingerprint(big) == EXPECTED


async def test_the_largest_photos_allowed_fit_into_a_child() -> None:
    """In every form that takes much memory; so the limit on memory never hits an honest photo."""
    side = (7_000, 7_000)
    photos = {
        "RGBA": encoded(drawn(1, (700, 700)).resize(side).convert("RGBA"), "PNG", compress_level=1),
        "progressive": encoded(drawn(1, (700, 700)).resize(side), progressive=True),
        "CMYK": encoded(drawn(1, (700, 700)).resize(side).convert("CMYK")),
    }
    async with PhotoPool(1, 60.0, max_pixels=50_000_000) as pool:
        for name, raw in photos.items():
            assert await pool.fingerprint(raw) is not None, name


def test_the_largest_print_fits_into_a_reply() -> None:
    """As large as its fields allow, which is what a reply is checked by."""
    limits = {field.name: field.type for field in msgspec.inspect.type_info(PhotoPrint).fields}
    largest = PhotoPrint(
        **{
            name: bytes(limit.max_length) if isinstance(limit, msgspec.inspect.BytesType) else limit.le
            for name, limit in limits.items()
        }
    )
    reply = msgspec.msgpack.encode(Reply(largest))
    assert msgspec.msgpack.decode(reply, type=Reply).print == largest
    assert len(reply) <= LONGEST_REPLY


@pytest.mark.parametrize("raw", [b"hang", b"busy"])
async def test_a_photo_that_hangs_costs_its_child_alone(pool: PhotoPool, raw: bytes) -> None:
    before = pool.pids
    outcomes = await asyncio.gather(
        pool.fingerprint(raw), *(pool.fingerprint(GOOD) for _ in range(30)), return_exceptions=True
    )
    assert isinstance(outcomes[0], PhotoError)
    assert outcomes[0].kind == "timeout"
    assert outcomes[1:] == [EXPECTED] * 30
    assert len(before - pool.pids) == 1
    assert await asyncio.gather(*(pool.fingerprint(GOOD) for _ in range(4))) == [EXPECTED] * 4
    assert len(pool.pids) == 2
    await gone(*before - pool.pids)


async def test_waiting_for_a_child_is_not_counted(pool: PhotoPool) -> None:
    """Twelve photos of 0.4 s on two children: the last waits for twice the limit."""
    assert await asyncio.gather(*(pool.fingerprint(b"slow") for _ in range(12))) == [None] * 12


async def test_a_loop_that_was_held_up_blames_no_photo(pool: PhotoPool) -> None:
    asked = asyncio.create_task(pool.fingerprint(b"slow"))
    await asyncio.sleep(0.1)
    # The reply arrives while this process is busy elsewhere for longer than the limit.
    import time

    time.sleep(1.5)  # noqa: ASYNC251
    assert await asked is None


@pytest.mark.parametrize(
    "raw",
    [
        b"segfault",
        b"killed",
        b"exit",
        b"bug",
        b"lies",
        b"too many points",
        b"a huge thumbnail",
        b"no size",
        b"floods",
    ],
)
async def test_a_photo_that_ends_its_child_twice_is_named(pool: PhotoPool, raw: bytes) -> None:
    outcomes = await asyncio.gather(
        pool.fingerprint(raw), *(pool.fingerprint(GOOD) for _ in range(20)), return_exceptions=True
    )
    assert isinstance(outcomes[0], PhotoError)
    assert outcomes[0].kind == "crashed"
    assert outcomes[1:] == [EXPECTED] * 20


async def test_a_child_ended_once_is_no_fault_of_the_photo(pool: PhotoPool, tmp_path: Path) -> None:
    assert await pool.fingerprint(b"killed once " + os.fsencode(tmp_path / "marker")) is None
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("when", [signal.SIGKILL, signal.SIGSEGV])
async def test_children_ended_from_outside_lose_nothing(pool: PhotoPool, when: signal.Signals) -> None:
    for _ in range(3):
        asked = [asyncio.create_task(pool.fingerprint(GOOD)) for _ in range(60)]
        await asked[0]
        # One kill while these are in hand: a photo that meets two is rightly called one that ends its process.
        os.kill(next(iter(pool.pids)), when)
        assert await asyncio.gather(*asked) == [EXPECTED] * 60
    for pid in pool.pids:
        os.kill(pid, when)
    assert await asyncio.gather(*(pool.fingerprint(GOOD) for _ in range(4))) == [EXPECTED] * 4


async def test_a_bomb_ends_at_the_memory_limit(pool: PhotoPool) -> None:
    before = pool.pids
    assert await kind_of(pool, b"memory") == "out-of-memory"
    assert await pool.fingerprint(GOOD) == EXPECTED
    assert pool.pids == before


async def test_chatter_on_stdout_is_not_taken_for_replies(pool: PhotoPool) -> None:
    assert await asyncio.gather(*(pool.fingerprint(b"prints") for _ in range(4))) == [None] * 4
    assert await pool.fingerprint(GOOD) == EXPECTED


async def test_children_do_not_get_the_parents_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELISTWATCH_KAFKA__SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    async with PhotoPool(1, 5.0, max_pixels=PIXELS, child=HOSTILE) as pool:
        assert await pool.fingerprint(b"environment") is None
        (pid,) = pool.pids
        assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()  # noqa: ASYNC240


async def test_a_cancelled_photo_frees_its_place(pool: PhotoPool) -> None:
    hanging = [asyncio.create_task(pool.fingerprint(b"hang")) for _ in range(2)]
    waiting = asyncio.create_task(pool.fingerprint(GOOD))
    await asyncio.sleep(0.2)
    before = pool.pids
    for task in (*hanging, waiting):
        task.cancel()
    await asyncio.gather(*hanging, waiting, return_exceptions=True)
    assert await asyncio.gather(*(pool.fingerprint(GOOD) for _ in range(4))) == [EXPECTED] * 4
    await gone(*before)


async def test_closing_ends_all_children_and_fails_what_waits() -> None:
    pool = PhotoPool(2, 30.0, max_pixels=PIXELS, child=HOSTILE)
    async with pool:
        pids = pool.pids
        asked = [asyncio.create_task(pool.fingerprint(b"hang")) for _ in range(5)]
        await asyncio.sleep(0.2)
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [RuntimeError] * 5
    await gone(*pids)
    assert pool.pids == frozenset()
    with pytest.raises(RuntimeError, match="not open"):
        await pool.fingerprint(GOOD)
    async with pool:
        assert await pool.fingerprint(GOOD) == EXPECTED


async def test_children_that_cannot_start_are_not_the_photos_fault() -> None:
    with pytest.raises(OSError, match="did not start"):
        async with PhotoPool(2, 1.0, max_pixels=PIXELS, child="no_such_module"):
            pass
    with pytest.raises(ValueError, match="a pool needs"):
        PhotoPool(0, 1.0, max_pixels=PIXELS)


def children() -> set[int]:
    """Of this process, as the kernel lists them (proc(5))."""
    listed: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            listed |= {int(pid) for pid in path.read_text().split()}
    return listed


async def test_a_child_that_is_killed_while_it_starts_is_started_again() -> None:
    async with PhotoPool(1, 20.0, max_pixels=PIXELS) as pool:
        known = children()
        os.kill(next(iter(pool.pids)), signal.SIGKILL)
        asked = asyncio.create_task(pool.fingerprint(GOOD))
        for _ in range(3):
            async with asyncio.timeout(20):
                while not (new := children() - known):  # noqa: ASYNC110  a child sets no event
                    await asyncio.sleep(0.001)
            known |= new
            os.kill(new.pop(), signal.SIGKILL)
        assert await asked == EXPECTED


async def test_a_child_that_never_starts_is_given_up_in_the_end() -> None:
    async with PhotoPool(1, 20.0, max_pixels=PIXELS, patience=0.2) as pool:
        pool._module = "no_such_module"
        os.kill(next(iter(pool.pids)), signal.SIGKILL)
        with pytest.raises(OSError, match="did not start"):
            await pool.fingerprint(GOOD)


async def test_signals_of_the_terminal_do_not_end_children(pool: PhotoPool) -> None:
    for pid in pool.pids:
        assert os.getsid(pid) != os.getsid(0)
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    before = pool.pids
    assert await asyncio.gather(*(pool.fingerprint(GOOD) for _ in range(8))) == [EXPECTED] * 8
    assert pool.pids == before


def test_it_runs_on_uvloop_as_in_the_worker() -> None:
    async def run() -> list[PhotoPrint | PhotoError | BaseException | None]:
        async with PhotoPool(2, 1.0, max_pixels=PIXELS, child=HOSTILE) as pool:
            photos = (GOOD, b"hang", b"segfault", b"slow", b"floods")
            return await asyncio.gather(*map(pool.fingerprint, photos), return_exceptions=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        good, hung, crashed, slow, flooded = runner.run(run())
    assert (good, slow) == (EXPECTED, None)
    assert isinstance(hung, PhotoError)
    assert isinstance(crashed, PhotoError)
    assert isinstance(flooded, PhotoError)
    assert (hung.kind, crashed.kind, flooded.kind) == ("timeout", "crashed", "crashed")
