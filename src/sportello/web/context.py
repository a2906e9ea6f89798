"""What every page's shell needs: theme, languages, the seat and its menu. No query unless somebody is seated."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from sportello.core.actors import acting
from sportello.web import looks
from sportello.web.practice import menu

THEME_COOKIE = "theme"


def theme_of(request: HttpRequest) -> str:
    """Return the theme the browser chose: auto (the device's), light or dark."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in looks.THEMES else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the shell's values. `shell_template`: the practice's shell once a seat was taken."""
    values: dict[str, Any] = {
        "theme": theme_of(request),
        "languages": [(code, looks.LANGUAGE_NAMES[code]) for code, _name in settings.LANGUAGES],
        "themes": [(code, drawing, word) for code, (drawing, word) in looks.THEMES.items()],
        "shell_template": "public/base.html",
        "debug": settings.DEBUG,
    }
    actor, seat = getattr(request, "actor", None), getattr(request, "seat", None)
    if actor is None or seat is None:
        return values
    with acting(actor):
        entries = menu.shown(actor, request.path)
    return values | {
        "shell_template": "practice/base.html",
        "seat": seat,
        "seats": getattr(request, "seats", ()),
        "role_word": looks.ROLES[seat.role],
        "menu": entries,
        "search_url": menu.search_url(actor),
    }
