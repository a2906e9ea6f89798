"""Everything that the database keeps about Sistema TS."""

from sportello.expenses.models.ledger import (
    Attempt,
    CitizenRemark,
    Difference,
    DifferenceKind,
    Expense,
    ExpenseKind,
    Held,
    MonthlyReport,
    Operation,
    Outcome,
    Transmission,
    TransmissionKind,
)
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
    "Attempt",
    "CitizenRemark",
    "Difference",
    "DifferenceKind",
    "Environment",
    "Expense",
    "ExpenseKind",
    "ExpenseMapping",
    "Held",
    "MonthlyReport",
    "Operation",
    "Outcome",
    "StampExpense",
    "StopReason",
    "StsCertificate",
    "StsSettings",
    "TestResult",
    "Transmission",
    "TransmissionKind",
]
