"""The practice's home page: what waits today."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from sportello.web.http import PartyRequest
from sportello.web.practice.http import practice_view


@require_GET
@practice_view
def home(request: PartyRequest) -> HttpResponse:
    """Show what waits for the person today."""
    today = timezone.localdate()
    return render(request, "practice/home.html", {"today": today, "name": request.user.get_short_name(), "todos": []})
