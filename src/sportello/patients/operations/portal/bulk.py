"""Inviting many patients in one go: written down at once, done one by one by the worker, in the name of who asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from sportello.core import audit, outbox
from sportello.core.actors import Actor, System, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.parties.queries import actor_for
from sportello.patients.checks import is_minor
from sportello.patients.connecting.people import Asked, Invitee, day_of, may_act_for
from sportello.patients.connecting.sending import begin, locked_patient, send
from sportello.patients.models import BulkInvitation, BulkItem, Patient, Representative
from sportello.patients.models.connections import AskedProof
from sportello.patients.permissions import check_may_connect, may_connect
from sportello.patients.states import ConnectionState, InvitationAction, InvitationState

MOST = 5000
HANDLER = "patients.bulk_invite"
_ACTIONS = {
    InvitationState.NONE: InvitationAction.INVITE,
    InvitationState.CANCELLED: InvitationAction.INVITE,
    InvitationState.EXPIRED: InvitationAction.RESEND,
}
_OUTCOMES = {InvitationAction.INVITE: "sent", InvitationAction.RESEND: "resent"}
_BEST = ("sent", "resent", "already_waiting", "already_connected", "is_suspended", "has_bounced")


def start_bulk_invitation(
    *, actor: Actor, patient_ids: Collection[int], proof: str, second_factor: bool = False, now: datetime
) -> BulkInvitation:
    """
    Write down that these patients are to be invited, and let the worker begin.

    :param proof: `none` or `birth_date`; a code told by voice belongs to one invitation at a time
    :raises MayNot: the switch `portal` is off
    :raises Patient.DoesNotExist: one of them is none of this actor's
    :raises Refused: ``bulk_nobody``, ``bulk_too_many``, ``choice_unknown``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_connect(actor)
        wanted = sorted(set(patient_ids))
        _check(wanted, proof)
        if Patient.objects.filter(pk__in=wanted).count() != len(wanted):
            raise Patient.DoesNotExist("a patient of the selection")
        bulk = BulkInvitation(
            practice_id=actor.party_id,
            made_by_id=actor.person_id,
            proof=proof,
            second_factor_required=second_factor,
            total=len(wanted),
            created_at=now,
        )
        bulk.save(force_insert=True)
        BulkItem.objects.bulk_create([BulkItem(bulk=bulk, patient_id=each) for each in wanted], batch_size=500)
        audit.record(actor, "bulk_invitation.start", bulk, patients=len(wanted), proof=proof)
        outbox.enqueue(HANDLER, bulk.pk, party_id=actor.party_id)
    return bulk


def run_bulk_invitation(*, bulk_id: int, now: datetime) -> None:
    """
    Invite those whose turn has not come yet, each in a transaction of its own; run again, it goes on where it was.

    Rights are asked anew for each: who may no longer invite, invites nobody more.
    """
    with acting(System("bulk invitation")):
        bulk = BulkInvitation.objects.filter(pk=bulk_id, finished_at=None).first()
        if bulk is None:
            return
        waiting = list(BulkItem.objects.filter(bulk_id=bulk.pk, outcome="").order_by("pk").values_list("pk", flat=True))
    for item_id in waiting:
        _one(bulk, item_id, now)
    _finish(bulk, now)


def _check(wanted: list[int], proof: str) -> None:
    if not wanted:
        raise Refused.because(RuleViolation("bulk_nobody"))
    if len(wanted) > MOST:
        raise Refused.because(RuleViolation("bulk_too_many", most=MOST))
    if proof not in AskedProof.values:
        raise Refused.because(RuleViolation("choice_unknown", field="proof"))


def _one(bulk: BulkInvitation, item_id: int, now: datetime) -> None:
    actor = actor_for(bulk.made_by_id, bulk.practice_id)
    with transaction.atomic(durable=True):
        with acting(System("bulk invitation", bulk.practice_id)):
            item = BulkItem.objects.select_for_update(of=("self",)).get(pk=item_id)
        if item.outcome:
            return
        item.outcome = _invited(actor, bulk, item.patient_id, now)
        with acting(System("bulk invitation", bulk.practice_id)):
            item.save(update_fields=["outcome"])


def _invited(actor: Actor | None, bulk: BulkInvitation, patient_id: int, now: datetime) -> str:
    """
    Invite one patient, or who acts for a minor, and return how it went: `sent`, `resent`, or what stood in the way.

    Where several act for a minor, the best outcome is told: one of them was reached.
    """
    if actor is None or not may_connect(actor):
        return "no_right"
    try:
        with acting(actor):
            outcomes = [_send_one(actor, bulk, each, now) for each in _invitees(patient_id, day_of(now))]
    except Patient.DoesNotExist:
        return "no_right"
    return min(outcomes, key=lambda each: _BEST.index(each) if each in _BEST else len(_BEST))


def _invitees(patient_id: int, today: date) -> list[Invitee]:
    patient = locked_patient(patient_id)
    if not is_minor(patient.born_on, today):
        return [Invitee(patient, None)]
    rows = Representative.objects.filter(patient_id=patient.pk).order_by("since_on", "pk")
    current = [Invitee(patient, row) for row in rows if may_act_for(patient, row, today)]
    return current or [Invitee(patient, None)]


def _send_one(actor: Actor, bulk: BulkInvitation, invitee: Invitee, now: datetime) -> str:
    asked = Asked(bulk.proof, bulk.second_factor_required)
    try:
        with transaction.atomic():
            invitation = begin(invitee, now=now)
            standing = _in_the_way(invitation.connection.state, invitation.state)
            if standing:
                return standing
            action = _ACTIONS[InvitationState(invitation.state)]
            send(actor, invitee, invitation, action, asked, now=now)
    except RuleViolation as refusal:
        return refusal.code
    return _OUTCOMES[action]


def _in_the_way(connection: str, invitation: str) -> str:
    if connection == ConnectionState.CONNECTED:
        return "already_connected"
    if connection == ConnectionState.SUSPENDED:
        return "is_suspended"
    if invitation == InvitationState.PENDING:
        return "already_waiting"
    return "has_bounced" if invitation == InvitationState.BOUNCED else ""


def _finish(bulk: BulkInvitation, now: datetime) -> None:
    who = System("bulk invitation", bulk.practice_id)
    with acting(who), transaction.atomic(durable=True):
        row = BulkInvitation.objects.select_for_update(of=("self",)).get(pk=bulk.pk)
        if row.finished_at is not None:
            return
        sent = BulkItem.objects.filter(bulk_id=row.pk, outcome__in=list(_OUTCOMES.values())).count()
        row.finished_at = now
        row.save(update_fields=["finished_at"])
        audit.record(who, "bulk_invitation.finish", row, sent=sent, of=row.total)
