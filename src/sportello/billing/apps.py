"""The application `billing` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig

from sportello.core import guards


class BillingConfig(AppConfig):
    """Declares the guards of issued papers."""

    name = "sportello.billing"
    label = "billing"

    def ready(self) -> None:
        """Declare."""
        from sportello.billing.guards import guards as billing_guards

        guards.declare(billing_guards())
