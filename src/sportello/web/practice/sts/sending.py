"""Sending what was selected, or everything of a filter; few at once and the answer is shown, many in the background."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from sportello.core.violations import RuleViolation
from sportello.expenses.operations.manual import send_again, send_now
from sportello.expenses.operations.many import send_many
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.documents import is_refused, sendable
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.documents import asked_for
from sportello.web.practice.sts.doing import told
from sportello.web.sentences import sentence

AT_ONCE = 1
"""So many documents are sent while the person waits for the answer; more go out in the background."""


@require_POST
@practice_view(check=check_may_send)
def send(request: PartyRequest) -> HttpResponse:
    """Send the ticked documents, or all of the filter that can be."""
    everything = request.POST.get("everything") == "1"
    found = sendable(asked_for(request), ticked=not everything)
    picked: set[int] = set()
    if not everything:
        picked = {int(each) for each in request.POST.getlist("row") if each.isdecimal()}
        found = {entity: [pk for pk in ids if pk in picked] for entity, ids in found.items()}
    found = {entity: ids for entity, ids in found.items() if ids}
    number = sum(len(ids) for ids in found.values())
    if number and len(picked) > number:
        _tell_passed_over(request, len(picked) - number)
    if not number:
        messages.warning(request, _("Choose at least one document that can be sent."))
    elif number <= AT_ONCE:
        _send_one(request, next(iter(found.values()))[0])
    else:
        _send_many(request, found)
    query = request.GET.urlencode()
    return redirect(f"{reverse('practice:sts')}?{query}" if query else "practice:sts")


def _tell_passed_over(request: PartyRequest, number: int) -> None:
    text = ngettext(
        "%(number)s of the chosen documents does not wait to be sent: it was passed over.",
        "%(number)s of the chosen documents do not wait to be sent: they were passed over.",
        number,
    )
    messages.info(request, text % {"number": number})


def _send_one(request: PartyRequest, expense_id: int) -> None:
    try:
        act = send_again if is_refused(expense_id) else send_now
        done = told(act(actor=request.actor, expense_id=expense_id))
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
        return
    {"ok": messages.success, "bad": messages.error}.get(done.tone, messages.warning)(request, done.text)


def _send_many(request: PartyRequest, found: dict[int, list[int]]) -> None:
    queued = 0
    for entity_id, ids in found.items():
        try:
            queued += send_many(actor=request.actor, entity_id=entity_id, expense_ids=ids)
        except RuleViolation as refusal:
            messages.error(request, sentence(refusal))
    if queued:
        text = ngettext(
            "%(number)s document is on its way. You may leave this page: it goes on without you.",
            "%(number)s documents are on their way. You may leave this page: it goes on without you.",
            queued,
        )
        messages.success(request, text % {"number": queued})
