"""Words that people search for, closed so that they may stand in an address.

What is typed into a search field is often a name or a codice fiscale, and those never enter an address or a log
(ARCHITECTURE 3). The words are posted, sealed with the party's key, and the list is shown at `?search=SEALED`: the
address can be reloaded, bookmarked and gone back to, and says nothing to anybody else.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from sportello.core.crypto import KeyMissing, WrongKey
from sportello.core.keys import ring
from sportello.web.http import PartyRequest

PARAMETER: Final = "search"
LONGEST: Final = 100
_PLACE = "web.search"
_STALE = {PARAMETER, "after", "before"}


def search_words(request: PartyRequest) -> str:
    """Return what the person searches for in this list, or nothing; an altered or foreign seal is no search."""
    sealed = request.GET.get(PARAMETER, "")
    if not sealed:
        return ""
    try:
        return ring().open(sealed, scope=_scope(request), place=_PLACE).decode()
    except (KeyMissing, WrongKey, ValueError):
        return ""


def address_with(request: PartyRequest, page: str, words: str) -> str:
    """Return the address of a list with these words sealed into it, from its first page, other filters kept."""
    parts = urlsplit(page)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in _STALE]
    if words:
        query.append((PARAMETER, ring().seal(words[:LONGEST].encode(), scope=_scope(request), place=_PLACE)))
    return f"{parts.path}?{urlencode(query)}" if query else parts.path


def _scope(request: PartyRequest) -> str:
    return f"party:{request.actor.party_id}"
