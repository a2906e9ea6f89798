"""Writes about patients, those who act for them, and customers."""

from sportello.core.refusals import Refused
from sportello.patients.operations.customers import (
    archive_customer,
    create_customer,
    edit_customer,
    open_customer,
    restore_customer,
)
from sportello.patients.operations.patients import (
    PossibleDuplicate,
    archive_patient,
    create_patient,
    edit_patient,
    open_patient,
    record_patient_export,
    restore_patient,
)
from sportello.patients.operations.representatives import add_representative, attach_evidence, end_representative

__all__ = [
    "PossibleDuplicate",
    "Refused",
    "add_representative",
    "archive_customer",
    "archive_patient",
    "attach_evidence",
    "create_customer",
    "create_patient",
    "edit_customer",
    "edit_patient",
    "end_representative",
    "open_customer",
    "open_patient",
    "record_patient_export",
    "restore_customer",
    "restore_patient",
]
