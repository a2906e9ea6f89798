"""Sending one queued mail: what the worker does.

The row is marked `HANDING` in a transaction of its own just before the text leaves, and settled just after. A worker
killed in between leaves that mark, and then nobody knows whether the mail left: it becomes `UNCERTAIN` and a person
decides. Only sign-in mail is sent again by itself: twice does no harm there, and its reader waits for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from django.conf import settings

from sportello.core.mail import transport
from sportello.core.mail.transport import HandOverUnknown, MailProblem, Problem, Server
from sportello.core.models import MailServer, OutgoingMail
from sportello.core.outbox import TryLater, Work
from sportello.core.states import MailState, check_mail_step

STOPPED = "worker_stopped"


def send(work: Work) -> None:
    """
    Send the mail with this id, if it still waits.

    :raises TryLater: no server is set up, or it cannot take the mail now
    """
    mail = OutgoingMail.objects.filter(pk=work.object_id).first()
    if mail is None:
        return
    if mail.state == MailState.HANDING:
        repeat = mail.party_id == 0
        _move(mail, MailState.HANDING, MailState.WAITING if repeat else MailState.UNCERTAIN, last_error=STOPPED)
    if mail.state != MailState.WAITING:
        return
    if settings.DEMO:
        _move(mail, MailState.WAITING, MailState.HANDING, handed_at=datetime.now(UTC))
        _sent(mail, "mailbox")
        return
    try:
        _send_through(mail, server_for(mail.party_id))
    except MailProblem as failure:
        _refused(mail, failure.problem, work)


def server_for(party_id: int) -> Server | None:
    """Return the server a party sends through: its own, else the installation's, else None."""
    own = MailServer.objects.filter(party_id=party_id).first()
    return server_of(own) if own else transport.parse_address(settings.SPORTELLO_MAIL, settings.DEFAULT_FROM_EMAIL)


def server_of(row: MailServer) -> Server:
    """Return what a row says, with the password opened."""
    return Server(
        host=row.host,
        port=row.port,
        security=row.security,
        username=row.username,
        password=row.password,
        from_address=row.from_address,
        from_name=row.from_name,
        reply_to=row.reply_to,
    )


def compose(mail: OutgoingMail, server: Server, at: datetime) -> EmailMessage:
    """Return the message as it leaves. Sent again, it bears the same Message-ID."""
    message = EmailMessage()
    message["From"] = formataddr((server.from_name or mail.from_name, transport.ascii_address(server.from_address)))
    message["To"] = transport.ascii_address(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    if reply_to := mail.reply_to or server.reply_to:
        message["Reply-To"] = transport.ascii_address(reply_to)
    message.set_content(mail.text, cte="quoted-printable")  # not every server takes eight bits
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # last: setting content drops what is said about it
    return message


def _send_through(mail: OutgoingMail, server: Server | None) -> None:
    if server is None:
        raise MailProblem(Problem.NO_SERVER)
    with transport.connected(server) as smtp:
        transport.introduce(smtp, server.from_address, mail.recipient)
        now = datetime.now(UTC)
        message = compose(mail, server, now)
        if not _move(mail, MailState.WAITING, MailState.HANDING, handed_at=now):
            return  # cancelled meanwhile
        try:
            transport.hand_over(smtp, message)
        except HandOverUnknown:
            _move(mail, MailState.HANDING, MailState.UNCERTAIN, last_error=Problem.LINE_BROKE.value)
            return
        _sent(mail, "practice" if server.own else "installation")


def _sent(mail: OutgoingMail, through: str) -> None:
    _move(mail, MailState.HANDING, MailState.SENT, sent_at=datetime.now(UTC), sent_through=through, last_error="")
    if mail.drop_body and not settings.DEMO:
        OutgoingMail.objects.filter(pk=mail.pk).update(text="", html="")


def _refused(mail: OutgoingMail, problem: Problem, work: Work) -> None:
    for_good = problem in transport.ABOUT_THE_MAIL or work.last_attempt
    now = MailState(mail.state)
    then = MailState.FAILED if for_good else MailState.WAITING
    if now is then:
        OutgoingMail.objects.filter(pk=mail.pk, state=now.value).update(
            last_error=problem.value, attempts=mail.attempts + 1
        )
    else:
        _move(mail, now, then, last_error=problem.value, attempts=mail.attempts + 1)
    if problem not in transport.ABOUT_THE_MAIL:
        MailServer.objects.filter(party_id=mail.party_id).update(last_error=problem.value)
    if not for_good:
        raise TryLater(problem.value)


def _move(mail: OutgoingMail, now: MailState, to: MailState, **changes: Any) -> bool:
    check_mail_step(now, to)
    moved = bool(OutgoingMail.objects.filter(pk=mail.pk, state=now.value).update(state=to.value, **changes))
    if moved:
        mail.state = to.value
    return moved
