"""What a page is asked for, out of its address: bounded texts, days, choices. Pure but for the request."""

from datetime import UTC, date, datetime, time

from aiohttp import web

LONGEST = 500
FIRST_YEAR, LAST_YEAR = 1970, 9000


def text_asked(request: web.Request, name: str, most: int = LONGEST) -> str | None:
    """The text, without blanks around it; None where there is none.

    Raises:
        HTTPBadRequest: it is longer than that.
    """
    text = request.query.get(name, "").strip()
    if len(text) > most:
        raise web.HTTPBadRequest(text=name)
    # PostgreSQL keeps no NUL in a text; nothing that we hold has one.
    return text.replace("\x00", "") or None


def choice_asked(request: web.Request, name: str, allowed: tuple[str, ...]) -> str | None:
    """The text where it is one of these."""
    text = request.query.get(name)
    return text if text in allowed else None


def day_asked(request: web.Request, name: str) -> datetime | None:
    """The day (2026-11-30) as its beginning in UTC.

    Raises:
        HTTPBadRequest: it is no day.
    """
    text = text_asked(request, name, 20)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise web.HTTPBadRequest(text=name) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise web.HTTPBadRequest(text=name)
    return datetime.combine(day, time(), UTC)


def is_part_asked(request: web.Request) -> bool:
    """Whether the page's script asks for the part of the page that changes, and not for all of it."""
    return "X-Fragment" in request.headers
