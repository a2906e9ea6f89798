"""What an owner does about mail: set up the server, try it, send again, cancel."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from sportello.core import audit, outbox
from sportello.core.actors import Actor, acting
from sportello.core.audit import Subject
from sportello.core.mail import delivery, transport
from sportello.core.mail.queueing import SEND, BadAddress, check_address, queue
from sportello.core.mail.transport import LOCAL_HOSTS, HandOverUnknown, MailProblem, Problem
from sportello.core.models import MailServer, OutgoingMail
from sportello.core.permissions import check_may_manage_mail
from sportello.core.states import ForbiddenStep, MailState, check_mail_step

__all__ = ["BadAddress", "BadServer", "ForbiddenStep", "MailProblem", "ServerSettings"]


class BadServer(ValueError):
    """A setting cannot be right. `field` names it, `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a practice types about its mail server. `password` None keeps the one that is stored."""

    host: str
    port: int
    security: str
    username: str
    from_address: str
    from_name: str = ""
    reply_to: str = ""
    password: str | None = field(default=None, repr=False)


def save_mail_server(*, actor: Actor, typed: ServerSettings) -> MailServer:
    """
    Set up the party's server, and let mail that waits for one go out through it.

    :raises MayNot: not the owner
    :raises BadServer: host, port, security or an address cannot be right, or a password would cross the net unencrypted
    """
    _check(typed)
    with acting(actor), transaction.atomic(durable=True):
        check_may_manage_mail(actor)
        row = MailServer.objects.select_for_update().filter(party_id=actor.party_id).first()
        row = row or MailServer(party_id=actor.party_id, uid=uuid.uuid4(), password="")
        old = {name: getattr(row, name) for name in _PLAIN} if row.pk else {}
        for name in _PLAIN:
            setattr(row, name, getattr(typed, name))
        if typed.password is not None:
            row.password = typed.password
        row.verified_at, row.last_error, row.changed_at = None, "", datetime.now(UTC)
        row.save()
        changed = sorted(name for name in _PLAIN if old.get(name) != getattr(row, name))
        audit.record(actor, "mail_server.save", row, changed=changed, password_changed=typed.password is not None)
        _wake_waiting(actor.party_id)
    return row


def remove_mail_server(*, actor: Actor) -> None:
    """
    Forget the party's server: mail goes through the installation's from now on.

    :raises MayNot: not the owner
    :raises MailServer.DoesNotExist: there is none
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_manage_mail(actor)
        row = MailServer.objects.select_for_update().get(party_id=actor.party_id)
        audit.record(actor, "mail_server.remove", row)
        row.delete()


def send_test(*, actor: Actor, to: str, subject: str, text: str) -> str:
    """
    Send one mail to the asker at once, and return what it went through: practice, installation or mailbox.

    The network is outside of any transaction; the outcome is written on the server's row.

    :raises MayNot: not the owner
    :raises BadAddress: `to` is no address
    :raises MailProblem: the mail was not taken, with the step that failed
    """
    check_may_manage_mail(actor)
    check_address(to)
    if settings.DEMO:
        with acting(actor), transaction.atomic(durable=True):
            key = f"test-{uuid.uuid4()}"
            queue(party_id=actor.party_id, purpose="test", key=key, to=to, subject=subject, text=text)
            audit.record(actor, "mail_server.test", Subject("mailserver", None), through="mailbox")
        return "mailbox"
    with acting(actor):
        server = delivery.server_for(actor.party_id)
    mail = OutgoingMail(
        party_id=actor.party_id, recipient=to, subject=subject, text=text, message_id=f"<{uuid.uuid4().hex}@test>"
    )
    problem = _try_out(mail, server)
    with acting(actor), transaction.atomic(durable=True):
        outcome = (
            {"last_error": problem.problem.value} if problem else {"last_error": "", "verified_at": datetime.now(UTC)}
        )
        MailServer.objects.filter(party_id=actor.party_id).update(**outcome)
        result, reason = ("failed", problem.problem.value) if problem else ("ok", "")
        audit.record(actor, "mail_server.test", Subject("mailserver", None), result=result, reason=reason)
        if problem is None:
            _wake_waiting(actor.party_id)
    if problem:
        raise problem
    return "practice" if server and server.own else "installation"


def send_again(*, actor: Actor, mail_id: int) -> None:
    """
    Queue a failed or uncertain mail once more, with the same Message-ID.

    :raises OutgoingMail.DoesNotExist: not this actor's
    :raises MayNot: not the owner
    :raises ForbiddenStep: it waits, is gone or was cancelled
    """
    _step(actor, mail_id, MailState.WAITING, "mail.send_again")


def mark_arrived(*, actor: Actor, mail_id: int) -> None:
    """
    Write down that an uncertain mail did arrive.

    :raises OutgoingMail.DoesNotExist: not this actor's
    :raises MayNot: not the owner
    :raises ForbiddenStep: it is not uncertain
    """
    _step(actor, mail_id, MailState.SENT, "mail.mark_arrived")


def cancel(*, actor: Actor, mail_id: int) -> None:
    """
    Take a waiting or failed mail back.

    :raises OutgoingMail.DoesNotExist: not this actor's
    :raises MayNot: not the owner
    :raises ForbiddenStep: it is leaving or gone
    """
    _step(actor, mail_id, MailState.CANCELLED, "mail.cancel")


_PLAIN = ("host", "port", "security", "username", "from_address", "from_name", "reply_to")


def _step(actor: Actor, mail_id: int, to: MailState, action: str) -> None:
    with acting(actor), transaction.atomic(durable=True):
        check_may_manage_mail(actor)
        mail = OutgoingMail.objects.select_for_update().get(pk=mail_id)
        check_mail_step(MailState(mail.state), to)
        was, mail.state = mail.state, to.value
        if to is MailState.SENT:
            mail.sent_at = datetime.now(UTC)
        mail.save(update_fields=["state", "sent_at"])
        audit.record(actor, action, mail, was=was)
        if to is MailState.WAITING:
            outbox.enqueue(SEND, mail.pk, party_id=mail.party_id)


def _try_out(mail: OutgoingMail, server: transport.Server | None) -> MailProblem | None:
    try:
        if server is None:
            raise MailProblem(Problem.NO_SERVER)
        with transport.connected(server) as smtp:
            transport.introduce(smtp, server.from_address, mail.recipient)
            transport.hand_over(smtp, delivery.compose(mail, server, datetime.now(UTC)))
    except MailProblem as problem:
        return problem
    except HandOverUnknown:
        return MailProblem(Problem.LINE_BROKE)
    return None


def _wake_waiting(party_id: int) -> None:
    waiting = OutgoingMail.objects.filter(party_id=party_id, state=MailState.WAITING.value)
    for mail_id in waiting.order_by("pk").values_list("pk", flat=True)[:1000]:
        outbox.enqueue(SEND, mail_id, party_id=party_id)


def _check(typed: ServerSettings) -> None:
    if not typed.host or (any(mark in typed.host for mark in "/@ :") and typed.host != "::1"):
        raise BadServer("host", "not_a_host")
    if not 1 <= typed.port <= 65535:
        raise BadServer("port", "not_a_port")
    if typed.security not in {"none", "starttls", "tls"}:
        raise BadServer("security", "unknown")
    if typed.username and typed.security == "none" and typed.host not in LOCAL_HOSTS:
        raise BadServer("security", "password_unprotected")
    for name in ("from_address", "reply_to"):
        address = getattr(typed, name)
        if address or name == "from_address":
            try:
                check_address(address)
            except BadAddress:
                raise BadServer(name, "not_an_address") from None
