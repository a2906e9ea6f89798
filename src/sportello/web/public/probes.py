"""What machines ask: is it alive, is it ready, how much has it done. No page says anything about anybody."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from sportello.billing.models import Invoice
from sportello.core import health
from sportello.core.actors import System, acting
from sportello.web import metrics
from sportello.web.http import client_address
from sportello.web.public.views import public

LOOPBACK = frozenset({"127.0.0.1", "::1"})


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether everything that work needs is there: 200 or 503, and which is missing, in words for an operator."""
    findings = health.readiness()
    ready = not any(finding.problem for finding in findings)
    body = {"ready": ready, "checks": {finding.name: finding.problem or "ok" for finding in findings}}
    return JsonResponse(body, status=200 if ready else 503)


@public
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Hand the figures to who has the token, or to this machine when there is none; others find no such page."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(metrics.page(_issued), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.SPORTELLO_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not proxied and client_address(request) in LOOPBACK


def _issued() -> int:
    with acting(System("metrics")):
        return Invoice.objects.exclude(number=None).count()
