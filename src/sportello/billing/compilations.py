"""What is said on the papers about papers: the cover of a joined file, and the statement of a year.

Source: practice specification 7 (copies, yearly statement). Reads what was found, writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from sportello.billing import terms
from sportello.billing.models import InvoiceKind
from sportello.billing.paper import courtesy
from sportello.billing.paper.listing import Column, Listing, Pair, Section, Tongue
from sportello.billing.paper.spelling import day, money
from sportello.billing.queries.portal import Chosen, PortalPaper
from sportello.billing.queries.statement import Statement, StatementLine
from sportello.billing.reference import Kind
from sportello.core.money import total_of

MOST_LISTED = 60
"""Papers that a cover lists; of more, the bookmarks are the list."""


@dataclass(frozen=True, slots=True)
class Heading:
    """
    Whose papers these are and who made the file.

    :ivar practice: name, then lines of its address
    :ivar person: name, then the codice fiscale if there is one
    """

    practice: tuple[str, ...] = field(repr=False)
    person: tuple[str, ...] = field(repr=False)
    language: str
    made_on: date


def cover(chosen: Sequence[Chosen], heading: Heading) -> Listing:
    """Return the first page of a joined file; papers whose PDF is not made yet are named as missing."""
    tongue = Tongue(heading.language)
    there = [each.paper for each in chosen if each.paper.ready]
    missing = [each.paper for each in chosen if not each.paper.ready]
    lead = [tongue.pair("copies_lead")]
    if missing:
        names = ", ".join(paper.number for paper in missing)
        lead.append(tuple(f"{text}: {names}" for text in tongue.pair("not_ready")))
    rows = tuple(_cover_row(paper) for paper in there) if len(there) <= MOST_LISTED else ()
    return Listing(
        title=tongue.pair("copies"),
        made_on=heading.made_on,
        language=heading.language,
        practice=heading.practice,
        person=heading.person,
        lead=tuple(lead),
        facts=(
            (tongue.pair("documents"), str(len(there))),
            (tongue.pair("total"), money(total_of(paper.amount for paper in there))),
            (tongue.pair("made_on"), day(heading.made_on)),
        ),
        columns=(
            Column(tongue.pair("document")),
            Column(tongue.pair("date"), 26),
            Column(tongue.pair("state"), 44),
            Column(tongue.pair("amount"), 32, at_end=True),
        ),
        sections=(Section("", rows),) if rows else (),
    )


def paper_name(paper: PortalPaper, language: str) -> str:
    """Return what a paper is called in a language: "Fattura 12/2026"."""
    key = "credit_note" if paper.kind == InvoiceKind.CREDIT_NOTE else "invoice"
    return f"{Tongue(language).one(key)} {paper.number}"


def _cover_row(paper: PortalPaper) -> tuple[str, ...]:
    state = Tongue("it").one(paper.standing)
    return paper_name(paper, "it"), day(paper.issued_on), state, money(paper.amount)


def year_statement(found: Statement, heading: Heading) -> Listing:
    """Return the statement of a year: every payment and refund by the one who issued, with its trace, and the sums."""
    tongue = Tongue(heading.language)
    say = partial(tongue.pair, "statement", year=str(found.year))
    return Listing(
        title=say(),
        made_on=heading.made_on,
        language=heading.language,
        practice=heading.practice,
        person=heading.person,
        lead=(tongue.pair("statement_lead" if found.sections else "nothing"),),
        facts=((tongue.pair("made_on"), day(heading.made_on)),),
        columns=(
            Column(tongue.pair("paid_on"), 23),
            Column(tongue.pair("document"), 40),
            Column(tongue.pair("how")),
            Column(tongue.pair("is_traceable"), 24),
            Column(tongue.pair("amount"), 30, at_end=True),
        ),
        sections=tuple(
            Section(f"{tongue.pair('issued_by')[0]}: {each.issuer} · P. IVA {each.partita_iva}", _lines(each.lines))
            for each in found.sections
            if any(line.movement.own for line in each.lines)
        ),
        sums=_sums(found, tongue),
        notes=tuple(_notes(found, tongue)),
    )


def _lines(lines: Sequence[StatementLine]) -> tuple[tuple[str, ...], ...]:
    return tuple(_line(each) for each in lines if each.movement.own)


def _line(line: StatementLine) -> tuple[str, ...]:
    italian = Tongue("it")
    back = f" ({italian.one('refund')})" if line.movement.refund else ""
    traceable = italian.one("yes" if line.movement.traceable else "no") + ("*" if line.mixed else "")
    return (
        day(line.movement.on),
        f"{line.number} del {day(line.issued_on)}",
        method_name(line.method, line.movement.on) + back,
        traceable,
        _signed(line.signed),
    )


def _sums(found: Statement, tongue: Tongue) -> tuple[tuple[Pair, str], ...]:
    sums = found.sums
    rows = [(tongue.pair("sum_traceable"), sums.traceable), (tongue.pair("sum_untraceable"), sums.untraceable)]
    if sums.refunded:
        rows.append((tongue.pair("sum_refunded"), -sums.refunded))
    rows.append((tongue.pair("sum_net"), sums.net))
    return tuple((label, _signed(amount)) for label, amount in rows)


def _notes(found: Statement, tongue: Tongue) -> list[Pair]:
    notes: list[Pair] = []
    if found.sums.untraceable:
        notes.append(_with(tongue.pair("of_which_traceable"), _signed(found.sums.net_traceable)))
    if any(line.mixed for section in found.sections for line in section.lines):
        notes.append(tongue.pair("mixed"))
    if found.sums.by_inps:
        notes.append(_with(tongue.pair("by_inps"), money(found.sums.by_inps)))
    if found.charged_to_others:
        notes.append(_with(tongue.pair("charged_to_others"), str(found.charged_to_others)))
    if tongue.second:
        notes.append(tongue.pair("prevails"))
    return notes


def method_name(code: str, on: date, language: str = "it") -> str:
    """Return how money moved, in words: of the law of that day in Italian, by courtesy in another language."""
    if language != "it" and (said := courtesy.text(f"payment_method.{code}", language)):
        return said
    return str(terms.law_on(on).reference.record(Kind.PAYMENT_METHOD, code, on).values["name"]["it"])


def _with(pair: Pair, value: str) -> Pair:
    return tuple(f"{text}: {value}" for text in pair)


def _signed(amount: Decimal) -> str:
    return money(amount) if amount >= 0 else f"\N{MINUS SIGN}{money(-amount)}"
