"""Addresses that need no seat."""

from __future__ import annotations

from django.urls import path

from sportello.web.public import mailbox, probes, views

app_name = "public"
urlpatterns = [
    path("", views.root, name="root"),
    path("choose/", views.choose, name="choose"),
    path("account/", views.profile, name="profile"),
    path("preferences/language/", views.language, name="language"),
    path("preferences/theme/", views.theme, name="theme"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.figures, name="metrics"),
]
