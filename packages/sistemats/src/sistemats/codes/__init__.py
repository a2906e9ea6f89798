"""Every closed list of the protocol: services, channels, senders, expense types, message codes."""

from sistemats.codes.expenses import (
    ALLOWED_TYPES,
    CATEGORIES,
    CategoryFacts,
    DocumentType,
    ExpenseType,
    SenderCategory,
)
from sistemats.codes.messages import (
    ACCEPTANCE_CODES,
    DOCUMENT_CODES,
    Evidence,
    MessageCode,
    Severity,
    lookup,
)
from sistemats.codes.services import (
    CALLS,
    SERVICES,
    Call,
    CallFacts,
    Channel,
    Host,
    Operation,
    SendingState,
    Service,
    ServiceFacts,
    call_for_body,
    endpoint_path,
)

__all__ = [
    "ACCEPTANCE_CODES",
    "ALLOWED_TYPES",
    "CALLS",
    "CATEGORIES",
    "DOCUMENT_CODES",
    "SERVICES",
    "Call",
    "CallFacts",
    "CategoryFacts",
    "Channel",
    "DocumentType",
    "Evidence",
    "ExpenseType",
    "Host",
    "MessageCode",
    "Operation",
    "SenderCategory",
    "SendingState",
    "Service",
    "ServiceFacts",
    "Severity",
    "call_for_body",
    "endpoint_path",
    "lookup",
]
