"""Papers taken along: one PDF, a ZIP, a table, the statement of a year. Each is made while it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from deskwire.messages import InvoicesCsv, InvoicesPdf, InvoicesZip, RefusalCode, Selection, YearStatement
from sportello.billing import downloads
from sportello.billing.compilations import Heading, year_statement
from sportello.billing.paper.listing import set_listing
from sportello.billing.queries import portal
from sportello.billing.queries.portal import Chosen
from sportello.billing.queries.statement import statement
from sportello.billing.rules.portal import By
from sportello.core.actors import Power, System, acting
from sportello.desk.answering import Asked, Paper, Refuse, sends
from sportello.desk.answers.invoices import SOON, whose
from sportello.desk.sending import still_open
from sportello.parties.models import Party
from sportello.patients.contact import contact_of
from sportello.patients.models import Patient

PAUSE = 0.1
"""Seconds in which a download asks once whether it may go on: some papers take a thousandth of a second each."""
FIRST_YEAR, LAST_YEAR = 1990, 2200


@sends(InvoicesPdf, power=Power.INVOICES)
def one_pdf(asked: Asked, request: InvoicesPdf) -> Paper:
    """
    Send papers as one PDF.

    :raises DoesNotExist: one of them is none of this patient's
    :raises Refuse: ``too_many``, ``not_ready`` when none has its PDF yet
    """
    chosen = _chosen(asked, request.selection)
    try:
        pieces = downloads.joined_pdf(chosen, heading(asked, request.language), before_each=asking(asked))
    except downloads.NothingReady:
        raise Refuse(RefusalCode.NOT_READY, retry_after=SOON) from None
    _written_down(asked, "portal.pdf", chosen)
    return Paper(f"fatture-{asked.today.isoformat()}.pdf", pieces)


@sends(InvoicesZip, power=Power.INVOICES)
def zipped(asked: Asked, request: InvoicesZip) -> Paper:
    """
    Send papers as a ZIP with a table of them.

    :raises DoesNotExist: one of them is none of this patient's
    :raises Refuse: ``too_many``, ``not_ready`` when none has its PDF yet
    """
    chosen = _chosen(asked, request.selection)
    try:
        size, pieces = downloads.zipped_papers(chosen, request.language, before_each=asking(asked))
    except downloads.NothingReady:
        raise Refuse(RefusalCode.NOT_READY, retry_after=SOON) from None
    _written_down(asked, "portal.zip", chosen)
    return Paper(f"fatture-{asked.today.isoformat()}.zip", pieces, size)


@sends(InvoicesCsv, power=Power.INVOICES)
def as_table(asked: Asked, request: InvoicesCsv) -> Paper:
    """
    Send papers as a table for a spreadsheet.

    :raises DoesNotExist: one of them is none of this patient's
    :raises Refuse: ``too_many``
    """
    chosen = _chosen(asked, request.selection)
    data = b"".join(downloads.table(chosen, request.language))
    _written_down(asked, "portal.csv", chosen)
    return Paper(f"fatture-{asked.today.isoformat()}.csv", [data], len(data))


@sends(YearStatement, power=Power.INVOICES)
def yearly(asked: Asked, request: YearStatement) -> Paper:
    """
    Send the statement of what was paid in a year, empty years included: it says so.

    :raises Refuse: ``not_found`` for a year that is none
    """
    if not FIRST_YEAR <= request.year <= LAST_YEAR:
        raise Refuse(RefusalCode.NOT_FOUND)
    found = statement(*whose(asked), request.year)
    data = set_listing(year_statement(found, heading(asked, request.language)), archive=True)
    asked.record("portal.statement", year=request.year, invoices=list(found.invoice_ids))
    return Paper(f"spese-{request.year}.pdf", [data], len(data))


def asking(asked: Asked) -> Callable[[], None]:
    """Return what asks before a paper whether the download may go on, unless it has just been asked."""
    last = float("-inf")

    def ask() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PAUSE:
            still_open(asked)
            last = now

    return ask


def heading(asked: Asked, language: str) -> Heading:
    """Return whose papers these are, for the head of what is made of them."""
    with acting(System("head of an export", asked.access.practice_id)):
        practice = contact_of(Party.objects.get(pk=asked.access.practice_id))
    patient = Patient.objects.get(pk=asked.access.patient_id)
    return Heading(
        practice=tuple(filter(None, (practice.name, *practice.lines))),
        person=tuple(filter(None, (asked.access.person, patient.codice_fiscale or patient.foreign_id))),
        language=language,
        made_on=asked.today,
    )


def _chosen(asked: Asked, selection: Selection) -> list[Chosen]:
    try:
        if selection.all_of is None:
            return portal.chosen_by_id(*whose(asked), selection.ids)
        wanted = selection.all_of
        return portal.chosen_by_period(*whose(asked), portal.Period(By(wanted.by), wanted.since, wanted.until))
    except portal.TooManyPapers:
        raise Refuse(RefusalCode.TOO_MANY, limit=portal.MOST_CHOSEN) from None


def _written_down(asked: Asked, deed: str, chosen: Iterable[Chosen]) -> None:
    asked.record(deed, ids=[each.paper.id for each in chosen])
