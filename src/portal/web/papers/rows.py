"""The rows of the list, drawn quickly: a page holds a hundred, and a template's tags cost more than all else on it.

`papers/_row.html` draws each kind of row once for every language, with marks in the place of what differs from paper to
paper; papers fill the marks. The patterns hold nothing of anybody, and are kept while the process lives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from uuid import UUID

from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from deskwire.messages import InvoiceRow, PaperKind, PaperState
from portal.web import formats
from portal.web.papers import words
from portal.web.templatetags.portal import chip

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Signs of private use, which no word of ours holds."""
_MARK = re.compile(f"{_OPEN}([a-z]+){_CLOSE}")
_NO_PAPER = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Row:
    """What a row shows, each text as it stands in the page."""

    at: str
    id: str
    cents: str
    issued: str
    amount: str
    kind: str
    number: str
    paid: str
    address: str
    state: SafeString | str
    ready: bool
    marked: bool


def drawn(rows: Iterable[InvoiceRow], connection: UUID, *, marked: Collection[str], everything: bool) -> SafeString:
    """
    Return the rows as HTML.

    :param marked: ids of papers that are marked
    :param everything: all are, but for those whose PDF is not made yet
    """
    return mark_safe("".join(_drawn(rows, connection, marked, everything)))  # noqa: S308 - values are escaped one by one


def _drawn(rows: Iterable[InvoiceRow], connection: UUID, marked: Collection[str], everything: bool) -> Iterator[str]:
    code = formats.language()
    address = reverse("papers:paper", args=[connection, _NO_PAPER])
    for at, row in enumerate(rows, 1):
        is_marked = row.ready and (everything or row.id in marked)
        pattern = _pattern(code, row.ready, is_marked, row.paid_on is not None)
        paper = escape(row.id)
        yield pattern % {
            "at": at,
            "id": paper,
            "cents": int(row.amount * 100),
            "issued": escape(formats.long_day(row.issued_on)),
            "amount": escape(formats.money(row.amount, row.currency)),
            "kind": _kind(code, row.kind),
            "number": escape(row.number),
            "paid": escape(formats.day(row.paid_on)),
            "address": address.replace(str(_NO_PAPER), paper),
            "state": _state(code, row.kind, row.state),
        }


@lru_cache(maxsize=128)
def _pattern(_code: str, ready: bool, marked: bool, paid: bool) -> str:
    """Return a kind of row in the active language, for `%` to fill."""
    texts = {name: f"{_OPEN}{name}{_CLOSE}" for name in Row.__slots__ if name not in {"ready", "marked"}}
    row = Row(**texts | {"paid": texts["paid"] if paid else ""}, ready=ready, marked=marked)
    html = get_template("papers/_row.html").render({"row": row})
    return _MARK.sub(r"%(\1)s", html.replace("%", "%%"))


@lru_cache(maxsize=64)
def _kind(_code: str, kind: PaperKind) -> str:
    return escape(str(words.KINDS[kind]))


@lru_cache(maxsize=256)
def _state(_code: str, kind: PaperKind, state: PaperState) -> SafeString:
    look = words.look(kind, state)
    return chip(look.family, look.icon, look.word)
