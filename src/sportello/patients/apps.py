"""The application `patients` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Names and labels the application."""

    name = "sportello.patients"
    label = "patients"
