"""One patient: the record, its form, and the check of a field while somebody types."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.billing.permissions import may_download, may_draft
from sportello.billing.queries.standing import patient_standing
from sportello.core.languages import language
from sportello.parties.queries import practitioners
from sportello.parties.timeline import deeds_of_patient
from sportello.patients.operations import (
    PossibleDuplicate,
    Refused,
    archive_patient,
    create_patient,
    edit_patient,
    open_patient,
    restore_patient,
)
from sportello.patients.permissions import (
    check_may_archive_patients,
    check_may_edit_patients,
    check_may_see_patients,
    may_archive_patients,
    may_edit_patients,
    may_see_customers,
    may_set_opposition,
)
from sportello.patients.queries import (
    PatientDetail,
    customer_choices,
    holder_of_code,
    patient_detail,
    patient_names,
)
from sportello.web.http import PartyRequest
from sportello.web.parts import Tab
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.access_panel import access_panel
from sportello.web.practice.patients.access_words import DEEDS as OF_ACCESS
from sportello.web.practice.patients.access_words import TURNING as TURNING_ACCESS
from sportello.web.practice.patients.forms import PatientForm, patient_initial
from sportello.web.practice.patients.words import DEEDS, NO_CODE, SEXES, STAMP_POLICIES, TITLES, TURNING
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.timelines import events

MOST_CUSTOMERS = 500
CHECKED = ("codice_fiscale", "born_on", "birth_place", "sex", "family_name", "given_name", "email", "phone")
"""Fields that are checked while somebody types; the codice fiscale speaks of the first six."""


@require_GET
@practice_view(check=check_may_see_patients)
def patient(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Show a patient's record; that it was looked at is written down."""
    today = timezone.localdate()
    shown = patient_detail(request.actor, patient_id, today=today)
    open_patient(actor=request.actor, patient_id=patient_id)
    context = {
        "patient": shown,
        "values": shown.values,
        "sex": SEXES.get(shown.values.sex, ""),
        "language": language(shown.values.language),
        "stamp_policy": STAMP_POLICIES[shown.values.stamp_policy],
        "no_code_reason": NO_CODE.get(shown.values.no_code_reason, ""),
        "titles": TITLES,
        "people": [(each, TITLES[each.role]) for each in shown.representatives],
        "standing": patient_standing(request.actor, [patient_id]).get(patient_id),
        "events": events(deeds_of_patient(patient_id), DEEDS | OF_ACCESS, TURNING | TURNING_ACCESS),
        **access_panel(request.actor, patient_id),
        "tabs": _tabs(request, shown),
        "may_edit": may_edit_patients(request.actor),
        "may_archive": may_archive_patients(request.actor),
        "may_draft": may_draft(request.actor),
    }
    return render(request, "practice/patients/record.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_patients)
def new(request: PartyRequest) -> HttpResponse:
    """Add a patient."""
    form = _form(request, initial={"language": "it", "country": "IT", "portal_allowed": True})
    alike: tuple[int, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            made = create_patient(
                actor=request.actor,
                values=form.values(),
                today=timezone.localdate(),
                is_another="is_another" in request.POST,
            )
        except Refused as refusal:
            _refuse(form, refusal)
        except PossibleDuplicate as found:
            alike = found.patient_ids
        else:
            messages.success(request, _("The patient was added."))
            return redirect("practice:patient", made.pk)
    context = {"form": form, "alike": list(patient_names(request.actor, alike).items()) if alike else []}
    return render(request, "practice/patients/form.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_patients)
def edit(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Change a patient's data."""
    shown = patient_detail(request.actor, patient_id, today=timezone.localdate())
    stored = shown.values
    form = _form(request, initial=patient_initial(stored), now=shown)
    if request.method == "POST" and form.is_valid():
        try:
            edit_patient(actor=request.actor, patient_id=patient_id, values=form.values(), today=timezone.localdate())
        except Refused as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, _("The data were saved."))
            return redirect("practice:patient", patient_id)
    context = {
        "form": form,
        "patient_id": patient_id,
        "name": f"{stored.given_name} {stored.family_name}",
        "alike": [],
    }
    return render(request, "practice/patients/form.html", context)


@require_POST
@practice_view(check=check_may_edit_patients)
def check(request: PartyRequest, name: str) -> HttpResponse:
    """Answer with one field of the form as it stands now, and with those that the codice fiscale speaks of."""
    if name not in CHECKED:
        raise Http404
    form = _form(request)
    form.is_valid()
    holder = _holder(request, form)
    if holder is not None:
        form.add_error("codice_fiscale", _taken(holder))
    about_code = name in CHECKED[:6] and form.data.get("codice_fiscale", "").strip()
    others = [each for each in CHECKED[:6] if each != name and form.data.get(each)] if about_code else []
    context = {
        "field": form[name],
        "field_url": _check_url(name),
        "others": [(form[each], _check_url(each) if each in CHECKED[:4] else "") for each in others],
    }
    return render(request, "practice/patients/_checked.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_archive_patients)
def archive(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Ask, then put a patient into the archive."""
    shown = patient_detail(request.actor, patient_id, today=timezone.localdate())
    if request.method == "POST":
        archive_patient(actor=request.actor, patient_id=patient_id)
        messages.success(request, _("The patient is in the archive."))
        return redirect("practice:patients")
    context = {
        "question": _("Archive %(name)s?") % {"name": shown.name},
        "consequence": _(
            "The patient leaves the lists and can be taken back at any time. Invoices and the record stay: "
            "fiscal papers are kept for ten years."
        ),
        "act_word": _("Archive"),
        "back_url": reverse("practice:patient", args=[patient_id]),
    }
    return render(request, "practice/confirm.html", context)


@require_POST
@practice_view(check=check_may_archive_patients)
def restore(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Take a patient back from the archive."""
    restore_patient(actor=request.actor, patient_id=patient_id)
    messages.success(request, _("The patient is back in the lists."))
    return redirect("practice:patient", patient_id)


def _form(
    request: PartyRequest, initial: dict[str, Any] | None = None, now: PatientDetail | None = None
) -> PatientForm:
    """Return the form; who follows the patient now and who is invoiced now are offered even if gone from the lists."""
    actor = request.actor
    customers = customer_choices(actor, limit=MOST_CUSTOMERS) if may_see_customers(actor) else []
    people, firms = dict(practitioners(actor)), {each.id: each.name for each in customers}
    if now is not None and now.values.followed_by_id:
        people.setdefault(now.values.followed_by_id, now.followed_by)
    if now is not None and now.values.default_customer_id:
        firms.setdefault(now.values.default_customer_id, now.default_customer)
    return PatientForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        people=list(people.items()),
        customers=list(firms.items()),
        may_oppose=may_set_opposition(actor),
        may_assign=not actor.own_patients_only,
    )


def _refuse(form: PatientForm, refusal: Refused) -> None:
    if refusal.code == "patient_code_taken":
        holder = refusal.figures["patient_id"]
        form.add_error("codice_fiscale", _taken(holder if isinstance(holder, int) else None))
        return
    put_errors(form, refusal)


def _taken(holder: int | None) -> str:
    if holder is None:
        return _("Another patient of the practice has this codice fiscale.")
    return format_html(
        '{} <a href="{}">{}</a>',
        _("Another patient has this codice fiscale."),
        reverse("practice:patient", args=[holder]),
        _("Open that record"),
    )


def _holder(request: PartyRequest, form: PatientForm) -> int | None:
    code = form.checked.code if form.checked else None
    if code is None or not code.is_valid:
        return None
    own = request.POST.get("patient_id", "")
    return holder_of_code(request.actor, code.code, but=int(own) if own.isdecimal() and len(own) < 19 else 0)


def _check_url(name: str) -> str:
    return reverse("practice:patient_check", args=[name])


def _tabs(request: PartyRequest, shown: PatientDetail) -> list[Tab]:
    if not may_download(request.actor):
        return []
    return [
        Tab(_("Record"), reverse("practice:patient", args=[shown.id]), current=True),
        Tab(_("Invoices"), f"{reverse('practice:invoices')}?patient={shown.id}"),
    ]
