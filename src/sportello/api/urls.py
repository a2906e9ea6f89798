"""The interface at `/api/v1/`; its description is `/api/v1/openapi.json`. No page of documentation is drawn: it would
load scripts from elsewhere."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI

from sportello import __version__
from sportello.api.numbering import router as numbering
from sportello.api.seats import SeatAuth
from sportello.core.actors import MayNot

api = NinjaAPI(title="Sportello", version=__version__, urls_namespace="api", docs_url=None, auth=SeatAuth())
api.add_router("/numbering", numbering)


@api.exception_handler(ObjectDoesNotExist)
def not_found(request: HttpRequest, _error: ObjectDoesNotExist) -> HttpResponse:
    """Answer alike for what is not there and what is somebody else's."""
    return api.create_response(request, {"detail": "Not found"}, status=404)


@api.exception_handler(MayNot)
def forbidden(request: HttpRequest, error: MayNot) -> HttpResponse:
    """Say which right is missing."""
    return api.create_response(request, {"detail": f"Missing right: {error}"}, status=403)


urlpatterns: list[URLPattern | URLResolver] = [path("v1/", api.urls)]
