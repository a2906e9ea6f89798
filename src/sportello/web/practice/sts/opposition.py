"""The patients' wish for the documents that were ticked: a page says what would happen, then it is done for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sportello.core.violations import RuleViolation
from sportello.expenses.operations.opposing import Opposed, set_oppositions
from sportello.expenses.permissions import check_may_send
from sportello.expenses.queries.documents import sendable
from sportello.expenses.queries.opposing import Chosen, chosen
from sportello.expenses.rules.opposing import MOST_AT_ONCE
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.sts.documents import asked_for
from sportello.web.sentences import sentence

_OURS = ("row", "everything", "csrfmiddlewaretoken", "opposed")
NAMED = 8
"""So many documents are named in one sentence; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """A chosen document with the sentence that says why it stays as it is, "" where it changes."""

    each: Chosen
    refusal: str


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_send)
def opposition(request: PartyRequest) -> HttpResponse:
    """Show what was ticked with what would happen (GET, and POST from the list), then do it (POST with the answer)."""
    if request.method == "POST":
        return _answered(request) if "opposed" in request.POST else redirect(_page(request))
    ids = _sendable(request) if request.GET.get("everything") == "1" else _ids(request.GET.getlist("row"))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        code = "sts_too_many_chosen" if ids else "sts_none_chosen"
        messages.warning(request, sentence(RuleViolation(code, most=MOST_AT_ONCE)))
        return redirect(_list(request))
    return render(request, "practice/sts/opposition.html", _shown(request, chosen(request.actor, ids)))


def _shown(request: PartyRequest, rows: tuple[Chosen, ...]) -> dict[str, Any]:
    free = [each for each in rows if not each.refusal]
    return {
        "lines": [Line(each, sentence(RuleViolation(each.refusal)) if each.refusal else "") for each in rows],
        "free": len(free),
        "held": sum(1 for each in free if each.is_held),
        "opposed_now": sum(1 for each in free if each.row.opposed),
        "suggested": not free or any(not each.row.opposed for each in free),
        "back_url": _list(request),
    }


def _answered(request: PartyRequest) -> HttpResponse:
    opposed = request.POST.get("opposed") == "1"
    try:
        done = set_oppositions(actor=request.actor, expense_ids=_ids(request.POST.getlist("row")), opposed=opposed)
    except RuleViolation as refusal:
        messages.error(request, sentence(refusal))
    else:
        _tell(request, done, opposed)
    return redirect(_list(request))


def _tell(request: PartyRequest, done: Opposed, opposed: bool) -> None:
    """Say how many go how, what is corrected at the State, and name what stays as it is."""
    if done.changed:
        messages.success(request, " ".join([_changed(done.changed, opposed), *_corrected(done.corrected)]))
    elif done.unchanged:
        messages.info(request, _("Nothing was changed: the chosen documents go that way already."))
    by_reason: dict[str, list[str]] = {}
    for number, code in done.refused:
        by_reason.setdefault(code, []).append(number)
    for code, numbers in by_reason.items():
        facts = {"numbers": _named(numbers), "why": sentence(RuleViolation(code))}
        messages.warning(request, _("Left as it was: %(numbers)s. %(why)s") % facts)


def _changed(number: int, opposed: bool) -> str:
    if opposed:
        text = ngettext(
            "%(number)s document goes without the patient's codice fiscale.",
            "%(number)s documents go without the patients' codice fiscale.",
            number,
        )
    else:
        text = ngettext(
            "%(number)s document goes with the patient's codice fiscale.",
            "%(number)s documents go with the patients' codice fiscale.",
            number,
        )
    return text % {"number": number}


def _corrected(number: int) -> list[str]:
    if not number:
        return []
    text = ngettext(
        "%(number)s of them was sent before: it is corrected at the Sistema TS by itself.",
        "%(number)s of them were sent before: they are corrected at the Sistema TS by themselves.",
        number,
    )
    return [text % {"number": number}]


def _named(numbers: list[str]) -> str:
    more = len(numbers) - NAMED
    if more <= 0:
        return ", ".join(numbers)
    return _("%(numbers)s and %(more)s more") % {"numbers": ", ".join(numbers[:NAMED]), "more": more}


def _ids(texts: Iterable[str]) -> set[int]:
    return {int(each) for each in texts if each.isdecimal() and len(each) < 19}


def _sendable(request: PartyRequest) -> set[int]:
    return {pk for ids in sendable(asked_for(request)).values() for pk in ids}


def _page(request: PartyRequest) -> str:
    """Return this page for what was ticked in the list: reload and the back button then work as everywhere."""
    picked = [("everything", "1")]
    if request.POST.get("everything") != "1":
        picked = [("row", str(each)) for each in sorted(_ids(request.POST.getlist("row")))]
    return f"{reverse('practice:sts_oppose')}?{urlencode([*_kept(request.GET), *picked])}"


def _list(request: PartyRequest) -> str:
    kept = urlencode(_kept(request.GET))
    return f"{reverse('practice:sts')}?{kept}" if kept else reverse("practice:sts")


def _kept(get: QueryDict) -> list[tuple[str, str]]:
    """Return the filter of the list, which the page carries so that it leads back there."""
    return [(name, str(value)) for name, value in get.dict().items() if name not in _OURS]
