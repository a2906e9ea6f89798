"""The application `web` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Names and labels the application."""

    name = "sportello.web"
    label = "web"

    def ready(self) -> None:
        """Make ids known to the lists of addresses, and listen to who signs in and out."""
        from sportello.web import paths, signals

        paths.register()
        signals.connect()
