"""The quick rows of the list are those that the template draws, in every language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from babel.numbers import format_decimal
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation

from deskwire.messages import InvoiceRow, PaperKind, PaperState
from portal.web import formats
from portal.web.papers import rows, words
from portal.web.templatetags.portal import chip

LANGUAGES = [code for code, _ in settings.LANGUAGES]
HERE = UUID(int=5)
NASTY = "7/<b>&\"'%(id)s%% {x}"


def _papers() -> list[InvoiceRow]:
    found: list[InvoiceRow] = []
    for kind in PaperKind:
        for state in PaperState:
            for paid in (None, date(2026, 1, 3)):
                at = len(found)
                amount = Decimal(at * at * 7919) / 100 * (-1 if kind is PaperKind.CREDIT_NOTE else 1)
                day = date(2025, 1 + at % 12, 1 + at)
                found.append(InvoiceRow(str(UUID(int=at)), NASTY, day, paid, state, kind, amount, "EUR", at % 3 > 0))
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_drawn_is_what_the_template_draws_of_each_paper(code: str) -> None:
    papers = _papers()
    marked = {paper.id for paper in papers[::2]}
    template = get_template("papers/_row.html")
    with translation.override(code):
        expected = []
        for at, paper in enumerate(papers, 1):
            look = words.look(paper.kind, paper.state)
            shown = rows.Row(
                at=str(at),
                id=paper.id,
                cents=str(int(paper.amount * 100)),
                issued=formats.long_day(paper.issued_on),
                amount=formats.money(paper.amount),
                kind=str(words.KINDS[paper.kind]),
                number=paper.number,
                paid=formats.day(paper.paid_on) if paper.paid_on else "",
                address=reverse("papers:paper", args=[HERE, paper.id]),
                state=chip(look.family, look.icon, look.word),
                ready=paper.ready,
                marked=paper.ready and paper.id in marked,
            )
            expected.append(template.render({"row": shown}))
        assert rows.drawn(papers, HERE, marked=marked, everything=False) == "".join(expected)


def test_drawn_with_everything_marked_leaves_out_what_is_not_made_yet() -> None:
    papers = _papers()
    html = rows.drawn(papers, HERE, marked=(), everything=True)
    assert html.count(" checked") == sum(paper.ready for paper in papers)
    assert html.count(" disabled") == sum(not paper.ready for paper in papers)


@pytest.mark.parametrize("code", LANGUAGES)
def test_money_is_written_as_cldr_has_it(code: str) -> None:
    known = formats.locale("it" if code == "ar" else code)
    with translation.override(code):
        for figures in ("0", "0.05", "9.90", "999.99", "1000", "1234.5", "12345.67", "999999.99", "1234567.89"):
            digits = format_decimal(Decimal(figures), format="#,##0.00", locale=known)
            assert digits in formats.money(Decimal(figures))
            assert formats.money(-Decimal(figures)).startswith(formats.MINUS) == (Decimal(figures) != 0)
