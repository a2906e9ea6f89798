"""Papers whose PDF is there without setting each anew: one is set and kept, all the others get its bytes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from sportello.billing.models import Invoice, PaperState
from sportello.core.actors import System, acting
from sportello.core.files import keeping
from sportello.core.files.content import Purpose


def keep_paper(invoice: Invoice, pdf: bytes) -> None:
    """Give an issued invoice these bytes as its PDF, as the worker does."""
    written = keeping.write(pdf, party_id=invoice.practice_id, purpose=Purpose.PAPER)
    with acting(System("tests")), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(paper=keeping.keep(written), paper_state=PaperState.READY)


def keep_papers(invoices: Iterable[Invoice], pdf: bytes) -> None:
    """Give each of these invoices the same bytes."""
    for invoice in invoices:
        keep_paper(invoice, pdf)
