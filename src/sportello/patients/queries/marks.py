"""How a list says of each patient who has access to the portal: one query for a page of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from sportello.core.actors import Actor, acting
from sportello.patients.models import Connection, Invitation
from sportello.patients.states import LIVE, ConnectionState, InvitationState

_ORDER = ("CONNECTED", "PENDING", "SUSPENDED", "BOUNCED", "EXPIRED", "DISCONNECTED", "NOT_CONNECTED")
"""Which state a patient is shown with when several people have one each: what works before what does not."""
BROKEN = (InvitationState.EXPIRED.value, InvitationState.BOUNCED.value)


@dataclass(frozen=True, slots=True)
class AccessMark:
    """
    Access to one patient's papers, as a list shows it.

    `state` is a state of the connection, or EXPIRED or BOUNCED where that is why nobody is connected; `day` since when,
    for PENDING until when. `connection_id` is set where one person alone has it; `people` are given names of those who
    act for the patient. `asks`: somebody wants a new link; `locked`: the second proof was tried too often.
    """

    state: str
    day: date | None
    connection_id: int | None
    people: tuple[str, ...] = field(default=(), repr=False)
    own: bool = True
    asks: bool = False
    locked: bool = False


def access_marks(actor: Actor, patient_ids: Sequence[int]) -> dict[int, AccessMark]:
    """Return the marks of the patients that have one, by id; one query."""
    with acting(actor):
        rows = Invitation.objects.filter(is_current=True, connection__patient_id__in=patient_ids)
        found = list(rows.select_related("connection__representative").order_by("connection_id"))
    by_patient: dict[int, list[Invitation]] = {}
    for row in found:
        by_patient.setdefault(row.connection.patient_id, []).append(row)
    return {patient_id: _mark(each) for patient_id, each in by_patient.items()}


def connected_patients(states: Collection[ConnectionState]) -> QuerySet[Connection, int]:
    """Return the ids of patients to whose papers somebody has access in one of these states, as a subquery."""
    rows = Connection.objects.filter(state__in=sorted(each.value for each in states))
    return rows.values_list("patient_id", flat=True)


@dataclass(frozen=True, slots=True)
class AccessCounts:
    """How many patients, the archived left out, somebody has access to, was invited to see, or either or suspended."""

    connected: int
    pending: int
    live: int


def connected_counts() -> AccessCounts:
    """Return how many patients are connected and how many wait, in one query."""
    of = {"connected": [ConnectionState.CONNECTED], "pending": [ConnectionState.PENDING], "live": list(LIVE)}
    counted = Connection.objects.filter(patient__archived_at=None).aggregate(
        **{
            name: Count("patient_id", distinct=True, filter=Q(state__in=[each.value for each in states]))
            for name, states in of.items()
        }
    )
    return AccessCounts(**counted)


def patients_to_fix() -> QuerySet[Invitation, int]:
    """Return the ids of patients where an invitation failed or somebody waits for the practice, as a subquery."""
    waits = Q(connection__asked_at__isnull=False) | Q(locked_at__isnull=False, state=InvitationState.PENDING.value)
    rows = Invitation.objects.filter(Q(state__in=BROKEN) | waits, is_current=True)
    return rows.values_list("connection__patient_id", flat=True)


def requests_waiting(actor: Actor) -> int:
    """Return how many people wait for the practice before a dead link or a locked proof; one query."""
    waits = Q(connection__asked_at__isnull=False) | Q(locked_at__isnull=False, state=InvitationState.PENDING.value)
    with acting(actor):
        return Invitation.objects.filter(waits, is_current=True).count()


def shown_state(invitation: Invitation) -> str:
    """Return the state to show of a connection by its current invitation: EXPIRED and BOUNCED say more than none."""
    state = invitation.connection.state
    if state == ConnectionState.NOT_CONNECTED and invitation.state in BROKEN:
        return invitation.state
    return state


def _mark(rows: Iterable[Invitation]) -> AccessMark:
    ordered = sorted(rows, key=lambda row: _ORDER.index(shown_state(row)))
    first, state = ordered[0], shown_state(ordered[0])
    same = [row for row in ordered if shown_state(row) == state]
    at = first.expires_at if state == ConnectionState.PENDING else first.connection.since_at
    return AccessMark(
        state=state,
        day=timezone.localdate(at),
        connection_id=first.connection_id if len(ordered) == 1 else None,
        people=tuple(
            row.connection.representative.given_name for row in same if row.connection.representative is not None
        ),
        own=any(row.connection.representative_id is None for row in ordered),
        asks=any(row.connection.asked_at is not None for row in ordered),
        locked=any(row.locked_at is not None and row.state == InvitationState.PENDING for row in ordered),
    )
