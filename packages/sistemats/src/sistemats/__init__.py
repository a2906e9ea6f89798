"""The Sistema TS "spese sanitarie 730" services: documents, envelopes, client, command line, simulator.

The names below are the ones most programs need; everything else is in the modules.
"""

__version__ = "0.1.0"

from sistemats.codes import Channel, DocumentType, ExpenseType, Operation, SenderCategory
from sistemats.connection import connect
from sistemats.crypto import Certificate, Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.exchange import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Client,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.rules import Finding, check, check_all, check_sender
from sistemats.settings import Secrets, Settings, load_settings, simulator_settings

__all__ = [
    "Accepted",
    "AcceptedWithWarnings",
    "AuthenticationFailed",
    "BatchEntry",
    "Certificate",
    "Channel",
    "Client",
    "Conflict",
    "DocumentId",
    "DocumentType",
    "ExpenseDocument",
    "ExpenseType",
    "Finding",
    "Item",
    "NotDone",
    "Operation",
    "Owner",
    "Refused",
    "Sealer",
    "Secrets",
    "Sender",
    "SenderCategory",
    "Settings",
    "Unavailable",
    "Uncertain",
    "check",
    "check_all",
    "check_sender",
    "connect",
    "load_settings",
    "simulator_settings",
]
