"""The links around an alert's two sellers, out of the database."""

from collections.abc import Iterable
from contextlib import suppress

import msgspec
from sqlalchemy import Connection, select

from connectors.events import Alert, AlertListing
from connectors.seller_links import SellerLink
from streams.console.case_records import NUL
from streams.console.seller_sketch import Sketch, seller_sketch
from streams.console.tables import SELLER_LINKS
from streams.sellers.edges import NewestLinks, edges_of
from streams.sellers.graph import SellerGraph

LINKS_READ = 200
"""Of each side and step: an account whose contact thousands tell has as many links."""
ACCOUNTS_FOLLOWED = 60
_decoder = msgspec.json.Decoder(SellerLink)


def sellers_of(connection: Connection, alert: Alert) -> Sketch | None:
    """The drawing of the accounts within two links of the listing's seller and the takedown's."""
    listing, takedown = _account(alert.listing), _account(alert.takedown)
    starts = {account for account in (listing, takedown) if account is not None}
    links = NewestLinks()
    near = _read(connection, starts, links)
    _read(connection, sorted(near - starts)[:ACCOUNTS_FOLLOWED], links)
    return seller_sketch(SellerGraph(edges_of(links.links.values())), listing, takedown)


def _read(connection: Connection, accounts: Iterable[str], links: NewestLinks) -> set[str]:
    """Put the links of these accounts; the accounts at their ends."""
    wanted = sorted(accounts)
    ends: set[str] = set()
    if not wanted:
        return ends
    for column in (SELLER_LINKS.c.left, SELLER_LINKS.c.right):
        found = connection.execute(
            select(SELLER_LINKS.c.left, SELLER_LINKS.c.right, SELLER_LINKS.c.record)
            .where(column.in_(wanted))
            .limit(LINKS_READ)
        )
        for left, right, record in found:
            with suppress(msgspec.DecodeError):
                links.put(_decoder.decode(record))
                ends.update((left, right))
    return ends


def _account(side: AlertListing) -> str | None:
    return None if side.seller_id is None or NUL in side.account else side.account
