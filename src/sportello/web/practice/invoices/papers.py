"""The page of an issued paper: what to do next, what it holds, its money, its PDF and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sportello.billing.models import Invoice
from sportello.billing.operations.visibility import set_portal_visible
from sportello.billing.permissions import (
    check_may_download,
    may_change_visibility,
    may_draft,
    may_issue,
    may_record_payment,
    may_void_payment,
)
from sportello.billing.queries.paper import PaperView, paper_view
from sportello.core import audit
from sportello.core.files import keeping
from sportello.core.models import StoredFile
from sportello.parties.timeline import Deed
from sportello.web import formats
from sportello.web.http import PartyRequest
from sportello.web.parts import Event, Tab
from sportello.web.practice.http import practice_view
from sportello.web.practice.invoices.words import CHANNELS, DEEDS, METHODS, STAMP_MODES, TURNING_POINTS
from sportello.web.practice.sts.paper import paper_part

SECTIONS = ("summary", "payments", "documents", "sts", "corrections")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next with a paper: a title, why, and where it is done."""

    title: str
    why: str
    tone: str = ""
    url: str = ""
    action: str = ""


@require_GET
@practice_view(check=check_may_download)
def invoice(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Show a paper; a draft is shown in the editor."""
    if Invoice.objects.values_list("state", flat=True).get(pk=invoice_id) == "DRAFT":
        return redirect("practice:invoice_edit", invoice_id)
    paper = paper_view(request.actor, invoice_id)
    if request.htmx:  # the box of documents asks whether its PDF is there: it names nobody, and nobody reads anew
        return render(request, "practice/invoices/_paper_documents.html", _context(request, paper, SECTIONS[0]))
    audit.record_alone(request.actor, "invoice.read", audit.Subject("invoice", paper.id, paper.patient_id))
    section = request.GET.get("section", SECTIONS[0])
    if section not in SECTIONS:
        raise Http404
    return render(request, "practice/invoices/paper.html", _context(request, paper, section))


@require_GET
@practice_view(check=check_may_download)
def invoice_pdf(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Hand out the bytes of the PDF as they were kept."""
    row = Invoice.objects.select_related("paper").get(pk=invoice_id)
    if row.paper is None:
        messages.info(request, _("The PDF is being made. Try again in a moment."))
        return redirect("practice:invoice", invoice_id)
    stored = StoredFile.objects.get(pk=row.paper.pk)
    content = keeping.read(stored)
    audit.record_alone(request.actor, "invoice.download", row, sha256=stored.sha256)
    response = HttpResponse(content, content_type="application/pdf")
    disposition = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{disposition}; filename="{file_name(row)}"'
    return response


@require_POST
@practice_view
def visibility(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Show a paper in the patient's portal, or hide it there."""
    visible = request.POST.get("visible") == "1"
    set_portal_visible(actor=request.actor, invoice_id=invoice_id, visible=visible)
    text = _("The patient sees this paper in the portal.") if visible else _("The paper is hidden in the portal.")
    messages.success(request, text)
    return redirect("practice:invoice", invoice_id)


def file_name(row: Invoice) -> str:
    """Return the name of a downloaded PDF: day and number, nothing of anybody."""
    number = row.printed_number.replace("/", "-")
    return f"{row.issued_on}_{row.series_code}-{number}.pdf"


def _context(request: PartyRequest, paper: PaperView, section: str) -> dict[str, Any]:
    sts = paper_part(request.actor, paper.id)
    return {
        "paper": paper,
        "section": section,
        "tabs": _tabs(paper, section, sts),
        "sts": sts,
        "step": next_step(request, paper, sts),
        "events": _events(paper, sts),
        "channel": CHANNELS.get(paper.channel, ""),
        "methods": METHODS,
        "stamp_mode": STAMP_MODES.get(paper.stamp.mode, "") if paper.stamp else "",
        "stamp_why": _stamp_why(paper),
        "may_draft": may_draft(request.actor),
        "may_issue": may_issue(request.actor),
        "may_pay": may_record_payment(request.actor),
        "may_void": may_void_payment(request.actor),
        "may_show": may_change_visibility(request.actor),
        "may_credit": may_issue(request.actor) and not paper.is_note and paper.state != "CREDITED",
    }


def _tabs(paper: PaperView, section: str, sts: Mapping[str, Any] | None) -> list[Tab]:
    counts = {
        "sts": len(sts["history"]) if sts else 0,
        "payments": len([each for each in paper.payments if not each.voided_at]),
        "documents": 1 if paper.file else 0,
        "corrections": len(paper.notes) + (1 if paper.corrects else 0) + len(paper.reissued_as),
    }
    words = {
        "summary": _("Summary"),
        "payments": _("Payments"),
        "documents": _("Documents"),
        "sts": _("Sistema TS"),
        "corrections": _("Corrections"),
    }
    left_out = {"payments"} if paper.is_note else set()
    kept = [name for name in SECTIONS if name not in left_out and (name != "sts" or sts)]
    return [Tab(words[name], f"?section={name}", counts.get(name), name == section) for name in kept]


def next_step(request: PartyRequest, paper: PaperView, sts: Mapping[str, Any] | None = None) -> NextStep | None:
    """Return what should be done next with a paper, None when nothing waits; `sts` is its Sistema TS part."""
    if paper.paper_state == "failed":
        return NextStep(
            _("wait for the PDF"),
            _("It could not be made yet and is tried again by itself. The paper is issued and valid without it."),
            tone="bad",
        )
    mending = sts["mending"] if sts else None
    if mending:
        return NextStep(mending.title, mending.why, mending.tone, mending.url, mending.action)
    if paper.is_note:
        return None
    if paper.open and may_record_payment(request.actor):
        url = reverse("practice:invoice_payment", args=[paper.id])
        why = _("%(open)s is still open.") % {"open": formats.money(paper.open)}
        return NextStep(_("record the payment"), why, url=url, action=_("Record the payment"))
    if paper.refund_due and may_record_payment(request.actor):
        url = reverse("practice:invoice_refund", args=[paper.id])
        why = _("%(due)s has to be given back to the customer.") % {"due": formats.money(paper.refund_due)}
        return NextStep(_("record the refund"), why, url=url, action=_("Record the refund"))
    return None


def _events(paper: PaperView, sts: Mapping[str, Any] | None) -> list[Event]:
    """Return the timeline, newest first: the paper's own deeds, and those towards the Sistema TS."""
    own = [_event(deed) for deed in paper.deeds if deed.action in DEEDS and deed.result == "ok"]
    return sorted([*own, *(sts["events"] if sts else ())], key=lambda event: event.at, reverse=True)


def _event(deed: Deed) -> Event:
    lead = str(DEEDS[deed.action])
    said = [part for part in (_figures(deed.details), _by(deed.who)) if part]
    text = f", {', '.join(said)}" if said else ""
    family = TURNING_POINTS.get(deed.action, "")
    return (
        Event(deed.at, text, lead=lead if family else "", family=family) if family else Event(deed.at, f"{lead}{text}")
    )


def _figures(details: Mapping[str, Any]) -> str:
    parts = []
    for name in ("number", "note"):
        if details.get(name):
            parts.append(str(details[name]))
    for name in ("amount", "total"):
        if details.get(name):
            parts.append(formats.money(Decimal(str(details[name]))))
    if details.get("lines"):
        parts.append(ngettext("%(n)s service", "%(n)s services", details["lines"]) % {"n": details["lines"]})
    return ", ".join(parts)


def _by(who: str) -> str:
    return _("by %(name)s") % {"name": who} if who else ""


def _stamp_why(paper: PaperView) -> str:
    figures = {"base": formats.money(paper.stamp_base), "threshold": formats.money(paper.stamp_threshold)}
    if paper.stamp is None:
        return _("Stamp: not due, %(base)s is not over %(threshold)s") % figures
    if paper.stamp.charged or paper.content.totals.stamp:
        return _("Stamp: %(base)s is over %(threshold)s") % figures
    return _("Stamp: due, borne by the practice") % figures
