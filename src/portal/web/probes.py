"""What machines ask, and the mailbox of the demo. No page says anything about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.connections.identity import signer
from portal.keeping.ring import KeyTrouble, ring
from portal.post.models import Mail
from portal.post.outbox import Letter, opened
from portal.web.http import public

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail on the mailbox page of the demo."""

    letter: Letter
    at: datetime


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether everything that work needs is there: 200 or 503, and which is missing, in words for an operator."""
    checks = {"database": _database(), "keys": _keys()}
    ready = all(problem == "ok" for problem in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


@public
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Ask search engines to stay away."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@public
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the newest mail of the demo; outside of it there is no such page."""
    if not settings.DEMO:
        raise Http404
    rows = Mail.objects.exclude(content_sealed="").order_by("-made_at", "-pk")[:SHOWN]
    mails = [Shown(letter, row.made_at) for row in rows if (letter := opened(row)).to]
    return render(request, "home/mailbox.html", {"mails": mails})


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "the database does not answer"
    return f"{len(waiting)} migrations wait: run `portal migrate`" if waiting else "ok"


def _keys() -> str:
    try:
        ring()
        signer()
    except (KeyTrouble, OSError, ValueError) as trouble:
        return str(trouble)
    return "ok"
