"""Checking a document, a sender, a list, a certificate.

Source: the synchronous (v1.3) and asynchronous (v2.5) specifications of December 2020; what implementers saw where
a finding says so. Today is an argument: the rules never look at a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from sistemats.codes import Operation
from sistemats.crypto import WARN_BEFORE, Certificate
from sistemats.dated import Calendar, key_is_known
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Sender
from sistemats.rules.document import check_citizen, check_flags, check_id, check_payment
from sistemats.rules.findings import Finding, make
from sistemats.rules.items import check_items
from sistemats.rules.sender import check_sender

__all__ = ["check", "check_all", "check_certificate", "check_sender"]


@cache
def _calendar() -> Calendar:
    return Calendar.load()


def check(
    document: ExpenseDocument,
    sender: Sender,
    today: date,
    operation: Operation = Operation.INSERT,
    original: DocumentId | None = None,
    calendar: Calendar | None = None,
    test_mode: bool = False,
) -> list[Finding]:
    """Return everything about a document that the State would refuse or remark on, as far as known.

    `original` is the refunded document. `test_mode` turns wrong check digits into warnings, because the official
    test users have them. The sender itself is checked by `check_sender`.
    """
    if operation is Operation.CANCEL:
        return list(check_id(document.id, today, test_mode))
    return [
        *check_id(document.id, today, test_mode),
        *check_payment(document, sender, today, calendar or _calendar()),
        *check_items(document, sender, operation),
        *check_citizen(document, test_mode),
        *check_flags(document, sender),
        *_refund(document, operation, original),
    ]


def _refund(document: ExpenseDocument, operation: Operation, original: DocumentId | None) -> Iterator[Finding]:
    if operation is not Operation.REFUND:
        if original is not None:
            yield make("original", "refund-original-useless")
        return
    if document.paid_on != document.id.issued_on:
        yield make("paid_on", "refund-date")
    if original is None:
        yield make("original", "refund-original-missing")
    elif original == document.id:
        yield make("original", "refund-same-id")
    elif original.issued_on > document.id.issued_on:
        yield make("original.issued_on", "refund-before-original")


def check_all(
    entries: Iterable[BatchEntry],
    sender: Sender,
    today: date,
    calendar: Calendar | None = None,
    test_mode: bool = False,
) -> Iterator[Finding]:
    """Check a list of documents for one file; findings carry the place of their document, from 0.

    Besides the rules of each document: no identifier is inserted or refunded twice.
    """
    seen: set[DocumentId] = set()
    for index, entry in enumerate(entries):
        findings = check(entry.document, sender, today, entry.operation, entry.original, calendar, test_mode)
        if entry.operation in {Operation.INSERT, Operation.REFUND}:
            if entry.document.id in seen:
                findings.append(make("id", "duplicate"))
            seen.add(entry.document.id)
        yield from (replace(finding, index=index) for finding in findings)


def check_certificate(certificate: Certificate, now: datetime, production: bool = True) -> list[Finding]:
    """Return what is remarkable about an encryption certificate at `now` (aware).

    `production` False leaves out the comparison with the State's key: a simulator has its own.
    """
    findings = []
    last_day = certificate.valid_to.date().isoformat()
    if now > certificate.valid_to:
        findings.append(make("certificate", "certificate-ended", day=last_day))
    elif certificate.ends_soon(now, WARN_BEFORE):
        findings.append(make("certificate", "certificate-ends-soon", day=last_day))
    if now < certificate.valid_from:
        day = certificate.valid_from.date().isoformat()
        findings.append(make("certificate", "certificate-not-begun", day=day))
    if production and not key_is_known(certificate):
        findings.append(make("certificate", "certificate-unknown-key"))
    return findings
