"""A small network of namespaces: each node and worker at its own address, each line to be cut or made slow. Root only.

One bridge, and a pair of virtual interfaces for each namespace (ip-netns(8), veth(4)); a line that is down drops
everything without a word, as a pulled cable does. Slow is a token bucket (tc-tbf(8)); where the kernel has netem, a
delay too (tc-netem(8)).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from types import TracebackType
from typing import Self

PREFIX = "rwc"
"""Of every name made here; the number after it is the process that made it."""


class NetworkError(RuntimeError):
    """A namespace cannot be made; the message says why."""


def available() -> str | None:
    """Why there are no namespaces here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return None if shutil.which("ip") and shutil.which("tc") else "ip and tc (iproute2) are not installed"


class Network:
    """Namespaces on one bridge, gone at the end; those of a run that was killed are removed by the next."""

    def __init__(self, names: Sequence[str]) -> None:
        self._pid = os.getpid()
        self._names = tuple(names)
        self._bridge = f"{PREFIX}{self._pid}"
        self._subnet = f"10.213.{self._pid % 250}"

    @property
    def here(self) -> str:
        """Our own address, as the namespaces see it."""
        return f"{self._subnet}.254"

    def address(self, name: str) -> str:
        """The address of that namespace."""
        return f"{self._subnet}.{self._names.index(name) + 1}"

    def prefix(self, name: str) -> tuple[str, ...]:
        """What stands before a command that is to run there."""
        return ("ip", "netns", "exec", self.space(name))

    def __enter__(self) -> Self:
        if why := available():
            raise NetworkError(why)
        remove_leftovers()
        try:
            _run("ip", "link", "add", self._bridge, "type", "bridge")
            _run("ip", "addr", "add", f"{self.here}/24", "dev", self._bridge)
            _run("ip", "link", "set", self._bridge, "up")
            for name in self._names:
                self._add(name)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take all away; a namespace goes with its interfaces."""
        for name in self._names:
            _run("ip", "netns", "del", self.space(name), check=False)
            _run("ip", "link", "del", self._line(name), check=False)
        _run("ip", "link", "del", self._bridge, check=False)

    def cut(self, name: str) -> None:
        """Nothing passes from or to that namespace any more."""
        _run("ip", "link", "set", self._line(name), "down")

    def mend(self, name: str) -> None:
        """All passes again."""
        _run("ip", "link", "set", self._line(name), "up")
        _run("tc", "qdisc", "del", "dev", self._line(name), "root", check=False)

    def slow(self, name: str, kbit: int) -> None:
        """Towards that namespace only so many kilobits a second pass."""
        _run("tc", "qdisc", "replace", "dev", self._line(name), "root", "tbf", "rate", f"{kbit}kbit",
             "burst", "16kb", "latency", "400ms")  # fmt: skip

    def delay(self, name: str, milliseconds: int) -> bool:
        """Every packet towards that namespace comes so much later; False where the kernel has no netem."""
        done = _run("tc", "qdisc", "replace", "dev", self._line(name), "root", "netem", "delay",
                    f"{milliseconds}ms", check=False)  # fmt: skip
        return done.returncode == 0

    def space(self, name: str) -> str:
        """The namespace's own name."""
        return f"{PREFIX}{self._pid}-{name}"

    def _line(self, name: str) -> str:
        return f"{PREFIX}{self._pid}{name}"

    def _add(self, name: str) -> None:
        space, line = self.space(name), self._line(name)
        if len(line) > 15:  # IFNAMSIZ, linux/if.h
            raise NetworkError(f"{line!r} is too long for an interface's name")
        _run("ip", "netns", "add", space)
        _run("ip", "link", "add", line, "type", "veth", "peer", "name", "eth0", "netns", space)
        _run("ip", "link", "set", line, "master", self._bridge, "up")
        _run("ip", "-n", space, "link", "set", "lo", "up")
        _run("ip", "-n", space, "addr", "add", f"{self.address(name)}/24", "dev", "eth0")
        _run("ip", "-n", space, "link", "set", "eth0", "up")


def remove_leftovers() -> None:
    """What runs that were killed have left behind."""
    for kind in (("netns", "list"), ("-o", "link", "show")):
        for line in _run("ip", *kind).stdout.splitlines():
            found = re.search(rf"\b({PREFIX}(\d+)[-\w]*)", line)
            if found and not os.path.exists(f"/proc/{found[2]}"):  # noqa: PTH110  no path of a file system
                what = "netns" if kind[0] == "netns" else "link"
                _run("ip", what, "del", found[1], check=False)


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    if check and done.returncode:
        raise NetworkError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done
