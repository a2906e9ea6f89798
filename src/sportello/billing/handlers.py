"""Work that follows an issued paper: its PDF is set once, its bytes and hash are kept, and it is never set again."""

from __future__ import annotations

import hashlib

from django.db import transaction

from sportello.billing.models import Invoice, PaperState
from sportello.billing.paper.content import Content, ContentUnreadable
from sportello.billing.paper.render import RenderFailed, shared_renderer
from sportello.core import audit
from sportello.core.actors import System
from sportello.core.files import keeping
from sportello.core.files.content import Purpose
from sportello.core.models import StoredFile
from sportello.core.outbox import GiveUp, Work, handler
from sportello.core.storage import StorageFull


@handler("billing.render_paper", attempts=12)
def render_paper(work: Work) -> None:
    """
    Set the PDF of an issued paper from its snapshot, unless it is there already.

    A full disk or a failing engine leaves the paper waiting and is tried again; the last failure is shown on the paper
    and on the page of jobs, from where it is run again.
    """
    invoice = Invoice.objects.filter(pk=work.object_id).first()
    if invoice is None or not invoice.snapshot_sha256:
        raise GiveUp("paper_not_issued")
    if invoice.paper_id is not None:
        return
    try:
        written = keeping.write(_pdf_of(invoice), party_id=invoice.practice_id, purpose=Purpose.PAPER)
    except (RenderFailed, StorageFull, OSError):
        Invoice.objects.filter(pk=invoice.pk, paper=None).update(paper_state=PaperState.FAILED)
        raise
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=work.object_id)
        if invoice.paper_id is not None:
            return
        stored = keeping.keep(written)
        invoice.paper, invoice.paper_state = stored, PaperState.READY
        invoice.save(update_fields=["paper", "paper_state"])
        audit.record(System("render", invoice.practice_id), "invoice.paper", invoice, sha256=stored.sha256)


def _pdf_of(invoice: Invoice) -> bytes:
    text = invoice.snapshot
    if hashlib.sha256(text.encode()).hexdigest() != invoice.snapshot_sha256:
        raise GiveUp("snapshot_altered")
    try:
        content = Content.from_json(text)
    except ContentUnreadable:
        raise GiveUp("snapshot_unreadable") from None
    logo = None
    if content.logo is not None:
        kept = (
            StoredFile.objects.filter(party_id=invoice.practice_id, sha256=content.logo.sha256).order_by("pk").first()
        )
        logo = keeping.read(kept) if kept else None
    return shared_renderer().render(content, logo)
