"""The app of outgoing mail."""

from __future__ import annotations

from django.apps import AppConfig


class PostConfig(AppConfig):
    """Outgoing mail."""

    name = "portal.post"
    label = "post"
