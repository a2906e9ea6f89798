"""The gallery's one view."""

from __future__ import annotations

from types import SimpleNamespace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from sportello.web import looks
from sportello.web.gallery import samples
from sportello.web.public.views import public

PAGES = ("parts", "home", "patients", "invoices", "paper", "empty", "form", "confirm")


@public
def show(request: HttpRequest, page: str) -> HttpResponse:
    """Show one page of the gallery in the shell of an invented practice."""
    if page not in PAGES:
        raise Http404
    if "say" in request.GET:
        messages.success(request, "Payment recorded.")
        messages.warning(request, "The stamp was not yet due on this day.")
        messages.error(request, "The mail server refused the password.")
    nobody = SimpleNamespace(get_full_name="Marta Bellandi", email="marta@ginestra.example", is_authenticated=True)
    shell = {
        "shell_template": "practice/base.html",
        "seat": samples.SEAT,
        "seats": (samples.SEAT,),
        "user": nobody,
        "role_word": looks.ROLES[samples.SEAT.role],
        "menu": samples.menu("invoices" if page in {"paper", "empty"} else "patients" if page == "form" else page),
        "search_url": "/_parts/patients/",
    }
    with translation.override("ar" if "rtl" in request.GET else translation.get_language()):
        return render(request, f"gallery/{page}.html", shell | samples.values())
