"""Registers of an entity and year, the register of stamps, the check of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from sportello.billing.models import StampRecord
from sportello.billing.operations.visibility import note_stamp
from sportello.billing.permissions import check_may_download, check_may_issue, may_issue
from sportello.billing.queries.editor import Choice, entity_choices
from sportello.billing.queries.registers import (
    Register,
    columns,
    register_rows,
    register_sum,
    stamps_missing,
    years_of,
)
from sportello.billing.verification import SeriesReport, series_report
from sportello.core import audit
from sportello.core.violations import RuleViolation
from sportello.parties.models import BillingEntity, Counter
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField
from sportello.web.practice.http import practice_view
from sportello.web.practice.invoices.words import METHODS, STAMP_MODES
from sportello.web.sentences import sentence
from sportello.web.spreadsheet import csv_response

TITLES: dict[Register, Promise] = {
    Register.ISSUED: gettext_lazy("Papers issued"),
    Register.RECEIPTS: gettext_lazy("Money received, by day of payment"),
    Register.NOTES: gettext_lazy("Credit notes"),
    Register.STAMPS: gettext_lazy("Stamps"),
    Register.WITHHELD: gettext_lazy("Tax withheld by customers"),
    Register.FUND: gettext_lazy("Contributions to the fund"),
    Register.OPEN: gettext_lazy("Still to be collected"),
}
HEADS: dict[str, Promise] = {
    "number": gettext_lazy("Number"),
    "day": gettext_lazy("Day"),
    "name": gettext_lazy("Made out to"),
    "services": gettext_lazy("Services"),
    "fund": gettext_lazy("Contribution"),
    "vat": gettext_lazy("VAT"),
    "stamp": gettext_lazy("Stamp"),
    "amount": gettext_lazy("Amount"),
    "method": gettext_lazy("Method"),
    "traceable": gettext_lazy("Traceable"),
    "corrects": gettext_lazy("Corrects"),
    "mode": gettext_lazy("Kind of stamp"),
    "identifier": gettext_lazy("Number of the stamp"),
    "stamped_on": gettext_lazy("Date of the stamp"),
    "charged": gettext_lazy("Charged"),
    "base": gettext_lazy("Base"),
    "total": gettext_lazy("Total"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One register on the page: its title, how many rows, what they come to (EUR), and the address of its file."""

    code: str
    title: Promise
    number: int
    amount: Decimal


@require_GET
@practice_view(check=check_may_download)
def registers(request: PartyRequest) -> HttpResponse:
    """Show the registers of an entity and a year with their totals, and the check of the numbers."""
    entities = entity_choices()
    if not entities:
        return render(request, "practice/registers/registers.html", {"entities": ()})
    entity, year = _asked(request, entities)
    sums = [register_sum(register, entity.id, year) for register in Register]
    context = {
        "entities": entities,
        "entity": entity,
        "year": year,
        "years": sorted({*years_of(entity.id), timezone.localdate().year}, reverse=True),
        "lines": [Line(each.register.value, TITLES[each.register], each.number, each.amount) for each in sums],
        "reports": _reports(entity.id, year),
        "stamps": len(stamps_missing(entity.id)),
        "may_issue": may_issue(request.actor),
    }
    return render(request, "practice/registers/registers.html", context)


@require_GET
@practice_view(check=check_may_download)
def register_csv(request: PartyRequest, register: str) -> HttpResponse:
    """Hand out a register as CSV."""
    if register not in set(Register):
        raise Http404
    kind = Register(register)
    entity, year = _asked(request, entity_choices())
    audit.record_alone(
        request.actor,
        "register.export",
        audit.Subject("register", None, entity_id=entity.id),
        register=register,
        year=year,
    )
    head = [str(HEADS[name]) for name in columns(kind)]
    rows = register_rows(request.actor, kind, entity.id, year)
    return csv_response(f"{register}-{year}", head, _cells(columns(kind), rows))


class StampForm(PageForm):
    """The number and day of one paper stamp."""

    identifier = forms.CharField(label=gettext_lazy("Number on the stamp"), max_length=20, required=False)
    stamped_on = DayField(label=gettext_lazy("Date on the stamp"), past=True)


@require_GET
@practice_view(check=check_may_download)
def stamps(request: PartyRequest) -> HttpResponse:
    """Show the paper stamps whose number is still missing."""
    context = {"rows": stamps_missing(), "may_issue": may_issue(request.actor)}
    return render(request, "practice/registers/stamps.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_issue)
def stamp(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Note the number of a paper stamp."""
    record = StampRecord.objects.select_related("invoice").get(invoice_id=invoice_id)
    initial = {"identifier": record.identifier, "stamped_on": record.stamped_on or record.invoice.issued_on}
    form = StampForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            note_stamp(
                actor=request.actor,
                invoice_id=invoice_id,
                identifier=data["identifier"],
                stamped_on=data["stamped_on"],
            )
        except RuleViolation as refusal:
            name = {"stamp_on": "stamped_on"}.get(refusal.field, refusal.field)
            form.add_error(name if name in form.fields else None, sentence(refusal))
        else:
            messages.success(request, _("The number of the stamp was noted."))
            return redirect("practice:register_stamps")
    context = {"form": form, "number": record.invoice.printed_number, "day": record.invoice.issued_on}
    return render(request, "practice/registers/stamp.html", context, status=422 if form.errors else 200)


def _asked(request: PartyRequest, entities: tuple[Choice, ...]) -> tuple[Choice, int]:
    """Return the entity and year in the address, the first entity and this year when there is none."""
    wanted, typed = request.GET.get("entity", ""), request.GET.get("year", "")
    if wanted and not wanted.isdecimal():
        raise Http404
    entity = next((each for each in entities if str(each.id) == wanted), None)
    if entity is None:
        if wanted or not entities:
            raise BillingEntity.DoesNotExist
        entity = entities[0]
    year = int(typed) if typed.isdecimal() and len(typed) == 4 else 0
    return entity, year if 1900 < year < 2200 else timezone.localdate().year


def _reports(entity_id: int, year: int) -> list[SeriesReport]:
    counters = Counter.objects.filter(series__entity_id=entity_id, year__in=[year, 0], last_number__gt=0)
    return [series_report(counter) for counter in counters.select_related("series").order_by("series__code")]


def _cells(names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_cell(name, value) for name, value in zip(names, row, strict=True)]


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return value.isoformat()
    if name == "method":
        return str(METHODS.get(str(value), value))
    if name == "mode":
        return str(STAMP_MODES.get(str(value), value))
    return "" if value is None else str(value)
