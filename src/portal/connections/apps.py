"""The app of connections."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Paired practice servers, and what an account is connected with."""

    name = "portal.connections"
    label = "connections"
