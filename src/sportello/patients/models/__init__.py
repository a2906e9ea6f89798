"""Who is treated, who may act for them, who else stands on a paper, and who of them has access to the portal."""

from sportello.patients.models.connections import (
    BulkInvitation,
    BulkItem,
    Connection,
    Invitation,
    InvitationLink,
    PortalSettings,
)
from sportello.patients.models.people import (
    Customer,
    CustomerKind,
    CustomerQuerySet,
    NoCodeReason,
    Patient,
    PatientQuerySet,
    Representative,
    RepresentativeQuerySet,
    RepresentativeRole,
    Sex,
)

__all__ = [
    "BulkInvitation",
    "BulkItem",
    "Connection",
    "Customer",
    "CustomerKind",
    "CustomerQuerySet",
    "Invitation",
    "InvitationLink",
    "NoCodeReason",
    "Patient",
    "PatientQuerySet",
    "PortalSettings",
    "Representative",
    "RepresentativeQuerySet",
    "RepresentativeRole",
    "Sex",
]
