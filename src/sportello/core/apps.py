"""The application `core` as Django knows it."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from sportello.core import guards


class CoreConfig(AppConfig):
    """Declares the guard of the audit and installs all guards after a migration."""

    name = "sportello.core"
    label = "core"

    def ready(self) -> None:
        """Declare and connect."""
        words = "the audit is append-only"
        guards.declare(
            guards.Guard(name=f"core_audit_no_{event.lower()}", table="core_auditentry", event=event, message=words)
            for event in ("UPDATE", "DELETE")
        )
        post_migrate.connect(_install, dispatch_uid="sportello.core.guards")


def _install(sender: AppConfig, using: str, **_: Any) -> None:
    guards.install(using)
