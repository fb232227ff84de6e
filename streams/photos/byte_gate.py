"""A bound on bytes that are held at once, where how many a step will bring is not known before it is done."""

import asyncio


class ByteGate:
    """Whoever wants to bring more waits for room; what was brought is taken and given back. At most the limit and what
    was let in last is held."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def full(self) -> bool:
        """Whether there is no room now."""
        return self.held >= self._limit

    async def room(self) -> None:
        """Return when less than the limit is held."""
        await self._free.wait()

    def take(self, size: int) -> None:
        """So many bytes are held from now on."""
        self.hold(self.held + size)

    def give(self, size: int) -> None:
        """So many are held no more."""
        self.hold(self.held - size)

    def hold(self, size: int) -> None:
        """So many are held in all."""
        self.held = max(0, size)
        if self.held < self._limit:
            self._free.set()
        else:
            self._free.clear()
