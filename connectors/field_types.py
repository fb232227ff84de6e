"""The texts that records are made of: what an id, a marketplace, a time and an amount may look like.

Patterns end in `\\Z`: Python's `$` lets a line feed behind the text pass, and an id with one is another id that looks
the same. The exported schemas say `$` (`streams.schema`), which means the very end there (ECMA-262, 22.2.2.4).
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Key = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""An id as the marketplace gives it: 1 to 256 characters, no control characters."""

Marketplace = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*\Z")]
"""A marketplace's short name, such as `shopee-id`: never a colon, so that `marketplace:listing_id` parses."""

Timestamp = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A SHA-256 in lower-case hex."""
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,18}(\.[0-9]{1,6})?\Z")]
"""A price as decimal text, so that no binary float rounds it."""
