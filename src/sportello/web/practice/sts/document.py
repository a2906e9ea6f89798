"""One document towards the State: why it stands where it stands, how it is mended, and what may be asked for."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from sportello.core.violations import RuleViolation
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.document_detail import DocumentDetail, of_invoice
from sportello.expenses.rules.deeds import Deed
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.deeds import WORDS, DeedWords
from sportello.web.practice.sts.doing import Asked, carry_out
from sportello.web.practice.sts.paper import shown
from sportello.web.practice.sts.tabs import sections
from sportello.web.sentences import sentence


@require_GET
@practice_view(check=check_may_send)
def document(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Show both sides of a document, the ministry's words with ours, and the way out."""
    found = _detail(request, invoice_id)
    context = shown(request.actor, found) | {"tabs": sections(request.actor, "practice:sts")}
    if request.htmx and request.htmx.target == "document":
        return render(request, "practice/sts/_document.html", context)
    return render(request, "practice/sts/document.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_send)
def deed(request: PartyRequest, invoice_id: int, way: str) -> HttpResponse:
    """Ask first where a deed deserves it, then do it and say what came of it."""
    if way not in set(Deed):
        raise Http404
    found, wanted = _detail(request, invoice_id), Deed(way)
    words = WORDS[wanted]
    problem = ""
    if request.method == "POST":
        asked = Asked(actor=request.actor, expense_id=found.row.id, reason=request.POST.get("reason", ""))
        try:
            done = carry_out(wanted, asked)
        except RuleViolation as refusal:
            problem = sentence(refusal)
            if refusal.field != "reason":
                messages.error(request, problem)
                return redirect(_back(request, invoice_id))
        else:
            {"ok": messages.success, "bad": messages.error}.get(done.tone, messages.warning)(request, done.text)
            return redirect(_back(request, invoice_id))
    elif not words.asks:
        return redirect("practice:sts_document", invoice_id)
    return render(request, "practice/sts/deed.html", _question(found, wanted, words, problem, request))


def _question(
    found: DocumentDetail, wanted: Deed, words: DeedWords, problem: str, request: PartyRequest
) -> dict[str, object]:
    return {
        "found": found,
        "row": found.row,
        "question": words.question,
        "consequence": words.consequence,
        "act_word": str(words.word).rstrip("…"),
        "grave": words.grave,
        "back_url": _back(request, found.row.invoice_id),
        "needs_reason": wanted in {Deed.EXCLUDE, Deed.CANCEL} and not found.exclusion_reason,
        "reason": request.POST.get("reason", ""),
        "problem": problem,
        "possible": wanted in found.deeds,
    }


def _detail(request: PartyRequest, invoice_id: int) -> DocumentDetail:
    found = of_invoice(request.actor, invoice_id)
    if found is None:
        raise Http404
    return found


def _back(request: PartyRequest, invoice_id: int) -> str:
    """Return where the deed was asked for: the paper, or the page of the document."""
    if request.GET.get("back") == "paper" or request.POST.get("back") == "paper":
        return reverse("practice:invoice", args=[invoice_id])
    return reverse("practice:sts_document", args=[invoice_id])
