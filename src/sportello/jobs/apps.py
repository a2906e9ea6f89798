"""The application `jobs` as Django knows it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class JobsConfig(AppConfig):
    """Finds the handlers of later work in every application of ours."""

    name = "sportello.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Import each application's `handlers` module, so that its handlers are registered."""
        for application in apps.get_app_configs():
            if application.name.startswith("sportello.") and find_spec(f"{application.name}.handlers"):
                import_module(f"{application.name}.handlers")
