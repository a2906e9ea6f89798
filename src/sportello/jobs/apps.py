"""The application `jobs` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Names and labels the application."""

    name = "sportello.jobs"
    label = "jobs"
