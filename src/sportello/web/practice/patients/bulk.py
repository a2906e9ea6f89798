"""Inviting many patients: what is asked, then a page that shows how far it is and survives a reload."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from sportello.core.violations import RuleViolation
from sportello.patients.operations.portal.bulk import MOST, start_bulk_invitation
from sportello.patients.permissions import check_may_connect, check_may_see_patients
from sportello.patients.portal_door import is_paired
from sportello.patients.queries import PatientFilter, patient_ids
from sportello.patients.queries.connections import bulk_shown, portal_settings
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.access_words import OUTCOMES, PROOFS
from sportello.web.sealed import search_words
from sportello.web.sentences import sentence

LONGEST_KEY = 19


class BulkForm(PageForm):
    """What all these invitations ask."""

    proof = forms.ChoiceField(
        label=gettext_lazy("Asked at first access, beside the new password"),
        widget=forms.RadioSelect,
        choices=[(code, PROOFS[code]) for code in ("none", "birth_date")],
    )
    second_factor = forms.BooleanField(label=gettext_lazy("Must use a second factor when signing in"), required=False)


@require_POST
@practice_view(check=check_may_connect)
def connect_many(request: PartyRequest) -> HttpResponse:
    """Ask what the invitations ask, then start them; a choice of nobody leads back to the list."""
    check_may_see_patients(request.actor)
    chosen = _chosen(request)
    if not chosen:
        messages.warning(request, _("Choose at least one patient."))
        return redirect("practice:patients")
    starts = "proof" in request.POST
    form = BulkForm(request.POST if starts else None, initial=_initial(request))
    if starts and form.is_valid():
        try:
            bulk = start_bulk_invitation(
                actor=request.actor,
                patient_ids=chosen,
                proof=form.cleaned_data["proof"],
                second_factor=form.cleaned_data["second_factor"],
                now=datetime.now(UTC),
            )
        except RuleViolation as refusal:
            form.add_error(None, sentence(refusal))
        else:
            return redirect("practice:bulk_invitation", bulk.pk)
    context = {
        "form": form,
        "count": len(chosen),
        "everything": "everything" in request.POST,
        "rows": [] if "everything" in request.POST else chosen,
        "query": request.GET.urlencode(),
        "paired": is_paired(),
        "back_url": f"{reverse('practice:patients')}?{request.GET.urlencode()}",
    }
    return render(request, "practice/portal/connect_many.html", context)


@require_GET
@practice_view(check=check_may_connect)
def bulk_invitation(request: PartyRequest, bulk_id: int) -> HttpResponse:
    """Show how far a bulk invitation is, and in the end what came of it."""
    shown = bulk_shown(request.actor, bulk_id)
    context = {
        "bulk": shown,
        "outcomes": [(OUTCOMES.get(code, code), count, code in ("sent", "resent")) for code, count in shown.outcomes],
        "failed": [(pk, name, OUTCOMES.get(code, code)) for pk, name, code in shown.failed],
    }
    name = "practice/portal/_bulk.html" if request.htmx else "practice/portal/bulk.html"
    return render(request, name, context)


def _initial(request: PartyRequest) -> dict[str, Any]:
    settings = portal_settings(request.actor)
    proof = settings.proof if settings.proof in ("none", "birth_date") else "none"
    return {"proof": proof, "second_factor": settings.second_factor_required}


def _chosen(request: PartyRequest) -> list[int]:
    """Return the patients that were ticked, or all those of the list that the address describes."""
    if "everything" not in request.POST:
        typed = request.POST.getlist("row")
        return sorted({int(each) for each in typed if each.isdecimal() and len(each) < LONGEST_KEY})
    asked = request.GET.get("view", "")
    which = PatientFilter(asked) if asked in set(PatientFilter) else PatientFilter.ALL
    words = search_words(request)
    return patient_ids(request.actor, today=timezone.localdate(), which=which, words=words, most=MOST + 1)
