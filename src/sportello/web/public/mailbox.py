"""The demo's mailbox for sign-in mail: whoever asked for a new password finds the link here, since no mail leaves."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sportello.core.mail.queries import installation_mails
from sportello.web.public.views import public


@public
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the newest sign-in mails; outside of the demo there is no such page."""
    if not settings.DEMO:
        raise Http404
    return render(request, "public/mailbox.html", {"mails": installation_mails()})
