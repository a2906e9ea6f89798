"""Where somebody wanted to go before being asked who it is: an address of this site, nothing else."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def next_of(request: HttpRequest) -> str:
    """Return the address that a form or a link carries, "" when it carries none or one of another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else ""


def to_next(url: str, wanted: str) -> HttpResponse:
    """Go to a page that will lead on to where the person wanted to go."""
    return redirect(f"{url}?next={quote(wanted)}" if wanted else url)
