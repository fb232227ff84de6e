"""Pages from templates: everything is escaped, and every page knows who looks at it and in which language."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from streams.console.context import console_of
from streams.console.guard import csrf_of, person_or_none
from streams.console.static_files import address_of
from streams.console.words import Language, language_of, word
from streams.words.safe_text import safe_text

LANGUAGE_COOKIE = "rw_language"
THEME_COOKIE = "rw_theme"
Theme = Literal["auto", "light", "dark"]
SHOWN_CHARACTERS = 300
ACCENTS = 3
"""On one letter; Vietnamese has two, Hebrew with all its points three."""

ENVIRONMENT = Environment(
    loader=PackageLoader("streams.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def plain(text: object, most: int = SHOWN_CHARACTERS) -> str:
    """A text from outside without what changes how the page around it reads: controls, direction marks, floods of
    accents."""
    return few_accents(safe_text(str(text), most))


def few_accents(text: str) -> str:
    """The text with at most `ACCENTS` on one letter: more would run over the lines above and below."""
    if text.isascii():
        return text
    shown: list[str] = []
    accents = 0
    for character in text:
        accents = accents + 1 if unicodedata.category(character)[0] == "M" else 0
        if accents <= ACCENTS:
            shown.append(character)
    return "".join(shown)


def moment(milliseconds: int | None) -> str:
    """A time as people read it, UTC; the browser shows its own zone beside it."""
    if milliseconds is None:
        return "–"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def thousands(number: float) -> str:
    """A count with its digits in groups."""
    return f"{number:,.0f}"


ENVIRONMENT.filters.update(plain=plain, few_accents=few_accents, moment=moment, thousands=thousands)
ENVIRONMENT.globals.update(address_of=address_of)


def language_for(request: web.Request) -> Language:
    """The language that was chosen, or else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("en", "id"):
        return "en" if chosen == "en" else "id"
    default = console_of(request).settings.dashboard.language
    return language_of(request.headers.get("Accept-Language", ""), default)


def theme_for(request: web.Request) -> Theme:
    """The colours that were chosen."""
    chosen = request.cookies.get(THEME_COOKIE)
    return "light" if chosen == "light" else "dark" if chosen == "dark" else "auto"


def drawn(request: web.Request, template: str, values: Mapping[str, Any] | None = None) -> str:
    """The template's HTML. Beside `values` it has `t` (words by key), `person`, `csrf`, `language` and `theme`."""
    language = language_for(request)
    return ENVIRONMENT.get_template(template).render(
        t=partial(word, language),
        person=person_or_none(request),
        csrf=csrf_of(request),
        language=language,
        theme=theme_for(request),
        path=request.path,
        **(values or {}),
    )


def page(
    request: web.Request, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """The template as an answer; nobody keeps it."""
    return answer(drawn(request, template, values), status=status)


def answer(html: str, *, status: int = 200) -> web.Response:
    """HTML that is drawn already, likewise."""
    return web.Response(
        text=html, content_type="text/html", status=status, headers={"Cache-Control": "no-store"}
    )
