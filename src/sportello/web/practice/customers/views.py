"""The list of customers, its CSV, and one customer."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.billing.permissions import may_download, may_draft
from sportello.billing.queries.standing import customer_standing
from sportello.core import audit
from sportello.core.languages import language
from sportello.parties.timeline import deeds_about
from sportello.patients.operations import (
    Refused,
    archive_customer,
    create_customer,
    edit_customer,
    open_customer,
    restore_customer,
)
from sportello.patients.permissions import check_may_edit_customers, check_may_see_customers
from sportello.patients.queries import (
    CustomerCounts,
    CustomerDetail,
    CustomerFilter,
    customer_counts,
    customer_detail,
    customer_page,
    customer_rows,
    same_number,
)
from sportello.web import formats
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink, Step, Tab
from sportello.web.practice.customers.forms import CustomerForm, customer_initial
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.tabs import room_tabs
from sportello.web.practice.patients.words import DEEDS, KINDS, TURNING
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.timelines import events
from sportello.web.sealed import search_words
from sportello.web.spreadsheet import csv_response

CHECKED = ("partita_iva", "codice_fiscale", "sdi_code", "pec", "email", "phone")


@require_GET
@practice_view(check=check_may_see_customers)
def customers(request: PartyRequest) -> HttpResponse:
    """Show the list of customers."""
    which, words = _which(request), search_words(request)
    found = customer_page(
        request.actor, which=which, words=words, after=_key(request, "after"), before=_key(request, "before")
    )
    counts = customer_counts(request.actor)
    standing = customer_standing(request.actor, [row.id for row in found.rows])
    rows = [(row, KINDS[row.kind], standing.get(row.id)) for row in found.rows]
    total = ngettext("%(total)s customer", "%(total)s customers", counts.all) % {"total": formats.whole(counts.all)}
    context = {
        "page": Page(rows, found.total, _text(found.after), _text(found.before)),
        "states": _state_links(request, counts, which),
        "words": words,
        "count": total,
        "csv": f"{reverse('practice:customers_csv')}?{request.GET.urlencode()}",
        "tabs": room_tabs(request, "customers"),
        "may_draft": may_draft(request.actor),
        "steps": _first_steps() if not counts.all and not counts.archived else (),
    }
    name = "practice/customers/_list.html" if request.htmx else "practice/customers/list.html"
    return render(request, name, context)


@require_GET
@practice_view(check=check_may_see_customers)
def customers_csv(request: PartyRequest) -> HttpResponse:
    """Hand out what the list shows, every page of it, as CSV; written down in the audit."""
    which, words = _which(request), search_words(request)
    total = customer_page(request.actor, which=which, words=words, size=1).total
    audit.record_alone(request.actor, "customer.export", None, filter=which.value, searched=bool(words), rows=total)
    head = [
        _("Name"),
        _("Kind"),
        _("Partita IVA"),
        _("Codice fiscale"),
        _("SdI code"),
        _("PEC"),
        _("E-mail"),
        _("City"),
    ]
    return csv_response("customers", head, _cells(customer_rows(request.actor, which=which, words=words)))


@require_GET
@practice_view(check=check_may_see_customers)
def customer(request: PartyRequest, customer_id: int) -> HttpResponse:
    """Show a customer's record; that it was looked at is written down."""
    shown = customer_detail(request.actor, customer_id)
    open_customer(actor=request.actor, customer_id=customer_id)
    context = {
        "customer": shown,
        "values": shown.values,
        "kind": KINDS[shown.values.kind],
        "language": language(shown.values.language),
        "standing": customer_standing(request.actor, [customer_id]).get(customer_id),
        "events": events(deeds_about("customer", customer_id), DEEDS, TURNING),
        "tabs": _tabs(request, shown),
        "may_draft": may_draft(request.actor),
    }
    return render(request, "practice/customers/record.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_customers)
def new(request: PartyRequest) -> HttpResponse:
    """Add a customer."""
    form = CustomerForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": "company", "country": "IT", "language": "it", "withholding_agent": True},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = create_customer(actor=request.actor, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The customer was added."))
            return redirect("practice:customer", made.pk)
    return render(request, "practice/customers/form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_customers)
def edit(request: PartyRequest, customer_id: int) -> HttpResponse:
    """Change a customer's data."""
    shown = customer_detail(request.actor, customer_id)
    form = CustomerForm(request.POST if request.method == "POST" else None, initial=customer_initial(shown.values))
    if request.method == "POST" and form.is_valid():
        try:
            edit_customer(actor=request.actor, customer_id=customer_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The data were saved."))
            return redirect("practice:customer", customer_id)
    return render(request, "practice/customers/form.html", {"form": form, "customer": shown})


@require_POST
@practice_view(check=check_may_edit_customers)
def check(request: PartyRequest, name: str) -> HttpResponse:
    """Answer with one field of the form as it stands now."""
    if name not in CHECKED:
        raise Http404
    form = CustomerForm(request.POST)
    form.is_valid()
    if name == "partita_iva" and name not in form.errors and form.values().partita_iva:
        own = request.POST.get("customer_id", "")
        number = "".join(form.values().partita_iva.split()).upper().removeprefix("IT")
        for other in same_number(request.actor, number, but=int(own) if own.isdecimal() else 0):
            form.warn(name, _("%(name)s has this partita IVA too.") % {"name": other.name})
    url = reverse("practice:customer_check", args=[name])
    return render(request, "practice/patients/_checked.html", {"field": form[name], "field_url": url, "others": []})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_customers)
def archive(request: PartyRequest, customer_id: int) -> HttpResponse:
    """Ask, then put a customer into the archive."""
    shown = customer_detail(request.actor, customer_id)
    if request.method == "POST":
        archive_customer(actor=request.actor, customer_id=customer_id)
        messages.success(request, _("The customer is in the archive."))
        return redirect("practice:customers")
    context = {
        "question": _("Archive %(name)s?") % {"name": shown.values.name},
        "consequence": _("The customer leaves the lists and can be taken back at any time. Invoices stay."),
        "act_word": _("Archive"),
        "back_url": reverse("practice:customer", args=[customer_id]),
    }
    return render(request, "practice/confirm.html", context)


@require_POST
@practice_view(check=check_may_edit_customers)
def restore(request: PartyRequest, customer_id: int) -> HttpResponse:
    """Take a customer back from the archive."""
    restore_customer(actor=request.actor, customer_id=customer_id)
    messages.success(request, _("The customer is back in the lists."))
    return redirect("practice:customer", customer_id)


def _which(request: PartyRequest) -> CustomerFilter:
    asked = request.GET.get("view", "")
    return CustomerFilter(asked) if asked in set(CustomerFilter) else CustomerFilter.ALL


def _key(request: PartyRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _text(key: int) -> str:
    return str(key) if key else ""


def _state_links(request: PartyRequest, counts: CustomerCounts, which: CustomerFilter) -> list[StateLink]:
    words = {
        CustomerFilter.ALL: pgettext("customers", "All"),
        CustomerFilter.PUBLIC: _("Public bodies"),
        CustomerFilter.PEOPLE: _("Private people"),
        CustomerFilter.INCOMPLETE: _("To complete"),
        CustomerFilter.ARCHIVED: pgettext("customers", "Archived"),
    }
    links = []
    for each, word in words.items():
        query = request.GET.copy()
        for stale in ("after", "before", "view"):
            query.pop(stale, None)
        if each is not CustomerFilter.ALL:
            query["view"] = each.value
        links.append(StateLink(word, f"?{query.urlencode()}", counts.of(each), each is which))
    return links


def _first_steps() -> tuple[Step, ...]:
    return (
        Step(
            _("Add your first customer"),
            _("A company, a school, a clinic, or somebody else who pays."),
            "NEXT",
            reverse("practice:customer_new"),
            _("New customer"),
        ),
    )


def _tabs(request: PartyRequest, shown: CustomerDetail) -> list[Tab]:
    if not may_download(request.actor):
        return []
    return [
        Tab(_("Record"), reverse("practice:customer", args=[shown.id]), current=True),
        Tab(_("Invoices"), f"{reverse('practice:invoices')}?customer={shown.id}"),
    ]


def _cells(rows: Iterator[CustomerDetail]) -> Iterator[list[str]]:
    for row in rows:
        values = row.values
        yield [
            values.name,
            str(KINDS[values.kind]),
            values.partita_iva,
            values.codice_fiscale,
            values.sdi_code,
            values.pec,
            values.email,
            values.address.city,
        ]
