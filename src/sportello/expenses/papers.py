"""From papers in the database to what the rules take: read in bulk, with as many queries for one as for a thousand.

Papers are read as plain rows of the few columns that count here: a model of an invoice has sixty, and making one takes
longer than deriving what the State should hold of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models.fields.json import KeyTextTransform

from sistemats.codes import SenderCategory
from sportello.billing.models import Invoice, InvoiceGroup, InvoiceKind, InvoiceLine
from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature
from sportello.core.ready_many import Among, plain_rows
from sportello.expenses.documents import reference_of
from sportello.expenses.models import Expense, ExpenseMapping, Held, StsSettings
from sportello.expenses.rules.content import ZERO, Reference
from sportello.expenses.rules.mapping import Mapped, mapping_on, suggested
from sportello.expenses.rules.should import (
    FIRST_PAYMENT,
    Paper,
    PaperGroup,
    PaperLine,
    Stamp,
    bonus_given_back,
    care,
)
from sportello.patients.models import Customer, Patient


class PaperRow(NamedTuple):
    """The columns of an issued paper that count here. Amounts in EUR; `bonus_code` is closed and only there or not."""

    id: int
    practice_id: int
    entity_id: int
    corrects_id: int | None
    patient_id: int | None
    customer_id: int | None
    printed_number: str
    issued_on: date | None
    paid_on: date | None
    opposed: bool
    traceable: bool | None
    bonus_code: str
    bonus_share: Decimal
    stamp: Decimal
    stamp_nature: str
    total: Decimal
    customer_kind: str | None

    def __repr__(self) -> str:
        """Return no more than which paper it is."""
        return f"PaperRow({self.id})"


_COLUMNS = (*PaperRow._fields[:-1], KeyTextTransform("customer", "inputs"))
_PRIVATE = CustomerKind.PRIVATE.value
_NATURES = {nature.value: nature for nature in ServiceNature}


class Bundle(NamedTuple):
    """An invoice with its issued credit notes, oldest first."""

    invoice: PaperRow
    notes: tuple[PaperRow, ...]


class _Line(NamedTuple):
    invoice_id: int
    service_id: int | None
    nature: str
    vat_label: str
    net: Decimal


class _Account(NamedTuple):
    """What counts of an entity and its account at the State."""

    category: SenderCategory
    vat_number: str
    stamp_expense: str
    active_since: date


class Shelf:
    """What a handful of invoices needs to be derived, read at once; the books of theirs that are there, locked."""

    def __init__(self, invoice_ids: Collection[int], *, from_any_day: bool = False) -> None:
        """
        Read invoices, notes, lines, groups, mappings, accounts and codes. Act as `System`, inside a transaction.

        :param from_any_day: as if what was paid before the account was activated were sent from here too
        """
        self._from_any_day = from_any_day
        invoices = [*_papers("pk", invoice_ids, "pk", kind=InvoiceKind.INVOICE)]
        entities = {row.entity_id for row in invoices}
        self._accounts = _accounts(entities)
        mine = [row for row in invoices if row.entity_id in self._accounts]
        corrected = [row.id for row in mine]
        notes: defaultdict[int, list[PaperRow]] = defaultdict(list)
        every = list(corrected)
        for note in _papers("corrects_id", corrected, "issued_at", "pk"):
            notes[note.corrects_id or 0].append(note)
            every.append(note.id)
        self.bundles = [Bundle(row, tuple(notes.get(row.id, ()))) for row in mine]
        self._lines = _lines(every)
        self._groups = _groups(every)
        self._types = _Types(entities, self._lines)
        self._patients = _codes(Patient, {row.patient_id for row in mine if row.customer_id is None})
        self._customers = _codes(Customer, {row.customer_id for row in mine})
        locked = Expense.objects.select_for_update(of=("self",))
        self.expenses = {row.invoice_id: row for row in locked.filter(Among("invoice_id", every)).order_by("pk")}

    def paper(self, bundle: Bundle, paper: PaperRow, *, original_due: bool = True) -> Paper:
        """Return one of a bundle's papers as the rules take it."""
        invoice, account = bundle.invoice, self._accounts[bundle.invoice.entity_id]
        expense, head = self.expenses.get(paper.id), self.expenses.get(invoice.id)
        is_note = paper is not invoice
        opposition = head.opposition if head is not None else None
        return Paper(
            reference=_reference(paper, account, expense),
            is_person=paper.customer_kind == _PRIVATE,
            lines=self._lines_of(invoice, paper),
            groups=tuple(self._groups.get(paper.id, ())),
            stamp=Stamp(paper.stamp, paper.stamp_nature, account.stamp_expense),
            paid_on=invoice.paid_on,
            code=self._code(invoice),
            opposed=paper.opposed if opposition is None else opposition,
            traceable=invoice.traceable,
            bonus_share=self._bonus(bundle, paper) if invoice.bonus_code else ZERO,
            excluded=expense is not None and expense.excluded,
            active_since=FIRST_PAYMENT if self._from_any_day or _is_ours(head) else account.active_since,
            original=_reference(invoice, account, head) if is_note else None,
            original_due=original_due,
        )

    def _lines_of(self, invoice: PaperRow, paper: PaperRow) -> tuple[PaperLine, ...]:
        category = self._accounts[invoice.entity_id].category
        return tuple([self._types.line(invoice, line, category) for line in self._lines.get(paper.id, ())])

    def _bonus(self, bundle: Bundle, paper: PaperRow) -> Decimal:
        """Return what INPS pays of an invoice, or what a note of it gives back of that after the notes before it."""
        invoice = bundle.invoice
        if paper is invoice:
            return invoice.bonus_share
        earlier = bundle.notes[: bundle.notes.index(paper)]
        before = sum([self._care(invoice, note) for note in earlier], ZERO)
        return bonus_given_back(self._care(invoice, invoice), invoice.bonus_share, before, self._care(invoice, paper))

    def _care(self, invoice: PaperRow, paper: PaperRow) -> Decimal:
        return care(self._lines_of(invoice, paper), self._groups.get(paper.id, ()))

    def _code(self, invoice: PaperRow) -> str:
        if invoice.customer_id is not None:
            return self._customers[invoice.customer_id]
        return "" if invoice.patient_id is None else self._patients[invoice.patient_id]


def _is_ours(head: Expense | None) -> bool:
    """
    Tell whether the State was told of a document from here, or is known to hold ours under its reference.

    Then it stays ours, whatever day the account is activated from: an activation says what is sent, not what is undone.
    What another program sent stays that program's.
    """
    return head is not None and (head.sent_once or head.held in {Held.HELD, Held.CANCELLED})


def _reference(paper: PaperRow, account: _Account, expense: Expense | None) -> Reference:
    """Return a paper's reference at the State: as it was first sent, else as the paper says, without spaces."""
    if expense is not None and expense.sent_once:
        return reference_of(expense)
    device = 1 if expense is None else expense.device
    number = "".join(paper.printed_number.split())
    return Reference(account.vat_number, paper.issued_on or date.min, number, device)


class _Types:
    """Which expense type each line is, by the mappings of its entity."""

    def __init__(self, entities: Collection[int], lines: Mapping[int, Sequence[_Line]]) -> None:
        self._rows: defaultdict[tuple[int, int], list[Mapped]] = defaultdict(list)
        services = {line.service_id for mine in lines.values() for line in mine if line.service_id}
        for row in ExpenseMapping.objects.filter(entity_id__in=entities, service_id__in=services):
            self._rows[row.entity_id, row.service_id].append(Mapped(row.valid_from, row.expense_type, row.flag))

    def line(self, invoice: PaperRow, line: _Line, category: SenderCategory) -> PaperLine:
        """
        Return a line of an invoice or of its notes as the rules take it; typed by hand, as such services usually are.

        What a note gives back is what it was on the invoice's day, whatever the service is by now.
        """
        nature = _NATURES[line.nature]
        if line.service_id is None:
            return PaperLine(nature, suggested(category, nature), "", line.net, line.vat_label)
        rows = self._rows.get((invoice.entity_id, line.service_id), ())
        found = mapping_on(rows, invoice.issued_on or date.min)
        kind, flag = (None, "") if found is None else (found.expense_type, found.flag)
        return PaperLine(nature, kind, flag, line.net, line.vat_label)


def _accounts(entities: Collection[int]) -> dict[int, _Account]:
    """Return the accounts that are active, by entity."""
    rows = StsSettings.objects.filter(entity_id__in=entities).select_related("entity")
    return {
        row.entity_id: _Account(
            SenderCategory(row.category),
            row.entity.partita_iva,
            row.stamp_expense,
            row.active_since or FIRST_PAYMENT,
        )
        for row in rows
        if row.is_active
    }


def _papers(column: str, keys: Iterable[int], *order: str, **more: Any) -> Iterator[PaperRow]:
    rows = Invoice.objects.filter(Among(column, keys), **more).exclude(state="DRAFT").order_by(*order)
    return map(PaperRow._make, plain_rows(rows.values_list(*_COLUMNS)))


def _lines(invoice_ids: Iterable[int]) -> dict[int, list[_Line]]:
    rows = InvoiceLine.objects.filter(Among("invoice_id", invoice_ids)).order_by("position")
    found: defaultdict[int, list[_Line]] = defaultdict(list)
    for line in map(_Line._make, plain_rows(rows.values_list(*_Line._fields))):
        found[line.invoice_id].append(line)
    return found


def _groups(invoice_ids: Iterable[int]) -> dict[int, list[PaperGroup]]:
    rows = InvoiceGroup.objects.filter(Among("invoice_id", invoice_ids)).order_by("position")
    found: defaultdict[int, list[PaperGroup]] = defaultdict(list)
    for invoice_id, vat_label, taxable, vat in plain_rows(
        rows.values_list("invoice_id", "vat_label", "taxable", "vat")
    ):
        found[invoice_id].append(PaperGroup(vat_label, taxable + vat))
    return found


def _codes(model: type[Patient] | type[Customer], ids: Iterable[int | None]) -> dict[int, str]:
    """Return the codes of people by id, opened once for all of their papers."""
    rows = model.objects.filter(Among("pk", [key for key in ids if key is not None]))
    found = plain_rows(rows.values_list("pk", "uid", "practice_id", "codice_fiscale"))
    opened = model._meta.get_field("codice_fiscale").opened
    return {key: opened(code, scope=f"party:{practice_id}", uid=uid) for key, uid, practice_id, code in found}
