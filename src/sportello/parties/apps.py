"""The application `parties` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """Names and labels the application."""

    name = "sportello.parties"
    label = "parties"
