"""Everything that the database keeps about Sistema TS."""

from sportello.expenses.models.settings import (
    Environment,
    ExpenseMapping,
    StampExpense,
    StopReason,
    StsCertificate,
    StsSettings,
    TestResult,
)

__all__ = [
    "Environment",
    "ExpenseMapping",
    "StampExpense",
    "StopReason",
    "StsCertificate",
    "StsSettings",
    "TestResult",
]
