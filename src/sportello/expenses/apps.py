"""The application `expenses` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ExpensesConfig(AppConfig):
    """Listens to what changes on papers and patients."""

    name = "sportello.expenses"
    label = "expenses"

    def ready(self) -> None:
        """Listen."""
        from sportello.core import marks
        from sportello.expenses.taking_in import TOPICS

        for topic in TOPICS:
            marks.listen(topic, "expenses.take_in")
