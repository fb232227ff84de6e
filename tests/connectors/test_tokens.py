"""When a token is refreshed, what serves meanwhile, what is told to a person, and what the file looks like."""

import stat
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import SetClock
from connectors.sdk import AbortError, ConnectorError, OptionsError, RetryError, Secret
from connectors.token_store import Kept, with_options
from connectors.tokens import RefreshRefusedError, TokenKeeper, Tokens, TokenStore

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOURS = 3600.0


def tokens(number: int, at: datetime = START, hours: float = 4, **changes: object) -> Tokens:
    fields: dict[str, object] = {
        "access": Secret(f"access-{number:03}"),
        "refresh": Secret(f"refresh-{number:03}"),
        "obtained_at": at,
        "access_until": at + timedelta(hours=hours),
    }
    return Tokens(**(fields | changes))  # type: ignore[arg-type]


@dataclass
class Shop:
    """A keeper on a set clock, and a marketplace that answers or raises as told."""

    folder: Path
    given: Tokens | None = field(default_factory=lambda: tokens(0))
    clock: SetClock = field(default_factory=lambda: SetClock(START))
    used: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    fails: ConnectorError | None = None
    early: timedelta = timedelta(hours=1)
    hours: float = 4

    def __post_init__(self) -> None:
        self.store = TokenStore(self.folder / "tokens.json")
        self.keeper = self.restarted()

    def restarted(self) -> TokenKeeper:
        self.keeper = TokenKeeper(
            self.store, self.answer, self.clock, early=self.early, shop="shop 7", remedy="authorise it again",
            tell=self.told.append,
        )  # fmt: skip
        self.keeper.begin(self.given)
        return self.keeper

    def answer(self, token: Secret) -> Tokens:
        kept = self.store.read()
        assert kept is not None
        assert kept.asked_at is not None, "the intent is on the disk before the token is used"
        self.used.append(token.reveal())
        if self.fails is not None:
            raise self.fails
        return tokens(len(self.used), self.clock.now(), self.hours)

    def current(self) -> str:
        return self.keeper.current().reveal()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_token_is_refreshed_an_hour_before_it_ends(shop: Shop) -> None:
    shop.clock.move(3 * HOURS - 1)
    assert (shop.current(), shop.used) == ("access-000", [])
    shop.clock.move(1)
    assert (shop.current(), shop.used) == ("access-001", ["refresh-000"])
    assert shop.current() == "access-001"
    shop.clock.move(3 * HOURS)
    assert (shop.current(), shop.used) == ("access-002", ["refresh-000", "refresh-001"])


def test_a_token_of_minutes_is_refreshed_at_half_its_life(tmp_path: Path) -> None:
    shop = Shop(tmp_path, given=tokens(0, hours=0.1), hours=0.1)
    assert shop.current() == "access-000"
    shop.clock.move(180)
    assert [shop.current(), shop.current()] == ["access-001"] * 2


def test_tokens_of_unknown_life_serve_until_they_are_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path, given=tokens(0, access_until=None, obtained_at=None))
    shop.clock.move(1000 * HOURS)
    assert (shop.current(), shop.used) == ("access-000", [])
    shop.keeper.renew()
    assert (shop.current(), shop.used) == ("access-001", ["refresh-000"])


def test_what_is_refused_once_more_than_once_is_refreshed_once(shop: Shop) -> None:
    seen = shop.keeper.current()
    shop.clock.move(60)
    shop.keeper.renew(seen)
    shop.keeper.renew(seen)
    assert (shop.current(), shop.used) == ("access-001", ["refresh-000"])


def test_a_token_that_is_refused_as_soon_as_it_is_given_burns_no_others(shop: Shop) -> None:
    shop.clock.move(60)
    shop.current()
    shop.keeper.renew()
    shop.current()
    with pytest.raises(RetryError, match="of 0 s is refused already") as raised:
        shop.keeper.renew()
    assert raised.value.after == 10
    assert shop.used == ["refresh-000"]
    shop.clock.move(10)
    shop.keeper.renew()
    assert shop.current() == "access-002"


def test_while_the_token_server_is_away_the_old_one_serves_until_it_ends(shop: Shop) -> None:
    shop.fails = RetryError("cannot be reached")
    shop.clock.move(3 * HOURS)
    assert [shop.current() for _ in range(50)] == ["access-000"] * 50
    assert len(shop.used) == 1, "asked once a minute, not at every request"
    assert shop.told == ["shop 7: no new tokens yet, the old one serves on: cannot be reached"]
    shop.clock.move(60)
    shop.current()
    assert len(shop.used) == 2
    assert len(shop.told) == 1
    shop.clock.move(HOURS)
    with pytest.raises(RetryError, match="cannot be reached"):
        shop.current()
    shop.fails = None
    assert shop.current() == "access-004"


def test_a_refused_refresh_token_is_told_hourly_and_ends_the_run_when_the_access_token_has_ended(
    shop: Shop,
) -> None:
    shop.fails = RefreshRefusedError("error_shop_refresh_token")
    shop.clock.move(3 * HOURS)
    assert [shop.current() for _ in range(5)] == ["access-000"] * 5
    assert shop.used == ["refresh-000"]
    assert len(shop.told) == 1
    assert "error_shop_refresh_token" in shop.told[0]
    assert "until 2026-11-24T07:00:00+00:00 at the latest: authorise it again" in shop.told[0]
    shop.clock.move(HOURS)
    with pytest.raises(AbortError, match="shop 7: .* access token has ended: authorise it again"):
        shop.current()
    with pytest.raises(AbortError, match="authorise it again"):
        shop.restarted().current()
    assert shop.used == ["refresh-000"]


def test_new_tokens_in_the_options_take_the_place_of_the_refused_and_old_options_never_return(
    shop: Shop,
) -> None:
    shop.fails = RefreshRefusedError("error_shop_refresh_token")
    shop.clock.move(4 * HOURS)
    with pytest.raises(AbortError):
        shop.current()
    shop.fails = None
    first, shop.given = shop.given, tokens(50, shop.clock.now())
    assert shop.restarted().current().reveal() == "access-050"
    shop.given = first
    assert shop.restarted().current().reveal() == "access-050"
    shop.given = None
    assert shop.restarted().current().reveal() == "access-050"


def test_without_any_tokens_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="no tokens of shop 7: authorise it again"):
        Shop(tmp_path, given=None)


def test_without_a_refresh_token_the_access_token_serves_alone(tmp_path: Path) -> None:
    shop = Shop(tmp_path, given=tokens(0, refresh=Secret(""), access_until=None, obtained_at=None))
    assert shop.current() == "access-000"
    with pytest.raises(AbortError, match="there is no refresh token"):
        shop.keeper.renew()
    assert shop.used == []


def test_another_process_has_refreshed(shop: Shop) -> None:
    other = Shop(shop.folder, clock=shop.clock)
    shop.current()
    shop.clock.move(3 * HOURS)
    assert other.current() == "access-001"
    assert (shop.current(), shop.used) == ("access-001", [])


def test_a_full_disk_keeps_the_new_tokens_in_memory_and_saves_them_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.clock.move(3 * HOURS)
    really, full = shop.store.write, False

    def write(kept: Kept) -> None:
        if full and kept.asked_at is None:
            raise RetryError("no space left on device")
        really(kept)

    monkeypatch.setattr(shop.store, "write", write)
    full = True
    assert [shop.current(), shop.current()] == ["access-001"] * 2
    assert "ONLY IN MEMORY" in shop.told[0]
    full = False
    shop.current()
    kept = shop.store.read()
    assert kept is not None
    assert kept.tokens.access.reveal() == "access-001"
    assert kept.asked_at is None


def test_the_end_of_the_refresh_token_is_told_a_week_before(tmp_path: Path) -> None:
    shop = Shop(tmp_path, given=tokens(0, hours=900, refresh_until=START + timedelta(days=30)))
    shop.clock.move(22 * 24 * HOURS)
    shop.current()
    assert shop.told == []
    shop.clock.move(25 * HOURS)
    shop.current()
    assert shop.told == ["shop 7: its refresh token ends 2026-12-24T03:00:00+00:00: authorise it again"]


def test_the_file_is_its_owners_alone_and_replaced_whole(shop: Shop) -> None:
    before = shop.store.path.stat().st_ino
    shop.clock.move(3 * HOURS)
    with shop.store.path.open("rb") as reading:
        shop.current()
        assert b"access-000" in reading.read(), "who reads meanwhile sees the old one whole"
    assert shop.store.path.stat().st_ino != before
    assert [stat.S_IMODE(path.stat().st_mode) for path in shop.folder.iterdir()] == [0o600, 0o600]


def test_what_a_killed_process_left_half_written_counts_for_nothing(shop: Shop) -> None:
    left = shop.store.path.with_name("tokens.json.new")
    left.write_bytes(b'{"tokens": {"acc')
    shop.clock.move(3 * HOURS)
    assert shop.current() == "access-001"
    assert not left.exists()


def test_a_link_laid_in_the_way_is_not_followed(shop: Shop, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    shop.store.path.with_name("tokens.json.new").symlink_to(victim)
    shop.clock.move(3 * HOURS)
    shop.current()
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"tokens":{"access":1}}', b"\xff" * 10, b"[" * 300_000])
def test_a_file_that_holds_no_tokens_says_what_to_do_and_tells_none(shop: Shop, raw: bytes) -> None:
    shop.store.path.write_bytes(raw + b" access-000")
    with pytest.raises(AbortError, match="authorise the shop again") as raised:
        shop.current()
    assert "access-000" not in str(raised.value)


def test_a_folder_that_cannot_be_written_to_uses_no_refresh_token(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", _refuse)
    shop.clock.move(3 * HOURS)
    assert (shop.current(), shop.used) == ("access-000", [])
    assert "cannot be written" in shop.told[0]


def _refuse(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_tokens_show_themselves_nowhere(shop: Shop) -> None:
    kept = shop.store.read()
    for text in (repr(kept), str(kept), f"{shop.given}"):
        assert "access-000" not in text
        assert "refresh-000" not in text


def test_a_lock_that_is_held_ends_the_wait_and_a_stop_ends_it_at_once(shop: Shop) -> None:
    stop = threading.Event()
    stop.set()
    with shop.store.locked(threading.Event()):
        for seconds, stopped in ((0.05, threading.Event()), (60.0, stop)):
            with pytest.raises(RetryError, match="another process"), shop.store.locked(stopped, seconds):
                raise AssertionError("never in here")
    with shop.store.locked(threading.Event()):
        pass


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shops")


NUMBER = iter(range(1_000_000))
STEPS = st.lists(
    st.sampled_from(["current", "renew", "hour", "minute", "away", "refused", "works", "restart", "again"]),
    max_size=25,
)


@settings(deadline=None)
@given(steps=STEPS)
def test_whatever_happens_no_refresh_token_is_used_after_its_answer_and_none_after_its_refusal(
    folders: Path, steps: list[str]
) -> None:
    folder = folders / str(next(NUMBER))
    folder.mkdir()
    shop = Shop(folder)
    authorised = 100
    answered: set[str] = set()
    for step in steps:
        match step:
            case "hour" | "minute":
                shop.clock.move(HOURS if step == "hour" else 60)
            case "away":
                shop.fails = RetryError("away")
            case "refused":
                shop.fails = RefreshRefusedError("used")
            case "works":
                shop.fails = None
            case "restart":
                shop.restarted()
            case "again":
                authorised += 1
                shop.given = tokens(authorised, shop.clock.now())
                shop.restarted()
            case _:
                before = len(shop.used)
                with suppress(RetryError, AbortError):
                    shop.keeper.current() if step == "current" else shop.keeper.renew()
                new = shop.used[before:]
                assert len(new) <= 1
                assert not answered.intersection(new)
                if not isinstance(shop.fails, RetryError):
                    answered.update(new)


@settings(deadline=None)
@given(marks=st.lists(st.integers(0, 5), max_size=10))
def test_each_refresh_token_of_the_options_is_taken_once(marks: list[int]) -> None:
    kept: Kept | None = None
    taken: list[int] = []
    for mark in marks:
        before = kept
        kept = with_options(kept, tokens(mark))
        if mark in taken:
            assert kept == before
        else:
            taken.append(mark)
            assert kept is not None
            assert kept.tokens == tokens(mark)
    assert with_options(kept, None) == kept
