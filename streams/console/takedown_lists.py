"""Takedown lists: what came in and where it stands, one by one with filters, and the story of one."""

from typing import Any, cast, get_args

from aiohttp import web

from connectors.links import LinkTarget, recognise
from connectors.takedown_requests import RequestSource
from connectors.takedown_status import Reason
from streams.console import list_imports, takedown_desk_pages, takedown_report_page
from streams.console.asked import choice_asked, is_part_asked, text_asked
from streams.console.context import Console, console_of
from streams.console.remembered import remembered
from streams.console.rendering import language_for, page
from streams.console.request_rows import (
    LISTS,
    MOST_COUNTED,
    OF_STATE,
    STANDINGS,
    Choices,
    Filter,
    ListSummary,
    Request,
    Standing,
    choices,
    count,
    lists,
    requests,
    totals,
)
from streams.console.routes import Route
from streams.console.takedown_story import in_force, story
from streams.takedowns.report_words import WORDS
from streams.takedowns.view import StandingView

LONGEST_QUERY = 4096
"""As long as a link may be."""
FARTHEST = 10_000


async def overview(request: web.Request) -> web.Response:
    """The lists that came in, the newest first."""
    console = console_of(request)
    first = request.query.get("first", "0")
    number = min(int(first), FARTHEST) if first.isascii() and first.isdigit() and len(first) < 6 else 0
    found, all_of_them = await remembered(
        console, "requests", ("lists", number), lambda: _lists(console, number)
    )
    values: dict[str, Any] = {
        "lists": found[:LISTS],
        "following": number + LISTS if len(found) > LISTS else None,
        "first": number,
        "totals": all_of_them,
        "standings": tuple(STANDINGS),
    }
    return page(
        request, "takedown_lists_part.html" if is_part_asked(request) else "takedown_lists.html", values
    )


async def listed(request: web.Request) -> web.Response:
    """Requests one by one."""
    console = console_of(request)
    standing = choice_asked(request, "standing", tuple(STANDINGS))
    wanted = Filter(
        standing=cast("Standing | None", standing),
        authority=text_asked(request, "authority", 1000),
        source=choice_asked(request, "source", get_args(RequestSource)),
        marketplace=text_asked(request, "marketplace", 100),
        reason=choice_asked(request, "reason", get_args(Reason)),
        sha256=None if "list" not in request.query else (text_asked(request, "list", 64) or ""),
        text=text_asked(request, "text", LONGEST_QUERY),
    )
    after = text_asked(request, "after", 300)
    rows, following, number, of_list = await console.blocking(_requests, console, wanted, after)
    known = await remembered(console, "requests", "choices", lambda: _choices(console))
    values: dict[str, Any] = {
        "wanted": wanted,
        "asked": {name: request.query[name] for name in _ASKED if request.query.get(name, "").strip()}
        | ({"list": wanted.sha256} if wanted.sha256 is not None else {}),
        "rows": rows,
        "following": following,
        "is_first": after is None,
        "count": number,
        "most": MOST_COUNTED,
        "list": of_list,
        "choices": known,
        "sources": get_args(RequestSource),
        "reasons": get_args(Reason),
        "standings": tuple(STANDINGS),
        "of_state": OF_STATE,
        "report_words": WORDS[language_for(request)],
    }
    return page(
        request, "takedown_requests_part.html" if is_part_asked(request) else "takedown_requests.html", values
    )


async def one(request: web.Request) -> web.Response:
    """All that is known of a request, a takedown, a link or a listing's key."""
    console = console_of(request)
    what = text_asked(request, "what", LONGEST_QUERY)
    if what is None:
        raise web.HTTPNotFound
    found, standing = await console.blocking(_story, console, what)
    values: dict[str, Any] = {
        "what": what,
        "story": found,
        "in_force": standing,
        "of_state": OF_STATE,
        "address_of_listing": address_of_listing,
        "report_words": WORDS[language_for(request)],
        "done": choice_asked(request, "done", ("lists.added", "lists.withdrawn_now")),
    }
    status = 200 if found is not None or "done" in request.query else 404
    template = "takedown_story_part.html" if is_part_asked(request) else "takedown_story.html"
    return page(request, template, values, status=status)


def address_of_listing(link: str) -> str | None:
    """Where a listing can be opened: the address that we make ourselves of a known marketplace's link."""
    found = recognise(link)
    return found.url if isinstance(found, LinkTarget) and found.url.startswith("https://") else None


_ASKED = ("standing", "authority", "source", "marketplace", "reason", "text")


def _lists(console: Console, first: int) -> tuple[list[ListSummary], dict[Standing, int]]:
    with console.database.read() as connection:
        return lists(connection, first), totals(connection)


def _requests(
    console: Console, wanted: Filter, after: str | None
) -> tuple[list[Request], str | None, int, ListSummary | None]:
    with console.database.read() as connection:
        rows, following = requests(connection, wanted, after)
        of_list = lists(connection, sha256=wanted.sha256) if wanted.sha256 else []
        return rows, following, count(connection, wanted), of_list[0] if of_list else None


def _choices(console: Console) -> Choices:
    with console.database.read() as connection:
        return choices(connection)


def _story(console: Console, what: str) -> tuple[StandingView | None, set[str]]:
    with console.database.read() as connection:
        found = story(connection, what)
        ids = [each.takedown_id for each in found.takedowns] if found else []
        return found, in_force(connection, ids)


ROUTES = (
    Route("GET", "/takedowns", overview),
    Route("GET", "/takedowns/requests", listed),
    Route("GET", "/takedowns/of", one),
    *list_imports.ROUTES,
    *takedown_desk_pages.ROUTES,
    *takedown_report_page.ROUTES,
)
