"""Looking ahead once a day: a password or a certificate that runs out, a deadline with documents still missing.

Each is told in time and once for every step that comes nearer (the mail's key knows). Act as `System`.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from sistemats.codes import SenderCategory
from sportello.expenses import ministry
from sportello.expenses.models import Environment, Expense, Held, StsSettings
from sportello.expenses.notices import tell_certificate_ends, tell_deadline, tell_password_ends
from sportello.expenses.rules.credentials import days_left
from sportello.expenses.rules.deadlines import periods_of, reminder

WARN_PASSWORD = 15
"""Days before a password runs out from which on pages and mails say so."""


def watch(now: datetime) -> int:
    """Look at every active account and queue what has to be told; return how many accounts were looked at."""
    looked_at = 0
    rows = StsSettings.objects.filter(activated_at__isnull=False).select_related("entity").order_by("pk")
    for row in rows.iterator(200):
        with transaction.atomic():
            _password(row, now.date())
            _certificate(row, now)
            _deadlines(row, now.date())
        looked_at += 1
    return looked_at


def _password(row: StsSettings, today: date) -> None:
    if row.password_changed_on is None:
        return
    left = days_left(password_age=(today - row.password_changed_on).days, lasts=row.password_lasts)
    if left is not None and left <= WARN_PASSWORD:
        tell_password_ends(row, left, changed_on=row.password_changed_on)


def _certificate(row: StsSettings, now: datetime) -> None:
    if row.environment == Environment.SIMULATOR:
        return
    try:
        certificate = ministry.sealing_certificate(row, now)
    except ministry.NotConfigured:
        return
    if certificate.ends_soon(now):
        days = (certificate.valid_to - now).days

        tell_certificate_ends(row, certificate.serial, certificate.valid_to.date(), days)


def _deadlines(row: StsSettings, today: date) -> None:
    missing = Expense.objects.filter(entity_id=row.entity_id, due=True).exclude(held=Held.HELD)
    for year in (today.year - 1, today.year):
        for begins, ends, due in periods_of(year, SenderCategory(row.category)):
            if reminder(due, today):
                waiting = missing.filter(Q(paid_on__gte=begins, paid_on__lte=ends)).count()
                if waiting:
                    tell_deadline(row, due.send_by, due.days_left(today), waiting)
