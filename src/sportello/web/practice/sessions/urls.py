"""Addresses of the sessions."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.sessions import views

urlpatterns: list[URLPattern] = [
    path("", views.sessions, name="sessions"),
    path("for/", views.session_for, name="session_for"),
    path("new/<row:patient_id>/", views.session_new, name="session_new"),
    path("monthly/", views.monthly, name="sessions_monthly"),
    path("<row:session_id>/", views.session, name="session"),
    path("<row:session_id>/delete/", views.session_delete, name="session_delete"),
]
