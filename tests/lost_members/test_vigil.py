"""When a worker has to end: each way of being lost is found within bounds, each way of merely waiting is not."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from streams.worker.vigil import PARTIAL, Place, Standing, Verdict, Vigil

BOUND = 60.0
TURN = 1.0
AT = ("listings", 0)
OTHER = ("listings", 1)
IDLE = Standing(known=True, places={AT: Place(10, 10)})
WAITING = Standing(known=True, places={AT: Place(10, 12)})


class Life:
    """A vigil through which time passes; the loop turns unless it is said to be blocked."""

    def __init__(self) -> None:
        self.vigil = Vigil(BOUND, 2 * TURN)
        self.now = 1000.0
        self.turns = 0
        self.vigil.turn(self.now, self.turns)

    def live(self, seconds: float, *, blocked: bool = False) -> Verdict | None:
        found = None
        for _ in range(int(seconds / TURN)):
            self.now += TURN
            self.turns += not blocked
            found = found or self.vigil.turn(self.now, self.turns)
        return found

    def told(
        self,
        standing: Standing | None,
        seconds: float,
        *,
        done: Iterator[int] | None = None,
        waits: bool = False,
    ) -> Verdict | None:
        """The first verdict within so many seconds in which Kafka says this every ten."""
        for _ in range(int(seconds / 10)):
            assert self.live(10) is None
            progress = {"listings": next(done)} if done else {}
            if (verdict := self.vigil.told(standing, progress, waits=waits)) is not None:
                return verdict
        return None


def counted() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def test_a_blocked_loop_is_found_and_a_busy_one_is_not() -> None:
    life = Life()
    assert life.live(10 * BOUND) is None
    assert life.live(BOUND - 1, blocked=True) is None
    assert life.live(1) is None
    verdict = life.live(BOUND + 2, blocked=True)
    assert verdict is not None
    assert "event loop" in verdict.why
    assert verdict.doubt is None


def test_a_process_that_was_stopped_gets_its_chance() -> None:
    life = Life()
    life.now += 100 * BOUND
    assert life.vigil.turn(life.now, life.turns) is None
    assert life.told(Standing(known=False), BOUND) is None
    life.now += 100 * BOUND
    assert life.vigil.turn(life.now, life.turns + 1) is None
    assert life.told(IDLE, BOUND) is None


def test_a_worker_that_its_group_does_not_know_is_lost() -> None:
    life = Life()
    verdict = life.told(Standing(known=False), 2 * BOUND)
    assert verdict is not None
    assert "not known this worker" in verdict.why


def test_whoever_is_known_in_between_or_hears_nothing_is_not() -> None:
    life = Life()
    for between in (IDLE, None, Standing(known=True)):
        assert life.told(Standing(known=False), BOUND) is None
        assert life.told(between, 10) is None
    assert life.told(None, 20 * BOUND) is None, "Kafka is away"


def test_idle_rebalancing_and_undeliverable_work_are_not_lost() -> None:
    life = Life()
    assert life.told(IDLE, 20 * BOUND) is None
    assert life.told(Standing(known=True), 20 * BOUND) is None, "more workers than partitions"
    assert life.told(Standing(known=True, settled=False, places=WAITING.places), 20 * BOUND) is None
    assert life.told(WAITING, 20 * BOUND, waits=True) is None


def test_messages_that_wait_while_nothing_gets_on_end_it() -> None:
    life = Life()
    verdict = life.told(WAITING, 2 * BOUND)
    assert verdict is not None
    assert verdict.doubt == (AT, 10)
    assert "2 messages of listings 0 wait" in verdict.why


def test_a_batch_of_slow_photos_gets_on_but_a_partition_that_never_does_is_found() -> None:
    life = Life()
    done = counted()
    assert life.told(WAITING, PARTIAL * BOUND - 20, done=done) is None
    assert life.told(WAITING, 60, done=done) is not None


def test_what_looks_like_lag_and_is_none_does_not_end_it() -> None:
    life = Life()
    for _ in range(5):
        verdict = life.told(WAITING, 2 * BOUND)
        assert verdict is not None
        life.vigil.cleared(AT)
        assert life.told(WAITING, BOUND - 10) is None


def test_partitions_that_come_and_go_begin_anew() -> None:
    life = Life()
    for _ in range(5):
        assert life.told(WAITING, BOUND - 10) is None
        assert life.told(Standing(known=True, places={OTHER: Place(0, 5)}), BOUND - 10) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["idle", "away", "moves", "rebalance"]), st.integers(1, 30)), max_size=40
    )
)
def test_no_healthy_life_ends(steps: list[tuple[str, int]]) -> None:
    life = Life()
    committed = 0
    for kind, tens in steps:
        for _ in range(tens):
            committed += kind == "moves"
            standing = {
                "idle": IDLE,
                "away": None,
                "moves": Standing(known=True, places={AT: Place(committed, committed + 50)}),
                "rebalance": Standing(known=True, settled=False, places=WAITING.places),
            }[kind]
            assert life.told(standing, 10) is None
