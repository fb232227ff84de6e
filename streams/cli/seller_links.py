"""`relistwatch seller-links`: accounts that seem to be one seller, as they come."""

from typing import TYPE_CHECKING

import typer

from streams.cli.tail import AsJson, FromBeginning, Limit, add_group, safe, show_arriving

if TYPE_CHECKING:
    from rich.text import Text

    from connectors.seller_links import SellerLink


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add_group(app, "seller-links", "Accounts that seem to be one seller.", tail)


def tail(
    context: typer.Context,
    from_beginning: FromBeginning = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Show pairs of accounts that share a backdrop, photos or a contact, as they are seen, until stopped with
    Ctrl-C. `relistwatch sellers` shows them put together.

    Example: `relistwatch seller-links tail --from-beginning`
    """
    from connectors.seller_links import SellerLink  # noqa: PLC0415
    from streams.topics import SELLER_LINKS  # noqa: PLC0415

    show_arriving(
        context,
        SELLER_LINKS,
        SellerLink,
        seller_link_text,
        from_beginning=from_beginning,
        limit=limit,
        as_json=as_json,
    )


def seller_link_text(link: "SellerLink") -> "Text":
    """The link in two lines for a person. All text from outside is escaped; Text takes no markup."""
    from rich.text import Text  # noqa: PLC0415

    from streams.sellers.words import link_words, listing_words  # noqa: PLC0415

    text = Text()
    text.append(" and ".join(f"shop {safe(seller.key)}" for seller in link.sellers), style="bold")
    text.append(f": {link.reason}, {link_words(link)}, because of takedown {safe(link.takedown_id)}")
    listings = " and ".join(map(listing_words, link.sellers))
    text.append(f"\n  {listings}  seen {link.seen_at:%Y-%m-%d %H:%M:%S%z}", style="dim")
    return text
