"""The application `billing` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig

from sportello.core import guards


class BillingConfig(AppConfig):
    """Declares the guards of issued papers, and which files of papers patients may open."""

    name = "sportello.billing"
    label = "billing"

    def ready(self) -> None:
        """Declare."""
        from sportello.billing.guards import guards as billing_guards
        from sportello.billing.models import Invoice
        from sportello.core.models import files

        guards.declare(billing_guards())
        files.show_to_patients("billing.invoice", lambda actor: Invoice.objects.all().values("paper_id"))
