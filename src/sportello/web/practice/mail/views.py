"""What the practice sent: the list, one mail, and what an owner does about it. In the demo this is the mailbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from sportello.core.mail import operations
from sportello.core.mail.queries import mail_counts, mail_page, mail_text
from sportello.core.states import MAIL_MOVES, ForbiddenStep, MailState
from sportello.web import looks
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.mail.tabs import room_tabs
from sportello.web.practice.mail.words import THROUGH, problem_words, purpose_word


@require_GET
@practice_view(owner=True)
def mails(request: PartyRequest) -> HttpResponse:
    """Show the practice's outgoing mail."""
    state = request.GET.get("state", "")
    state = state if state in set(MailState) else ""
    before = request.GET.get("after", "")
    found = mail_page(request.actor, state=state, before=int(before) if before.isdigit() else None)
    rows = [(row, purpose_word(row.purpose), problem_words(row.problem)) for row in found.rows]
    context = {
        "page": Page(rows, after=str(found.next_before or "")),
        "states": _links(mail_counts(request.actor), state),
        "tabs": room_tabs(request.actor, "mails"),
        "demo": settings.DEMO,
    }
    name = "practice/mail/_list.html" if request.htmx else "practice/mail/list.html"
    return render(request, name, context)


@require_GET
@practice_view(owner=True)
def mail(request: PartyRequest, mail_id: int) -> HttpResponse:
    """Show one mail with its text; that it was read is written down."""
    shown = mail_text(request.actor, mail_id)
    moves = MAIL_MOVES[MailState(shown.row.state)]
    context = {
        "mail": shown.row,
        "text": shown.text,
        "language": shown.language,
        "purpose": purpose_word(shown.row.purpose),
        "problem": problem_words(shown.row.problem),
        "through": THROUGH.get(shown.row.sent_through, ""),
        "may_send": MailState.WAITING in moves and shown.row.state != MailState.HANDING,
        "may_mark": shown.row.state == MailState.UNCERTAIN,
        "may_cancel": MailState.CANCELLED in moves,
        "demo": settings.DEMO,
    }
    return render(request, "practice/mail/mail.html", context)


@require_POST
@practice_view(owner=True)
def send_again(request: PartyRequest, mail_id: int) -> HttpResponse:
    """Queue a failed or uncertain mail once more."""
    return _act(request, operations.send_again, mail_id, _("The mail goes out again now."))


@require_POST
@practice_view(owner=True)
def arrived(request: PartyRequest, mail_id: int) -> HttpResponse:
    """Write down that an uncertain mail did arrive."""
    return _act(request, operations.mark_arrived, mail_id, _("The mail counts as sent."))


@require_POST
@practice_view(owner=True)
def cancel(request: PartyRequest, mail_id: int) -> HttpResponse:
    """Take a mail back that has not left."""
    return _act(request, operations.cancel, mail_id, _("The mail will not be sent."))


def _act(request: PartyRequest, operation: Callable[..., Any], mail_id: int, done: str) -> HttpResponse:
    try:
        operation(actor=request.actor, mail_id=mail_id)
    except ForbiddenStep:
        messages.warning(request, _("The mail is no longer in that state: see below where it stands."))
    else:
        messages.success(request, done)
    return redirect("practice:mail", mail_id)


def _links(counts: dict[str, int], state: str) -> list[StateLink]:
    base = reverse("practice:mails")
    links = [StateLink(pgettext("mails", "All"), base, None, not state)]
    for each in (MailState.WAITING, MailState.UNCERTAIN, MailState.FAILED, MailState.SENT):
        word = looks.look("mail", each.value).word
        links.append(StateLink(word, f"{base}?state={each.value}", counts.get(each.value), state == each.value))
    return links
