"""What every room stands on: the audit chain, work for later, mail, files and paired portals."""

from __future__ import annotations

from sportello.core.models.audit import AuditEntry, AuditEntryQuerySet, AuditHead
from sportello.core.models.files import StoredFile, StoredFileQuerySet
from sportello.core.models.jobs import Job, JobQuerySet, Schedule, WorkerBeat
from sportello.core.models.mail import MailServer, MailServerQuerySet, OutgoingMail, OutgoingMailQuerySet
from sportello.core.models.marks import ChangeMark, ChangeMarkQuerySet
from sportello.core.models.pairing import Pairing, PairingQuerySet, SeenRequest, SeenRequestQuerySet

__all__ = [
    "AuditEntry",
    "AuditEntryQuerySet",
    "AuditHead",
    "ChangeMark",
    "ChangeMarkQuerySet",
    "Job",
    "JobQuerySet",
    "MailServer",
    "MailServerQuerySet",
    "OutgoingMail",
    "OutgoingMailQuerySet",
    "Pairing",
    "PairingQuerySet",
    "Schedule",
    "SeenRequest",
    "SeenRequestQuerySet",
    "StoredFile",
    "StoredFileQuerySet",
    "WorkerBeat",
]
