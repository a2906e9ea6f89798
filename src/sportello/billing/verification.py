"""Whether what is kept is what was issued: hashes, figures, standings and numbers, computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from sportello.billing.credited import credited
from sportello.billing.frozen import document_of
from sportello.billing.models import Invoice, InvoiceKind, InvoiceLine
from sportello.billing.operations import standing
from sportello.billing.paper.content import Content
from sportello.billing.rules.credit import credit
from sportello.billing.rules.numbering import GapReport, gap_report
from sportello.billing.rules.totals import StampTerms, compute
from sportello.core.files import keeping
from sportello.parties.models import Counter


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a paper: its id, its number as printed, and a code such as ``pdf_altered``."""

    invoice_id: int
    number: str
    code: str


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """The numbers of one series and year (year 0: a series that never restarts)."""

    entity_id: int
    series: str
    year: int
    report: GapReport


def verify_papers(practice_id: int | None = None, *, with_files: bool = True) -> Iterator[Fault]:
    """Compute every issued paper again and yield what does not agree; act as `System`."""
    rows = Invoice.objects.exclude(state="DRAFT").order_by("pk")
    if practice_id is not None:
        rows = rows.filter(practice_id=practice_id)
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position"))
    for invoice in rows.select_related("paper", "corrects").prefetch_related(lines).iterator(500):
        for code in _faults(invoice, with_files):
            yield Fault(invoice.pk, invoice.printed_number, code)


def verify_numbers(practice_id: int | None = None) -> Iterator[SeriesReport]:
    """Yield the gap report of every series and year that gave a number, clean or not."""
    counters = Counter.objects.filter(last_number__gt=0).select_related("series").order_by("series_id", "year")
    if practice_id is not None:
        counters = counters.filter(series__entity__practice_id=practice_id)
    for counter in counters:
        yield series_report(counter)


def series_report(counter: Counter) -> SeriesReport:
    """Return the gap report of one counter, the last number given included."""
    series = counter.series
    rows = Invoice.objects.filter(
        entity_id=series.entity_id, series_code=series.code, counter_year=counter.year, number__isnull=False
    )
    issued = [(number, on) for number, on in rows.values_list("number", "issued_on") if number is not None and on]
    found = gap_report(issued, first=counter.start_number)
    highest = max((number for number, _ in issued), default=counter.start_number - 1)
    if highest < counter.last_number:
        found = GapReport((*found.missing, (highest + 1, counter.last_number)), found.duplicates, found.inversions)
    return SeriesReport(series.entity_id, series.code, counter.year, found)


def _faults(invoice: Invoice, with_files: bool) -> Iterator[str]:
    if hashlib.sha256(invoice.snapshot.encode()).hexdigest() != invoice.snapshot_sha256:
        yield "snapshot_altered"
    elif not _prints_its_figures(invoice):
        yield "snapshot_differs"
    if not _adds_up(invoice):
        yield "figures_differ"
    if invoice.kind == InvoiceKind.INVOICE and _standing(invoice) != _derived(invoice):
        yield "standing_differs"
    if invoice.paper is None:
        yield "pdf_missing"
    elif with_files:
        try:
            for _ in keeping.stream(invoice.paper):
                pass
        except keeping.FileMissing:
            yield "pdf_missing"
        except keeping.FileDamaged:
            yield "pdf_altered"


def _prints_its_figures(invoice: Invoice) -> bool:
    printed = Content.from_json(invoice.snapshot)
    sums = printed.totals
    shown = (printed.number, sums.net, sums.fund, sums.vat, sums.stamp, sums.total, sums.withheld, sums.payable)
    return shown == (invoice.printed_number, *_figures(invoice))


def _figures(invoice: Invoice) -> tuple[Decimal, ...]:
    return (
        invoice.services,
        invoice.fund,
        invoice.vat,
        invoice.stamp,
        invoice.total,
        invoice.withheld,
        invoice.payable,
    )


def _adds_up(invoice: Invoice) -> bool:
    """Tell whether the stored figures are what the rules give for the stored lines today."""
    if invoice.kind == InvoiceKind.CREDIT_NOTE:
        return _note_adds_up(invoice)
    lines = list(invoice.lines.all())
    totals = compute(document_of(invoice, lines))
    nets = tuple(line.net for line in lines)
    again = (totals.services_total, totals.fund_total, totals.vat_total, totals.stamp)
    return totals.lines_net == nets and (*again, totals.total, totals.withheld, totals.payable) == _figures(invoice)


def _note_adds_up(note: Invoice) -> bool:
    """Compute the note again after the notes before it."""
    if note.corrects is None:
        return False
    found = credited(note.corrects)
    before = Invoice.objects.filter(corrects=note.corrects).exclude(state="DRAFT").order_by("issued_at", "pk")
    place = list(before.values_list("pk", flat=True)).index(note.pk)
    own = StampTerms(Decimal(note.inputs["stamp_threshold"]), Decimal(note.inputs["stamp_amount"]))
    figures = credit(found.totals, found.notes[:place], found.notes[place], own_stamp=own)
    again = (sum(figures.lines_net, Decimal(0)), figures.fund_total, figures.vat_total, figures.stamp_given_back)
    return (*again, figures.total, figures.withheld, figures.payable) == _figures(note)


def _standing(invoice: Invoice) -> tuple[object, ...]:
    return tuple(getattr(invoice, column) for column in standing.COLUMNS)


def _derived(invoice: Invoice) -> tuple[object, ...]:
    again = Invoice(payable=invoice.payable)
    standing.apply(again, standing.balance_of(invoice))
    return _standing(again)
