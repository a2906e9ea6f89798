"""Citizens' remarks on their expenses: the list, asking for them, and reading one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from sportello.core.violations import RuleViolation
from sportello.expenses.operations.remarks import ask_remarks, open_remark
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.outlook import banners
from sportello.expenses.queries.reconciliation import Seen, remark_counts, remark_of, remarks, remarks_asked
from sportello.expenses.queries.settings import entity_name
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.months import HERE, seen_of
from sportello.web.practice.sts.tabs import sections
from sportello.web.sentences import sentence


@require_GET
@practice_view(check=check_may_send)
def remark_list(request: PartyRequest) -> HttpResponse:
    """Show citizens' remarks a page at a time; their words are opened one by one."""
    seen, numbers = seen_of(request, Seen.ALL), remark_counts()
    found = remarks(seen, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "page": Page(found.rows, numbers[seen], found.after, found.before),
        "states": _states(numbers, seen),
        "none_yet": not numbers[Seen.ALL],
        "query": request.GET.urlencode(),
        "asked": remarks_asked(request.actor),
        "entities": [each for each in banners(request.actor, today=timezone.localdate()) if each.is_active],
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/remarks.html", context)


@require_POST
@practice_view(check=check_may_send)
def remarks_ask(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Have citizens' remarks fetched."""
    entity_name(request.actor, entity_id)
    try:
        ask_remarks(actor=request.actor, entity_id=entity_id)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("The Sistema TS is asked; what it has appears here by itself."))
    return redirect("practice:sts_remarks")


@require_GET
@practice_view(check=check_may_send)
def remark(request: PartyRequest, remark_id: int) -> HttpResponse:
    """Show what a citizen remarked, in the State's words."""
    words = open_remark(actor=request.actor, remark_id=remark_id)
    row = remark_of(request.actor, remark_id)
    context = {"row": row, "words": words, "tabs": sections(request.actor, HERE)}
    return render(request, "practice/sts/remark.html", context)


def _states(numbers: dict[Seen, int], seen: Seen) -> list[StateLink]:
    words = {
        Seen.ALL: pgettext("remarks", "All"),
        Seen.OPEN: pgettext("remarks", "New"),
        Seen.DONE: pgettext("remarks", "Read"),
    }
    return [StateLink(word, f"?view={each.value}", numbers[each], each is seen) for each, word in words.items()]
