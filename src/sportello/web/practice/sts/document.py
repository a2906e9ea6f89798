"""One document towards the State: why it stands where it stands, how it is mended, and what may be asked for."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from sportello.billing.permissions import may_download
from sportello.core.violations import RuleViolation
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.document_detail import DocumentDetail, of_invoice
from sportello.expenses.rules.deeds import Deed
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.deeds import WORDS
from sportello.web.practice.sts.doing import Asked, Done, carry_out
from sportello.web.practice.sts.paper import shown
from sportello.web.practice.sts.tabs import sections, wants_only
from sportello.web.sentences import sentence

NEED_A_REASON = frozenset({Deed.EXCLUDE, Deed.CANCEL})


@require_GET
@practice_view(check=check_may_send)
def document(request: PartyRequest, invoice_id: int) -> HttpResponse:
    """Show both sides of a document, the ministry's words with ours, and the way out."""
    found = _detail(request, invoice_id)
    context = shown(request.actor, found) | {
        "tabs": sections(request.actor, "practice:sts"),
        "may_open": may_download(request.actor),
        "fragment": False,
    }
    if wants_only(request, "document"):
        return render(request, "practice/sts/_document.html", context | {"fragment": True})
    return render(request, "practice/sts/document.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_send)
def deed(request: PartyRequest, invoice_id: int, way: str) -> HttpResponse:
    """Ask first where a deed deserves it, then do it and say what came of it."""
    if way not in set(Deed):
        raise Http404
    wanted = Deed(way)
    found = _detail(request, invoice_id)
    if request.method == "POST":
        return _done(request, found, wanted)
    if not WORDS[wanted].asks:
        return redirect("practice:sts_document", invoice_id)
    return _question(request, found, wanted)


def _done(request: PartyRequest, found: DocumentDetail, wanted: Deed) -> HttpResponse:
    """Do it and say what came of it; where a reason was typed and nothing was done, the page comes back with it."""
    invoice_id, typed = found.row.invoice_id, request.POST.get("reason", "")
    try:
        done = carry_out(wanted, Asked(actor=request.actor, expense_id=found.row.id, reason=typed))
    except RuleViolation as refusal:
        done = Done("bad", sentence(refusal), carried=False)
        if refusal.field == "reason":
            return _question(request, found, wanted, problem=done.text)
    if not done.carried and wanted in NEED_A_REASON and typed.strip():
        return _question(request, _detail(request, invoice_id), wanted, refused=done.text)
    {"ok": messages.success, "bad": messages.error}.get(done.tone, messages.warning)(request, done.text)
    return redirect(_back(request, invoice_id))


def _question(
    request: PartyRequest, found: DocumentDetail, wanted: Deed, *, problem: str = "", refused: str = ""
) -> HttpResponse:
    """
    Show the page that asks first.

    :param problem: what is wrong with the reason
    :param refused: why nothing was done just now
    """
    words, typed = WORDS[wanted], request.POST.get("reason", "")
    under_way = not found.deeds
    gone = not under_way and wanted not in found.deeds
    context = {
        "found": found,
        "row": found.row,
        "question": words.question,
        "consequence": words.consequence,
        "act_word": "" if gone else str(words.word).rstrip("…"),
        "grave": words.grave,
        "back_url": _back(request, found.row.invoice_id),
        "needs_reason": wanted in NEED_A_REASON and (bool(typed) or not found.exclusion_reason),
        "reason": typed,
        "problem": problem,
        "refused": refused,
        "gone": gone and not refused,
    }
    return render(request, "practice/sts/deed.html", context)


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
