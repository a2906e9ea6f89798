"""The server that the practice's mail goes through: setting it up, trying it, forgetting it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sportello.core.mail import operations
from sportello.core.mail.operations import BadServer, MailProblem
from sportello.core.mail.queries import mail_server
from sportello.core.models import MailServer
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.practice.mail.forms import ServerForm, server_initial
from sportello.web.practice.mail.tabs import room_tabs
from sportello.web.practice.mail.words import THROUGH, problem_words


@require_http_methods(["GET", "POST"])
@practice_view(owner=True, fresh=True)
def edit(request: PartyRequest) -> HttpResponse:
    """Set up the server; the password is written, never shown."""
    row = mail_server(request.actor)
    form = ServerForm(
        request.POST if request.method == "POST" else None,
        initial=server_initial(row, request.user.email, request.seat.name),
        has_password=bool(row and row.has_password),
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_mail_server(actor=request.actor, typed=form.settings())
        except BadServer as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The mail server is saved. Send yourself a test now."))
            return redirect("practice:mail_server")
    context = {
        "form": form,
        "server": row,
        "problem": problem_words(row.problem) if row else "",
        "installation": bool(settings.SPORTELLO_MAIL),
        "tabs": room_tabs(request.actor, "mail_server"),
        "demo": settings.DEMO,
    }
    return render(request, "practice/mail/server.html", context)


@require_POST
@practice_view(owner=True)
def test(request: PartyRequest) -> HttpResponse:
    """Send a test mail to the asker's own address, and say how it went."""
    try:
        through = operations.send_test(
            actor=request.actor,
            to=request.user.email,
            subject=_("Test of the mail server"),
            text=_("This mail was sent by Sportello. Your mail server works."),
        )
    except MailProblem as failure:
        words = problem_words(failure.problem.value)
        messages.error(request, _("The test mail was not sent. %(reason)s") % {"reason": words})
    else:
        said = {"address": request.user.email, "server": THROUGH[through]}
        messages.success(request, _("The test mail to %(address)s was taken by %(server)s.") % said)
    return redirect("practice:mail_server")


@require_http_methods(["GET", "POST"])
@practice_view(owner=True, fresh=True)
def remove(request: PartyRequest) -> HttpResponse:
    """Ask, then forget the server."""
    if mail_server(request.actor) is None:
        raise Http404
    if request.method == "POST":
        try:
            operations.remove_mail_server(actor=request.actor)
        except MailServer.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("The mail server was removed."))
        return redirect("practice:mail_server")
    through_installation = _("Mail will go through the installation's server from now on.")
    waits = _("Mail will wait until another server is entered.")
    context = {
        "question": _("Remove the mail server?"),
        "consequence": through_installation if settings.SPORTELLO_MAIL else waits,
        "act_word": _("Remove the server"),
        "back_url": reverse("practice:mail_server"),
        "grave": True,
    }
    return render(request, "practice/confirm.html", context)
