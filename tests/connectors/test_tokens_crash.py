"""Processes that are killed between the use of a refresh token and its saving, or that refresh at the same time."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import token_server
from token_server import TokenServer, keeper, serving

from connectors.sdk import AbortError
from connectors.tokens import TokenStore

Start = Callable[[TokenServer, str], "Child"]


class Child:
    """A process that keeps the shop's tokens."""

    def __init__(self, folder: Path, server: TokenServer, step: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, token_server.__file__, str(folder), str(server.port), step],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.said, self._out = self.process.stdin, self.process.stdout

    def go(self) -> None:
        self.said.write("\n")
        self.said.flush()

    def line(self) -> str:
        return self._out.readline().strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    children: list[Child] = []

    def started(server: TokenServer, step: str = "once") -> Child:
        children.append(Child(tmp_path, server, step))
        assert children[-1].line() == "ready"
        return children[-1]

    yield started
    for child in children:
        child.process.kill()
        child.process.wait(20)
        child.said.close()
        child._out.close()


def killed_before_saving(start: Start, server: TokenServer) -> None:
    """A process has the answer in its memory, and is killed before it is on the disk."""
    child = start(server, "hold-after")
    child.go()
    assert [child.line(), child.line()] == ["renewing", "answered"]
    child.kill()
    assert server.uses == ["refresh-token-first"]


def test_killed_after_the_answer_the_same_token_is_tried_again_and_answered(
    start: Start, tmp_path: Path
) -> None:
    with serving(again=True) as server:
        killed_before_saving(start, server)
        kept = TokenStore(tmp_path / "tokens.json").read()
        assert kept is not None
        assert kept.asked_at is not None
        told: list[str] = []
        assert keeper(tmp_path, server.port, told.append).current().reveal() == "access-token-1"
        assert server.uses == ["refresh-token-first"] * 2
        assert told == []
        kept = TokenStore(tmp_path / "tokens.json").read()
        assert kept is not None
        assert kept.asked_at is None


def test_killed_after_the_answer_and_refused_again_the_old_token_serves_and_a_person_is_told(
    start: Start, tmp_path: Path
) -> None:
    with serving(again=False) as server:
        killed_before_saving(start, server)
        told: list[str] = []
        restarted = keeper(tmp_path, server.port, told.append)
        seen = restarted.current()
        assert seen.reveal() == "access-token-first"
        assert len(told) == 1
        assert "answer was never saved" in told[0]
        assert "authorise it again" in told[0]
        assert "refresh-token" not in told[0]
        # The marketplace takes the old one no more: only a person can help.
        with pytest.raises(AbortError, match="shop 7: .*never saved.*ended: authorise it again"):
            restarted.renew(seen)
        # Nor does the next process use that refresh token a third time.
        with pytest.raises(AbortError, match="authorise it again"):
            keeper(tmp_path, server.port).renew(seen)
        assert server.uses == ["refresh-token-first"] * 2


def test_killed_before_the_request_left_the_restart_mends_it(start: Start, tmp_path: Path) -> None:
    with serving(again=False) as server:
        child = start(server, "hold-before")
        child.go()
        assert [child.line(), child.line()] == ["renewing", "asking"]
        child.kill()
        assert server.uses == []
        kept = TokenStore(tmp_path / "tokens.json").read()
        assert kept is not None
        assert kept.asked_at is not None
        assert keeper(tmp_path, server.port).current().reveal() == "access-token-1"


def test_killed_by_the_token_server_while_it_answers(start: Start, tmp_path: Path) -> None:
    with serving(again=True) as server:
        child = start(server)
        server.before_answer = lambda _: child.kill()
        child.go()
        assert [child.line(), child.line()] == ["renewing", ""]
        server.before_answer = lambda _: None
        assert keeper(tmp_path, server.port).current().reveal() == "access-token-1"


def test_two_processes_never_use_the_same_refresh_token(start: Start) -> None:
    with serving(again=False) as server:
        first, second = start(server), start(server)
        second_asks, first_asked = threading.Event(), threading.Event()

        def hold(_: str) -> None:
            # The first request is held until the other process has been seen to want one as well, and a while
            # longer: without the lock it would come through.
            if first_asked.is_set():
                second_asks.set()
            else:
                first_asked.set()
                second_asks.wait(0.7)

        server.before_answer = hold
        first.go()
        second.go()
        lines = [[child.line(), child.line()] for child in (first, second)]
        assert lines == [["renewing", "has access-token-1"]] * 2
        assert server.uses == ["refresh-token-first"]


def test_two_processes_that_refresh_all_the_time_use_each_token_once(start: Start) -> None:
    with serving(again=False) as server:
        children = [start(server, "25"), start(server, "25")]
        for child in children:
            child.go()
        for child in children:
            assert child.process.wait(60) == 0
        assert len(server.uses) == len(set(server.uses)) == len(server.answers)
        assert 25 <= len(server.uses) <= 50
