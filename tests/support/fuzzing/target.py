"""What a target is: a function of bytes that may raise what it promises, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes any bytes; `promised` are the exceptions that its documentation names. Anything else that comes
    out of it, and every failed assertion in it, is a finding. `seeds` are good inputs to begin with."""

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    promised: tuple[type[Exception], ...] = ()
    largest: int = 4096
    """Bytes of an input that a search makes."""

    def __call__(self, raw: bytes) -> bool:
        """Run it; False where a promised exception came. Raises what is a finding."""
        try:
            self.run(raw)
        except self.promised:
            return False
        return True
