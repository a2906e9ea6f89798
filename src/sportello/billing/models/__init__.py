"""The tables of billing, cut by subject."""

from sportello.billing.models.catalogue import PerformedService, Service
from sportello.billing.models.invoices import Invoice, InvoiceGroup, InvoiceKind, InvoiceLine, PaperState
from sportello.billing.models.payments import Payment, PaymentDirection, StampRecord
from sportello.billing.models.reference import EntityWording, ReferenceRecord

__all__ = [
    "EntityWording",
    "Invoice",
    "InvoiceGroup",
    "InvoiceKind",
    "InvoiceLine",
    "PaperState",
    "Payment",
    "PaymentDirection",
    "PerformedService",
    "ReferenceRecord",
    "Service",
    "StampRecord",
]
