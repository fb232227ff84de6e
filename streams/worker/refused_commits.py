"""A commit that Kafka refuses does not count as one.

Faust 0.15.3 notes offsets as committed whether Kafka took them or not (`Consumer._commit_offsets`). Kafka refuses them
from a worker that was stopped or silent past its session. Where its answer comes after Faust has set its places back to
what is committed, the note stays: the messages come again, are handled again, and Faust leaves their acknowledgements
out. The partition then stands still until a later message comes, and a worker without news ends itself as lost.
"""

from collections.abc import Mapping
from typing import Any


class RefusedCommits:
    """In front of a `faust` consumer."""

    _committed_offset: Any
    _refused: dict[Any, int | None]

    async def _commit(self, offsets: Mapping[Any, int]) -> bool:
        committed: bool = await super()._commit(offsets)  # type: ignore[misc]
        if not committed:
            # From here to Faust's note nothing is waited for: what stands now was read from Kafka, or is none.
            self._refused = {place: self._committed_offset[place] for place in offsets}
        return committed

    async def _commit_offsets(
        self, offsets: Mapping[Any, int], *, start_new_transaction: bool = True
    ) -> bool:
        self._refused = {}
        committed: bool = await super()._commit_offsets(  # type: ignore[misc]
            offsets, start_new_transaction=start_new_transaction
        )
        self._committed_offset.update(self._refused)
        return committed
