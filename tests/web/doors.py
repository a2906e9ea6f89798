"""Routes that only the tests of the practice's door have, beside the product's own."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from sportello.config.urls import handler400, handler403, handler404, handler500
from sportello.config.urls import urlpatterns as product
from sportello.core.actors import Actor, MayNot, current
from sportello.patients.models import Patient
from sportello.web.gallery.urls import urlpatterns as gallery
from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.sealed import search_words

__all__ = ["handler400", "handler403", "handler404", "handler500"]


@practice_view
def who(request: PartyRequest) -> HttpResponse:
    assert current() is request.actor
    return HttpResponse(f"{request.actor.role} {request.seat.name}")


@practice_view
def patient(request: PartyRequest, patient_id: int) -> HttpResponse:
    return HttpResponse(str(Patient.objects.get(pk=patient_id).pk))


@practice_view
def lazy(request: PartyRequest) -> HttpResponse:
    return TemplateResponse(request, "practice/home.html", {"today": None, "name": "", "todos": Patient.objects.all()})


@practice_view
def stream(request: PartyRequest) -> HttpResponse:
    def rows() -> Iterator[bytes]:
        for each in ("a", "b"):
            yield f"{each}{Patient.objects.count()} ".encode()

    return StreamingHttpResponse(rows())  # type: ignore[return-value]


@practice_view
def refused(request: PartyRequest) -> HttpResponse:
    raise MayNot("issue")


def _never(actor: Actor) -> None:
    raise MayNot("payments")


@practice_view(check=_never)
def checked(request: PartyRequest) -> HttpResponse:
    raise AssertionError("the check comes first")


@practice_view(owner=True)
def owner_only(request: PartyRequest) -> HttpResponse:
    return HttpResponse("owner")


@practice_view(fresh=True)
def fresh(request: PartyRequest) -> HttpResponse:
    return HttpResponse("fresh")


@practice_view
def says(request: PartyRequest) -> HttpResponse:
    messages.success(request, "Payment recorded.")
    return HttpResponse("<p>row</p>")


@practice_view
def words(request: PartyRequest) -> HttpResponse:
    return HttpResponse(search_words(request))


@practice_view
def clock(request: PartyRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


@practice_view
def forgetful(request: PartyRequest) -> HttpResponse:
    return HttpResponse("mine", headers={"Cache-Control": "public, max-age=600"})


def no_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("gone: password=secret")


def no_table(request: HttpRequest) -> HttpResponse:
    raise OperationalError("no such table: invoices")


def full_disk(request: HttpRequest) -> HttpResponse:
    raise OSError(errno.ENOSPC, "no space left")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a name that must not be shown: Bruno Verdi")


def too_big(request: HttpRequest) -> HttpResponse:
    raise RequestDataTooBig("more than allowed")


urlpatterns = [
    *product,
    *(path(f"_parts/{route.pattern}", route.callback, route.default_args) for route in gallery),
    path("door/who/", who),
    path("door/patients/<int:patient_id>/", patient),
    path("door/lazy/", lazy),
    path("door/stream/", stream),
    path("door/refused/", refused),
    path("door/checked/", checked),
    path("door/owner/", owner_only),
    path("door/fresh/", fresh),
    path("door/says/", says),
    path("door/words/", words),
    path("door/clock/", clock),
    path("door/forgetful/", forgetful),
    path("door/no-database/", no_database),
    path("door/full-disk/", full_disk),
    path("door/no-table/", no_table),
    path("door/broken/", broken),
    path("door/too-big/", too_big),
]
