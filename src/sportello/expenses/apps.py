"""The application `expenses` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ExpensesConfig(AppConfig):
    """Invoices and the Sistema Tessera Sanitaria: what the State should hold, what it holds, and the difference."""

    name = "sportello.expenses"
    label = "expenses"
