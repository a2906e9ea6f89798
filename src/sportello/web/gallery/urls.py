"""Addresses of the gallery."""

from __future__ import annotations

from django.urls import path

from sportello.web.gallery import views

app_name = "gallery"
urlpatterns = [
    path("", views.show, {"page": "parts"}, name="index"),
    path("<slug:page>/", views.show, name="page"),
]
