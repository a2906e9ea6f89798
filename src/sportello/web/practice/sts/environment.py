"""Going live: which host an entity speaks to, with the list of what is still missing."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sportello.core.refusals import Refused
from sportello.expenses.ministry import simulator_runs
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.queries.checklist import checklist
from sportello.expenses.queries.settings import account
from sportello.web.http import PartyRequest
from sportello.web.parts import Step
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.sts.forms import EnvironmentForm
from sportello.web.practice.sts.steps import steps
from sportello.web.practice.sts.words import ENVIRONMENTS


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_configure, fresh=True)
def environment(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Move an entity to another host."""
    view = account(request.actor, entity_id, today=timezone.localdate())
    form = EnvironmentForm(
        request.POST if request.method == "POST" else None,
        initial={"environment": view.environment},
        offered=_offered(view.environment),
    )
    if request.method == "POST" and form.is_valid():
        try:
            move_environment(actor=request.actor, entity_id=entity_id, environment=form.cleaned_data["environment"])
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("Saved. Test the credentials now."))
            return redirect("practice:sts_account", entity_id)
    context = {
        "form": form,
        "view": view,
        "now": ENVIRONMENTS[view.environment],
        "steps": _steps(request, entity_id),
    }
    return render(request, "practice/sts/environment.html", context)


def _steps(request: PartyRequest, entity_id: int) -> list[Step]:
    """Return what is missing for the Sistema TS itself; the move there is this page, and its test comes after it."""
    found = checklist(request.actor, entity_id, now=timezone.now(), for_real=True)
    drawn = steps(found, entity_id)
    moved = {item.code for item in found if item.code == "real" and item.done}
    return [
        replace(step, url="") if item.code == "real" or (item.code == "test" and not moved) else step
        for item, step in zip(found, drawn, strict=True)
    ]


def _offered(now: str) -> list[tuple[str, str]]:
    """Return the hosts to choose from; the simulator only where one runs."""
    shown = [code for code in ENVIRONMENTS if code != "simulator" or now == code or simulator_runs()]
    return [
        (code, _("%(name)s: %(text)s") % dict(zip(("name", "text"), ENVIRONMENTS[code], strict=True))) for code in shown
    ]
