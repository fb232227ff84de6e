"""The queue's rows, looked up and drawn once for all who look at the same part of it.

At each piece of news every open page asks for them anew, all at once.
"""

from functools import partial
from typing import Any

from aiohttp import web
from markupsafe import Markup

from streams.console.asker import person_of
from streams.console.context import console_of
from streams.console.queue.filters import Filter
from streams.console.queue.rows import queue_page
from streams.console.queue.search import Place
from streams.console.remembered import remembered
from streams.console.rendering import ENVIRONMENT, language_for
from streams.console.words import word

NEWS = "alerts"


async def rows_html(
    request: web.Request, wanted: Filter, after: Place | None, values: dict[str, Any]
) -> Markup:
    """The rows as a page has them. `values`: what the template needs beside them, `chosen` among it."""
    console, me, language = console_of(request), person_of(request), language_for(request)
    found = await remembered(
        console, NEWS, ("queue", wanted, after), partial(queue_page, console.database, wanted, after)
    )
    # Whoever has one of them open sees it otherwise than the others do.
    own = me.name if any(row.holder == me.name for row in found.rows) else ""
    chosen = values["chosen"] if any(row.alert_id == values["chosen"] for row in found.rows) else None
    drawn_for = ("rows", wanted, after, chosen, language, me.may("judge"), own)
    template = ENVIRONMENT.get_template("alert_rows.html")
    draw = partial(template.render, **values, queue=found, t=partial(word, language))
    return Markup(await remembered(console, NEWS, drawn_for, draw))  # noqa: S704  drawn by an escaping template
