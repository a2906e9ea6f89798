"""Addresses of the customers' room."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.customers import views

urlpatterns: list[URLPattern] = [
    path("", views.customers, name="customers"),
    path("csv/", views.customers_csv, name="customers_csv"),
    path("new/", views.new, name="customer_new"),
    path("check/<slug:name>/", views.check, name="customer_check"),
    path("<row:customer_id>/", views.customer, name="customer"),
    path("<row:customer_id>/edit/", views.edit, name="customer_edit"),
    path("<row:customer_id>/archive/", views.archive, name="customer_archive"),
    path("<row:customer_id>/restore/", views.restore, name="customer_restore"),
]
