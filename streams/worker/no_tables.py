"""Faust without tables (docs/decisions/003), and without the second in which it waits for them at every start."""

from faust.tables import TableManager


class NoTables(TableManager):  # type: ignore[misc]
    """Faust's own sleeps a second in `on_start`, so that modules that are still being imported may define tables."""

    async def on_start(self) -> None:
        """As Faust's, at once: there are none, and agents were all defined before the app was started."""
        if self:
            raise RuntimeError("tables are not waited for")
        await self._update_channels()
        await self.recovery.start()
