"""Handing mail over: claimed, sent, settled, so that none goes out twice."""

from __future__ import annotations

import logging
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.db import transaction

from portal.post.models import Mail, MailState
from portal.post.outbox import Letter, opened

MOST_TRIES = 12
KEPT = timedelta(days=1)
PATIENCE = 30
log = logging.getLogger("portal.post")


class BadMailServer(ValueError):
    """PORTAL_MAIL is no address of a mail server."""


def server() -> SplitResult | None:
    """
    Return the mail server's address, None when there is none and mail waits.

    :raises BadMailServer: neither smtp:// nor smtps:// with a host
    """
    if not settings.PORTAL_MAIL:
        return None
    parts = urlsplit(settings.PORTAL_MAIL)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadMailServer("PORTAL_MAIL begins with neither smtp:// nor smtps://, or names no host")
    return parts


def send_due(now: datetime) -> int:
    """Send what is due and return how many mails left. In demo mode none leaves: the mailbox page shows them."""
    where = None if settings.DEMO else server()
    due = Mail.objects.filter(state=MailState.WAITING, next_at__lte=now).order_by("next_at", "pk")
    sent = 0
    for key in list(due.values_list("pk", flat=True)[:50]):
        row = _claim(key) if where else None
        if row and where:
            sent += _hand_over(row, where, now)
    return sent


def forget_old(now: datetime) -> None:
    """Forget mail that is settled; in demo mode nothing is sent, so age alone counts."""
    Mail.objects.filter(made_at__lt=now - KEPT).exclude(state=MailState.WAITING).delete()
    Mail.objects.filter(made_at__lt=now - 14 * KEPT).delete()


def _claim(key: int) -> Mail | None:
    with transaction.atomic():
        taken = Mail.objects.filter(pk=key, state=MailState.WAITING).update(state=MailState.LEAVING)
    return Mail.objects.get(pk=key) if taken else None


def _hand_over(row: Mail, where: SplitResult, now: datetime) -> bool:
    letter = opened(row)
    row.tries += 1
    try:
        if letter.to:
            _send(letter, where)
    except smtplib.SMTPRecipientsRefused:
        log.warning("mail %s: the server refuses the recipient", row.pk)
        row.state, row.content_sealed = MailState.FAILED, ""
    except (OSError, smtplib.SMTPException) as trouble:
        log.warning("mail %s did not leave: %s", row.pk, type(trouble).__name__)
        row.state = MailState.WAITING if row.tries < MOST_TRIES else MailState.FAILED
        row.next_at = now + timedelta(minutes=2**row.tries)
    else:
        row.state, row.content_sealed = MailState.SENT, ""
    row.save(update_fields=["state", "tries", "next_at", "content_sealed"])
    return row.state == MailState.SENT


def _send(letter: Letter, where: SplitResult) -> None:
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = letter.subject, letter.to, settings.DEFAULT_FROM_EMAIL
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=settings.DEFAULT_FROM_EMAIL.split("@")[-1])
    message["Content-Language"], message["Auto-Submitted"] = letter.language, "auto-generated"
    message.set_content(letter.text)
    with _connected(where) as line:
        line.send_message(message)


def _connected(where: SplitResult) -> smtplib.SMTP:
    host, context = where.hostname or "", ssl.create_default_context()
    line: smtplib.SMTP
    if where.scheme == "smtps":
        line = smtplib.SMTP_SSL(host, where.port or 465, timeout=PATIENCE, context=context)
    else:
        line = smtplib.SMTP(host, where.port or 587, timeout=PATIENCE)
        line.ehlo()
        if line.has_extn("starttls"):
            line.starttls(context=context)
    if where.username:
        line.login(unquote(where.username), unquote(where.password or ""))
    return line
