"""Reads about mail, for pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.models import MailServer, OutgoingMail
from sportello.core.permissions import check_may_manage_mail
from sportello.core.states import MailState, codes

PAGE = 25


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail in a list. `problem` is a code of `transport.Problem`, or empty."""

    id: int
    created_at: datetime
    purpose: str
    recipient: str = field(repr=False)
    subject: str
    state: str
    problem: str
    sent_at: datetime | None
    sent_through: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some mails, newest first, and where the next page begins (None: nowhere)."""

    rows: tuple[MailRow, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail with its text."""

    row: MailRow
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True)
class ServerRow:
    """What the settings page shows; the password only as whether there is one."""

    host: str
    port: int
    security: str
    username: str
    has_password: bool
    from_address: str
    from_name: str
    reply_to: str
    verified_at: datetime | None
    problem: str


def mail_page(actor: Actor, *, state: str = "", before: int | None = None) -> MailPage:
    """
    Return a page of the party's mail, newest first.

    :param state: only mail in this state; empty: all
    :param before: only mail with a smaller id, as the last page said
    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_mail(actor)
        rows = OutgoingMail.objects.order_by("-pk")
        rows = rows.filter(state=state) if state else rows
        rows = rows.filter(pk__lt=before) if before else rows
        found = list(rows.defer("text", "html")[: PAGE + 1])
        return MailPage(tuple(map(_row, found[:PAGE])), found[PAGE - 1].pk if len(found) > PAGE else None)


def mail_text(actor: Actor, mail_id: int) -> MailText:
    """
    Return one mail with its text; the reading is recorded.

    :raises OutgoingMail.DoesNotExist: not this actor's
    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_mail(actor)
        mail = OutgoingMail.objects.get(pk=mail_id)
        audit.record_alone(actor, "mail.read", mail)
        return MailText(_row(mail), mail.text, mail.html, mail.language)


def mail_server(actor: Actor) -> ServerRow | None:
    """
    Return the party's mail server, or None.

    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_mail(actor)
        row = MailServer.objects.first()
        if row is None:
            return None
        return ServerRow(
            row.host,
            row.port,
            row.security,
            row.username,
            bool(row.password),
            row.from_address,
            row.from_name,
            row.reply_to,
            row.verified_at,
            row.last_error,
        )


def mail_counts(actor: Actor) -> dict[str, int]:
    """
    Return how many mails of the party are in each state that somebody should look at.

    :raises MayNot: not the owner
    """
    with acting(actor):
        check_may_manage_mail(actor)
        looked_at = (MailState.WAITING, MailState.UNCERTAIN, MailState.FAILED)
        counts = dict.fromkeys(codes(looked_at), 0)
        for state in counts:
            counts[state] = OutgoingMail.objects.filter(state=state).count()
        return counts


def installation_mails() -> tuple[MailText, ...]:
    """Return the newest sign-in mails with their texts: for the demo's mailbox page, which has no other way to them."""
    with acting(System("demo mailbox")):
        newest = OutgoingMail.objects.filter(party_id=0).order_by("-pk")[:PAGE]
        return tuple(MailText(_row(mail), mail.text, mail.html, mail.language) for mail in newest)


def _row(mail: OutgoingMail) -> MailRow:
    return MailRow(
        mail.pk,
        mail.created_at,
        mail.purpose,
        mail.recipient,
        mail.subject,
        mail.state,
        mail.last_error,
        mail.sent_at,
        mail.sent_through,
    )
