"""What a process owes to being the first of its container.

The kernel spares the first process of a PID namespace every signal that it has no handler for (pid_namespaces(7)): what
ends any other process does nothing to it. An init such as `docker run --init` makes that somebody else's; Kubernetes
has none.
"""

import ctypes
import os
import signal
import sys
from types import FrameType

TERMINATED = 128 + int(signal.SIGTERM)
"""The exit code that shells give to a process that SIGTERM ended."""


def is_first() -> bool:
    """Whether this process is the first of its PID namespace."""
    return os.getpid() == 1


def end_by_sigterm() -> None:
    """Let SIGTERM end the process from its start on; whoever has something to finish sets a handler of its own later.

    Else a pod that is stopped while it still looks for its broker would use up its whole grace period.
    """
    if is_first() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(_: int, __: FrameType | None) -> None:
    sys.exit(TERMINATED)


def end_by_sigprof() -> None:
    """Let SIGPROF end the process, with its number, 27, as exit code.

    C's `_exit` is the handler: no interpreter and no lock are needed, which may be held for ever.
    """
    if is_first():
        library = ctypes.CDLL(None)
        library.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
        library.signal.restype = ctypes.c_void_p
        library.signal(int(signal.SIGPROF), ctypes.cast(library._exit, ctypes.c_void_p))
