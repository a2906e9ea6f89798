"""Addresses of the practice's pages. Each room brings its own list; nothing here carries personal data in a path."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sportello.web.practice import home, search
from sportello.web.practice.customers.urls import urlpatterns as customers
from sportello.web.practice.invoices.urls import urlpatterns as invoices
from sportello.web.practice.patients.urls import urlpatterns as patients

app_name = "practice"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("patients/customers/", include(customers)),
    path("patients/", include(patients)),
    path("invoices/", include(invoices)),
]
