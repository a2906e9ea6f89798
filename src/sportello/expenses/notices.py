"""Mails of Sistema TS: sending is stopped, a password or certificate runs out, a deadline comes near.

Subjects say nothing of anybody; texts name the entity and what to do, no patient, no amount, no code. Each is queued
once: its key carries what it is about. Act as `System`, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from sportello.accounts.models import Person
from sportello.core.actors import Role, Switch
from sportello.core.mail.queueing import queue
from sportello.expenses.models import StopReason, StsSettings
from sportello.parties.models import Membership

Text = Callable[[str], tuple[str, str]]
"""Makes subject and text for the name of an entity, in the language that is active then."""


def tell_stopped(row: StsSettings, now: datetime) -> None:
    """Tell owners and who sends that nothing leaves any more for an entity, and why."""
    reason = StopReason(row.stop_reason)
    _tell(row, f"sts-stopped:{row.pk}:{now.isoformat(timespec='seconds')}", lambda entity: _stopped(reason, entity))


def tell_password_ends(row: StsSettings, days: int, *, changed_on: date) -> None:
    """Tell owners and who sends how many days are left until the password runs out, once a step and password."""
    step = 0 if days <= 0 else 3 if days <= 3 else 15
    _tell(row, f"sts-password:{row.pk}:{changed_on}:{step}", lambda entity: _password(days, entity))


def tell_certificate_ends(row: StsSettings, serial: str, until: date, days: int) -> None:
    """Tell owners and who sends that the certificate which encrypts ends, once at sixty days, fifteen and the end."""
    step = 0 if days <= 0 else 15 if days <= 15 else 60
    _tell(row, f"sts-certificate:{row.pk}:{serial}:{step}", lambda entity: _certificate(until, days, entity))


def tell_deadline(row: StsSettings, send_by: date, days: int, waiting: int) -> None:
    """Tell owners and who sends that documents still wait while a deadline comes near, once a deadline and step."""
    step = 2 if days <= 2 else 10 if days <= 10 else 30
    _tell(row, f"sts-deadline:{row.pk}:{send_by}:{step}", lambda entity: _deadline(send_by, days, waiting, entity))


def _tell(row: StsSettings, key: str, text: Text) -> None:
    for person in _readers(row):
        with override(person.language):
            subject, body = text(row.entity.name)
            queue(
                party_id=row.practice_id,
                purpose="sts_notice",
                key=f"{key}:{person.pk}",
                to=person.email,
                subject=subject,
                text=f"{body}\n",
                language=person.language,
            )


def _readers(row: StsSettings) -> Iterator[Person]:
    """Yield owners, and who has the switch for Sistema TS and this entity."""
    members = Membership.objects.filter(party_id=row.practice_id, is_active=True, person__is_active=True)
    for member in members.select_related("person").prefetch_related("entities").order_by("pk"):
        if member.role == Role.OWNER or (Switch.STS in member.granted() and _sees(member, row.entity_id)):
            yield member.person


def _sees(member: Membership, entity_id: int) -> bool:
    return member.all_entities or any(each.pk == entity_id for each in member.entities.all())


def _stopped(reason: StopReason, entity: str) -> tuple[str, str]:
    what = {
        StopReason.AUTHENTICATION: _("The Sistema TS refused user or password of the billing entity %(entity)s."),
        StopReason.PIN: _("The Sistema TS refused the PIN of the billing entity %(entity)s."),
        StopReason.OWNER: _("The Sistema TS refused the owner of the billing entity %(entity)s."),
        StopReason.DELEGATION: _("The Sistema TS refused the delegation of the billing entity %(entity)s."),
        StopReason.CERTIFICATE: _(
            "For the billing entity %(entity)s there is no certificate to encrypt with, or the Sistema TS refused it."
        ),
        StopReason.BY_HAND: _("Sending for the billing entity %(entity)s was stopped by hand."),
    }[reason] % {"entity": entity}
    how = _(
        "Nothing is sent until this is put right: sign in, open Sistema TS, Account, and test the credentials. If the "
        "password has expired, set a new one on the portal of Sistema TS first. Nothing is lost: what waits leaves "
        "after a good test."
    )
    return _("Sending to the Sistema TS is stopped"), f"{what}\n\n{how}"


def _password(days: int, entity: str) -> tuple[str, str]:
    if days <= 0:
        what = _("By our count the Sistema TS password of the billing entity %(entity)s has run out.")
    else:
        what = ngettext(
            "By our count the Sistema TS password of the billing entity %(entity)s runs out in %(days)s day.",
            "By our count the Sistema TS password of the billing entity %(entity)s runs out in %(days)s days.",
            days,
        )
    how = _("Set a new one on the portal of Sistema TS, then write it under Sistema TS, Account, and test it.")
    return _("The password of Sistema TS runs out"), f"{what % {'entity': entity, 'days': days}}\n\n{how}"


def _certificate(until: date, days: int, entity: str) -> tuple[str, str]:
    facts = {"entity": entity, "until": date_format(until, "SHORT_DATE_FORMAT")}
    what = (
        _("The certificate SanitelCF that the billing entity %(entity)s encrypts with ended on %(until)s.")
        if days <= 0
        else _("The certificate SanitelCF that the billing entity %(entity)s encrypts with ends on %(until)s.")
    ) % facts
    how = _(
        "Fetch the new one from the portal of Sistema TS and load it under Sistema TS, Account. Until then the old one "
        "stays in use."
    )
    return _("A certificate of Sistema TS ends"), f"{what}\n\n{how}"


def _deadline(send_by: date, days: int, waiting: int, entity: str) -> tuple[str, str]:
    facts = {"entity": entity, "day": date_format(send_by, "SHORT_DATE_FORMAT"), "waiting": waiting, "days": days}
    what = (
        ngettext(
            "%(waiting)s document of the billing entity %(entity)s is not yet at the Sistema TS.",
            "%(waiting)s documents of the billing entity %(entity)s are not yet at the Sistema TS.",
            waiting,
        )
        % facts
    )
    when = (
        ngettext(
            "The deadline is %(day)s, in %(days)s day.",
            "The deadline is %(day)s, in %(days)s days.",
            days,
        )
        if days > 0
        else _("The deadline is today, %(day)s.")
    ) % facts
    how = _("Open Sistema TS and send them; those that were rejected say there what is wrong.")
    return _("A deadline of Sistema TS comes near"), f"{what} {when}\n\n{how}"
