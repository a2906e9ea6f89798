"""Who acts for a patient: added and ended."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from sportello.core import audit
from sportello.core.files import keeping
from sportello.core.files.content import LIMITS, FileRefused, FileTooLarge, Purpose
from sportello.core.models import StoredFile
from sportello.core.storage import StorageFull
from sportello.patients.models import Representative
from sportello.patients.operations import Refused, add_representative, attach_evidence, end_representative
from sportello.patients.permissions import check_may_edit_patients, check_may_see_patients
from sportello.patients.queries import patient_detail
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField
from sportello.web.practice.address import address_initial
from sportello.web.practice.http import practice_view
from sportello.web.practice.patients.forms import RepresentativeForm
from sportello.web.practice.refusing import put_errors


class EndForm(PageForm):
    """The last day somebody acts for a patient."""

    until_on = DayField(label=gettext_lazy("Last day"), required=True)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_patients)
def add(request: PartyRequest, patient_id: int) -> HttpResponse:
    """Note who acts for a patient."""
    today = timezone.localdate()
    shown = patient_detail(request.actor, patient_id, today=today)
    powers = ["may_consent", "may_see_documents", "may_see_invoices"]
    since = shown.values.born_on if shown.is_minor and shown.values.born_on else today
    initial = {"role": "parent" if shown.is_minor else "administrator", "powers": powers, "since_on": since}
    form = RepresentativeForm(
        request.POST if request.method == "POST" else None,
        initial=initial | {"language": shown.values.language} | address_initial(shown.values.address),
    )
    if request.method == "POST" and form.is_valid():
        try:
            add_representative(actor=request.actor, patient_id=patient_id, values=form.values())
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice:patient", patient_id)
    return render(request, "practice/patients/representative.html", {"form": form, "patient": shown})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_patients)
def end(request: PartyRequest, representative_id: int) -> HttpResponse:
    """Ask for the last day, then end somebody's powers."""
    row = Representative.objects.get(pk=representative_id)
    today = timezone.localdate()
    form = EndForm(request.POST if request.method == "POST" else None, initial={"until_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            end_representative(actor=request.actor, representative_id=row.pk, on=form.cleaned_data["until_on"])
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice:patient", row.patient_id)
    context = {
        "form": form,
        "question": _("Until when does %(name)s act?") % {"name": f"{row.given_name} {row.family_name}"},
        "consequence": _("After that day this person sees and signs nothing any more. The entry stays in the record."),
        "act_word": _("Set the last day"),
        "back_url": reverse("practice:patient", args=[row.patient_id]),
    }
    return render(request, "practice/patients/end.html", context)


class ProofForm(PageForm):
    """The paper that proves somebody's title."""

    proof = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("PDF, PNG or JPEG, at most 10 MB: a court's order, a declaration."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/png,image/jpeg"}),
    )


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_patients)
def proof(request: PartyRequest, representative_id: int) -> HttpResponse:
    """Take the paper that proves somebody's title; a wrong file is answered with the reason."""
    row = Representative.objects.get(pk=representative_id)
    form = ProofForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST":
        upload = request.FILES.get("proof")
        try:
            if upload is None:
                form.add_error("proof", _("Choose a file first."))
            else:
                attach_evidence(
                    actor=request.actor, representative_id=row.pk, content=upload.read(), name=upload.name or ""
                )
        except FileRefused as refusal:
            form.add_error("proof", _why(refusal))
        except StorageFull:
            form.add_error("proof", _("There is no room left on the disk. Nothing was kept: make room and try again."))
        if not form.errors:
            messages.success(request, _("Saved."))
            return redirect("practice:patient", row.patient_id)
    context = {"form": form, "name": f"{row.given_name} {row.family_name}", "patient_id": row.patient_id}
    return render(request, "practice/patients/proof.html", context, status=422 if form.errors else 200)


@require_GET
@practice_view(check=check_may_see_patients)
def proof_file(request: PartyRequest, representative_id: int) -> HttpResponse:
    """Hand out the paper that proves somebody's title."""
    row = Representative.objects.exclude(evidence=None).get(pk=representative_id)
    stored = StoredFile.objects.get(pk=row.evidence_id or 0)
    content = keeping.read(stored)
    audit.record_alone(request.actor, "representative.evidence_read", row, sha256=stored.sha256)
    response = HttpResponse(content, content_type=stored.media_type)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[stored.media_type]
    response["Content-Disposition"] = f'attachment; filename="proof-{row.pk}.{ending}"'
    return response


def _why(refusal: FileRefused) -> str:
    if isinstance(refusal, FileTooLarge):
        largest = formats.file_size(LIMITS[Purpose.ATTACHMENT].size)
        return _("The file is too large: at most %(largest)s is possible.") % {"largest": largest}
    return _("The file is empty, or no PDF, PNG or JPEG, whatever its name says.")
