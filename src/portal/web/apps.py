"""The app of pages: templates, styles, scripts."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages of the patient."""

    name = "portal.web"
    label = "web"
