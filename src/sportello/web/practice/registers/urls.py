"""Addresses of the registers."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.registers import views

urlpatterns: list[URLPattern] = [
    path("", views.registers, name="registers"),
    path("stamps/", views.stamps, name="register_stamps"),
    path("stamps/<row:invoice_id>/", views.stamp, name="register_stamp"),
    path("<slug:register>/csv/", views.register_csv, name="register_csv"),
]
