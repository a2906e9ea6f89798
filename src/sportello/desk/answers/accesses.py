"""Who looked at this patient's data, from the practice's own audit: when, who, and what, as a code the portal words."""

from __future__ import annotations

from collections.abc import Iterator

from deskwire.messages import AccessRow, AccessRows, ListAccesses
from sportello.billing.models import Invoice
from sportello.core.actors import Role
from sportello.core.models import AuditEntry
from sportello.desk.answering import Asked, answers
from sportello.parties.timeline import names_of
from sportello.patients.models import Representative


@answers(ListAccesses)
def list_accesses(asked: Asked, request: ListAccesses) -> AccessRows:
    """Return one page of deeds on the patient's data, newest first; tries that were refused are not among them."""
    rows = AuditEntry.objects.filter(result="ok").order_by("-at", "-sequence")
    if request.after.isdecimal():
        rows = rows.filter(sequence__lt=int(request.after))
    found = list(rows[: request.size + 1])
    kept = found[: request.size]
    asked.record("portal.accesses")
    return AccessRows(
        rows=tuple(access_rows(asked, kept)),
        next=str(kept[-1].sequence) if len(found) > request.size else "",
    )


def access_rows(asked: Asked, entries: list[AuditEntry]) -> Iterator[AccessRow]:
    """Yield entries as the patient reads them; papers that are not shown to him go without their number."""
    people = names_of({entry.person_id for entry in entries if entry.person_id is not None})
    papers = {entry.object_id for entry in entries if entry.object_kind == "invoice" and entry.object_id is not None}
    numbers = dict(Invoice.objects.filter(pk__in=papers).values_list("pk", "printed_number"))
    others = _representatives()
    for entry in entries:
        yield AccessRow(
            at=entry.at,
            role=entry.role,
            name=_name(asked, entry, people, others),
            deed=entry.action,
            paper=numbers.get(entry.object_id or 0, "") if entry.object_kind == "invoice" else "",
        )


def _name(asked: Asked, entry: AuditEntry, people: dict[int, str], others: dict[int, str]) -> str:
    """Return who it was: "" for the software itself and for a representative whom this reader may not know of."""
    match entry.role:
        case Role.PATIENT:
            return asked.access.person
        case Role.GUARDIAN:
            return others.get(int(entry.details.get("representative") or 0), "")
        case _:
            return people.get(entry.person_id or 0, "")


def _representatives() -> dict[int, str]:
    rows = Representative.objects.values_list("pk", "given_name", "family_name")
    return {pk: f"{given} {family}" for pk, given, family in rows}
