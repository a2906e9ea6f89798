"""What happens to an issued paper beside its money: shown in the portal or not, the number of its stamp noted."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from sportello.billing.models import Invoice, StampRecord
from sportello.billing.permissions import check_may_change_visibility, check_may_issue
from sportello.billing.rules.dates import check_stamp_date
from sportello.billing.states import ForbiddenMove
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.violations import RuleViolation


def set_portal_visible(*, actor: Actor, invoice_id: int, visible: bool) -> None:
    """
    Show a paper in the patient's portal, or hide it there.

    :raises Invoice.DoesNotExist: no such paper for this actor
    :raises MayNot: the switch `invoices` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_change_visibility(actor)
        invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)
        if invoice.portal_visible != visible:
            invoice.portal_visible = visible
            invoice.save(update_fields=["portal_visible"])
            audit.record(actor, "invoice.visibility", invoice, visible=visible)


def note_stamp(*, actor: Actor, invoice_id: int, identifier: str, stamped_on: date | None) -> StampRecord:
    """
    Note the number and day of a paper stamp on the register; the issued paper itself stays as it is.

    :raises StampRecord.DoesNotExist: no such paper for this actor, or it owes no stamp
    :raises MayNot: the switch `invoices` or `issue` is off
    :raises ForbiddenMove: its stamp is not a paper one
    :raises RuleViolation: ``stamp_id_missing``, ``stamp_after_document``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_issue(actor)
        record = (
            StampRecord.objects.select_for_update(of=("self",)).select_related("invoice").get(invoice_id=invoice_id)
        )
        if record.mode != "paper":
            raise ForbiddenMove("move_not_allowed", field="mode", state=record.mode, action="note_stamp")
        typed = "".join(identifier.split())
        if not typed:
            raise RuleViolation("stamp_id_missing", field="identifier")
        if stamped_on is not None and record.invoice.issued_on is not None:
            check_stamp_date(stamped_on, issued_on=record.invoice.issued_on)
        had = bool(record.identifier)
        record.identifier, record.stamped_on = typed[:14], stamped_on
        record.save(update_fields=["identifier", "stamped_on"])
        audit.record(actor, "invoice.stamp", record.invoice, had_identifier=had)
    return record
