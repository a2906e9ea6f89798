"""Talking to the State: a client whose answers say in their type what happened and what may be done next."""

from sistemats.exchange.client import Client, DocumentOutcome, UploadOutcome
from sistemats.exchange.outcomes import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.exchange.resolve import Resolution, same_content

__all__ = [
    "Accepted",
    "AcceptedWithWarnings",
    "AuthenticationFailed",
    "Client",
    "Conflict",
    "DocumentOutcome",
    "NotDone",
    "Refused",
    "Resolution",
    "Unavailable",
    "Uncertain",
    "UploadOutcome",
    "same_content",
]
