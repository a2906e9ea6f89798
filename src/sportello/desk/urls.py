"""Where portals ask."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from sportello.desk import answers
from sportello.desk.views import desk

__all__ = ["answers"]

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [path("v1/", desk, name="ask")]
