"""Every written rule about a document and its sender, as findings before anything is sent."""

from sistemats.rules.check import check, check_all, check_certificate, check_sender
from sistemats.rules.findings import FINDINGS, Finding, FindingFacts, blocking

__all__ = [
    "FINDINGS",
    "Finding",
    "FindingFacts",
    "blocking",
    "check",
    "check_all",
    "check_certificate",
    "check_sender",
]
