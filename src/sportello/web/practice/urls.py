"""Addresses of the practice's pages. Each room brings its own list; nothing here carries personal data in a path."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sportello.web.practice import home, search
from sportello.web.practice.invoices.urls import urlpatterns as invoices

app_name = "practice"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("invoices/", include(invoices)),
]
