"""Addresses of the room of later work."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.jobs import views

urlpatterns: list[URLPattern] = [
    path("", views.jobs, name="jobs"),
    path("<row:job_id>/run-again/", views.run_again, name="job_run_again"),
]
