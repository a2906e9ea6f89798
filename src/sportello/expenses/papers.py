"""From papers in the database to what the rules take: read in bulk, with as many queries for one as for a thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sistemats.codes import SenderCategory
from sportello.billing.models import Invoice, InvoiceGroup, InvoiceKind, InvoiceLine
from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature
from sportello.expenses.models import Expense, ExpenseMapping, StsSettings
from sportello.expenses.rules.content import ZERO, Reference
from sportello.expenses.rules.mapping import Mapped, mapping_on, suggested
from sportello.expenses.rules.should import FIRST_PAYMENT, Paper, PaperGroup, PaperLine, Stamp

_Rows = Mapping[int, Sequence[InvoiceLine]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An invoice with its issued credit notes, oldest first."""

    invoice: Invoice
    notes: tuple[Invoice, ...]

    @property
    def papers(self) -> tuple[Invoice, ...]:
        """All of them, the invoice first."""
        return (self.invoice, *self.notes)


class Shelf:
    """What a handful of invoices needs to be derived, read at once. Act as `System`."""

    def __init__(self, invoice_ids: Collection[int]) -> None:
        """Read invoices, notes, lines, groups, mappings, accounts and the expenses there are."""
        papers = Invoice.objects.defer("snapshot").select_related("patient", "customer", "entity")
        invoices = papers.filter(pk__in=invoice_ids, kind=InvoiceKind.INVOICE).exclude(state="DRAFT").order_by("pk")
        entities = set(Invoice.objects.filter(pk__in=invoice_ids).values_list("entity_id", flat=True))
        self.accounts = {row.entity_id: row for row in StsSettings.objects.filter(entity_id__in=entities)}
        mine = [row for row in invoices if self._works(row)]
        notes: defaultdict[int, list[Invoice]] = defaultdict(list)
        ids = [row.pk for row in mine]
        for note in papers.filter(corrects_id__in=ids).exclude(state="DRAFT").order_by("issued_at", "pk"):
            notes[note.corrects_id or 0].append(note)
        self.bundles = [Bundle(row, tuple(notes[row.pk])) for row in mine]
        every = [paper.pk for bundle in self.bundles for paper in bundle.papers]
        self._lines = _grouped(InvoiceLine.objects.filter(invoice_id__in=every).order_by("position"))
        self._groups = _groups(InvoiceGroup.objects.filter(invoice_id__in=every).order_by("position"))
        self._mappings = self._read_mappings(entities)
        self.expenses = {row.invoice_id: row for row in Expense.objects.filter(invoice_id__in=every).order_by("pk")}

    def _works(self, invoice: Invoice) -> bool:
        account = self.accounts.get(invoice.entity_id)
        return account is not None and account.is_active

    def _read_mappings(self, entities: Iterable[int]) -> dict[tuple[int, int], list[Mapped]]:
        found: defaultdict[tuple[int, int], list[Mapped]] = defaultdict(list)
        services = {line.service_id for lines in self._lines.values() for line in lines if line.service_id}
        for row in ExpenseMapping.objects.filter(entity_id__in=entities, service_id__in=services):
            found[row.entity_id, row.service_id].append(Mapped(row.valid_from, row.expense_type, row.flag))
        return found

    def paper(self, bundle: Bundle, paper: Invoice, *, original_due: bool = True) -> Paper:
        """Return one of a bundle's papers as the rules take it."""
        invoice, account = bundle.invoice, self.accounts[bundle.invoice.entity_id]
        expense = self.expenses.get(paper.pk)
        head = self.expenses.get(invoice.pk)
        is_note = paper.pk != invoice.pk
        opposition = head.opposition if head is not None else None
        return Paper(
            reference=reference_of(paper, expense),
            is_person=paper.inputs.get("customer") == CustomerKind.PRIVATE.value,
            lines=tuple(self._line(paper, line, account) for line in self._lines.get(paper.pk, ())),
            groups=tuple(self._groups.get(paper.pk, ())),
            stamp=Stamp(paper.stamp, paper.stamp_nature, account.stamp_expense),
            paid_on=invoice.paid_on,
            code=_code(invoice),
            opposed=paper.opposed if opposition is None else opposition,
            traceable=invoice.traceable,
            bonus_share=invoice.bonus_share if invoice.bonus_code and not is_note else ZERO,
            excluded=expense is not None and expense.excluded,
            active_since=account.active_since or FIRST_PAYMENT,
            original=reference_of(invoice, head) if is_note else None,
            original_due=original_due,
        )

    def _line(self, paper: Invoice, line: InvoiceLine, account: StsSettings) -> PaperLine:
        nature = ServiceNature(line.nature)
        kind, flag = self._type(paper, line, account, nature)
        return PaperLine(nature, kind, flag, line.net, line.vat_label)

    def _type(
        self, paper: Invoice, line: InvoiceLine, account: StsSettings, nature: ServiceNature
    ) -> tuple[str | None, str]:
        """Return a line's type and flag; a line typed by hand is what such a service usually is."""
        if line.service_id is None:
            return suggested(SenderCategory(account.category), nature), ""
        rows = self._mappings.get((paper.entity_id, line.service_id), ())
        found = mapping_on(rows, paper.issued_on or date.min)
        return (None, "") if found is None else (found.expense_type, found.flag)


def reference_of(paper: Invoice, expense: Expense | None) -> Reference:
    """Return a paper's reference at the State: as it was first sent, else as the paper says, without spaces."""
    if expense is not None and expense.sent_once:
        return Reference(expense.vat_number, expense.issued_on, expense.number, expense.device)
    device = 1 if expense is None else expense.device
    number = "".join(paper.printed_number.split())
    return Reference(paper.entity.partita_iva, paper.issued_on or date.min, number, device)


def _code(invoice: Invoice) -> str:
    if invoice.customer is not None:
        return str(invoice.customer.codice_fiscale)
    return str(invoice.patient.codice_fiscale) if invoice.patient is not None else ""


def _grouped(rows: Iterable[InvoiceLine]) -> dict[int, list[InvoiceLine]]:
    found: defaultdict[int, list[InvoiceLine]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(row)
    return found


def _groups(rows: Iterable[InvoiceGroup]) -> dict[int, list[PaperGroup]]:
    found: defaultdict[int, list[PaperGroup]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(PaperGroup(row.vat_label, _whole(row.taxable, row.vat)))
    return found


def _whole(taxable: Decimal, vat: Decimal) -> Decimal:
    return taxable + vat
