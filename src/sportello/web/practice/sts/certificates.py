"""The State's certificates: loaded from the official files, and taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sportello.core.refusals import Refused
from sportello.expenses.operations.certificates import LARGEST, load_certificate, remove_certificate
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.queries.settings import entity_name
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.sentences import sentence

PURPOSES = ("sanitelcf", "ca")


@require_POST
@practice_view(check=check_may_configure, fresh=True)
def load(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Take a certificate's file; a wrong one is answered with the reason."""
    entity_name(request.actor, entity_id)
    upload = request.FILES.get("file")
    purpose = request.POST.get("purpose", "")
    data = upload.read(LARGEST + 1) if upload else b""
    try:
        loaded = load_certificate(
            actor=request.actor,
            purpose=purpose if purpose in PURPOSES else PURPOSES[0],
            data=data,
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The certificate was loaded."))
        if not loaded.known_key:
            messages.warning(
                request,
                _(
                    "Its key is not the one that the State has used until now. That may be right after a renewal: "
                    "compare it with the portal before you send."
                ),
            )
        if loaded.ended:
            messages.warning(request, _("It has ended already. It is used only while there is no other."))
    return redirect(f"{reverse('practice:sts_account', args=[entity_id])}#certificates")


@require_POST
@practice_view(check=check_may_configure, fresh=True)
def remove(request: PartyRequest, entity_id: int, certificate_id: int) -> HttpResponse:
    """Take a certificate away."""
    entity_name(request.actor, entity_id)
    remove_certificate(actor=request.actor, certificate_id=certificate_id)
    messages.success(request, _("The certificate was removed."))
    return redirect(f"{reverse('practice:sts_account', args=[entity_id])}#certificates")
