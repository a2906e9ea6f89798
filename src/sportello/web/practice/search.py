"""Where every search field of the practice posts its words."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view
from sportello.web.sealed import address_with


@require_POST
@practice_view
def search(request: PartyRequest) -> HttpResponse:
    """Seal the words and lead back to the list they came from."""
    page = request.POST.get("to", "")
    if not page.startswith("/") or not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        page = reverse("practice:home")
    response = HttpResponseRedirect(address_with(request, page, request.POST.get("words", "").strip()))
    response.status_code = 303
    return response
