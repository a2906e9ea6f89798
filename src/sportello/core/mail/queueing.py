"""Putting a mail on its way, inside the transaction of the deed it tells about."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from sportello.core import outbox
from sportello.core.actors import System, acting
from sportello.core.models import OutgoingMail

SEND = "core.send_mail"
LONGEST_SUBJECT = 200


class BadAddress(ValueError):
    """That is no e-mail address."""


def queue(
    *,
    party_id: int,
    purpose: str,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    language: str = "it",
    from_name: str = "",
    reply_to: str = "",
    drop_body: bool = False,
) -> OutgoingMail:
    """
    Queue one mail to one address; a second call with the same party and key returns the first mail.

    :param subject: goes through the network unprotected: no name, no code, nothing about health
    :param from_name: shown beside the installation's address when the party has no server of its own
    :param drop_body: the text holds a secret: it is emptied once the mail has gone
    :raises BadAddress: `to` or `reply_to` is no address
    :raises RuntimeError: no transaction is open
    """
    for address in filter(None, (to, reply_to)):
        check_address(address)
    check_address(to)
    uid = uuid.uuid4()
    mail = OutgoingMail(
        uid=uid,
        party_id=party_id,
        key=key,
        purpose=purpose,
        recipient=to,
        from_name=_one_line(from_name),
        reply_to=reply_to,
        subject=_one_line(subject)[:LONGEST_SUBJECT],
        text=text,
        html=html,
        language=language,
        drop_body=drop_body,
        message_id=f"<{uid.hex}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>",
        created_at=datetime.now(UTC),
    )
    with acting(System("mail queue", party_id)):
        try:
            with transaction.atomic():
                mail.save(force_insert=True)
        except IntegrityError:
            return OutgoingMail.objects.get(party_id=party_id, key=key)
        outbox.enqueue(SEND, mail.pk, party_id=party_id)
    return mail


def check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise BadAddress("not an e-mail address") from None


def _one_line(text: str) -> str:
    """Return the text in one line, so that no part of it can become a header."""
    return " ".join(text.split())
