"""What a fault is, and the register of all there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.chaos.scene import Scene


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `run` lasts as long as it does and gives back a note; `short`: part of the short form. `needs`:
    `network` (namespaces, root) or `disk` (small disks, root)."""

    name: str
    what: str
    run: Callable[[Scene], str]
    needs: frozenset[str] = frozenset()
    short: bool = False


NETWORK = frozenset({"network"})
DISK = frozenset({"disk"})


class UnknownFaultError(ValueError):
    """There is no fault of that name; the message says which there are."""


def chosen(faults: Sequence[Fault], names: Sequence[str], *, short: bool) -> list[Fault]:
    """The faults of these names, in their order; all of them without names, or the short form's.

    Raises:
        UnknownFaultError: a name is none.
    """
    known = {fault.name: fault for fault in faults}
    if unknown := [name for name in names if name not in known]:
        raise UnknownFaultError(f"no fault is called {unknown[0]!r}; there are {', '.join(known)}")
    if names:
        return [known[name] for name in names]
    return [fault for fault in faults if fault.short or not short]
