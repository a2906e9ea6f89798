"""The three receipt services: states of sendings, error file, PDF.

Source: receipts specification of 16 November 2015; WS96 and WS37 as observed. Receipts of synchronous protocols exist
too. A user sees what it sent, what it owns, and what its active delegations cover.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from sistemats.codes import SendingState
from sistemats.envelopes import ErrorDetailRequest, OutcomeRequest, ReceiptRequest
from sistemats.replies import ErrorDetailReply, OutcomeReply, ReceiptReply, Reply
from sistemats.replies import Sending as ShownSending
from sistemats.simulator.clock import start_of
from sistemats.simulator.faults import Fault
from sistemats.simulator.files import error_csv, italian_day, zipped
from sistemats.simulator.identity import Party, refuse
from sistemats.simulator.pdf import text_pdf
from sistemats.simulator.sendings import STATE_TEXTS, Sending, Sendings
from sistemats.simulator.visits import Visit, Work

_DAY = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")


def _filled(text: str | None) -> str:
    """Return a text without spaces around it; empty elements count as absent, the kit sends them."""
    return (text or "").strip()


def read_day(text: str) -> date:
    """Return the day of a `dd-mm-yyyy` text.

    :raises Refused: it is none
    """
    found = _DAY.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        raise refuse("SX31") from None


class Receipts:
    """Outcome, error detail and PDF receipt."""

    def __init__(self, sendings: Sendings, ripen: Callable[[], None]) -> None:
        """Read these sendings, after asking that ripe files be worked off."""
        self._sendings, self._ripen = sendings, ripen

    def outcome(self, visit: Visit) -> Work:
        """Prepare the outcome service."""
        self._ripen()
        return lambda: self._outcome(visit)

    def errors(self, visit: Visit) -> Work:
        """Prepare the error detail service."""
        self._ripen()
        return lambda: self._errors(visit)

    def receipt(self, visit: Visit) -> Work:
        """Prepare the receipt service."""
        self._ripen()
        return lambda: self._receipt(visit)

    def _outcome(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, OutcomeRequest), "the router sends outcomes here"
        protocol = _filled(request.protocol)
        days = [text for text in (_filled(request.first_day), _filled(request.last_day)) if text]
        if bool(protocol) == bool(days) or len(days) == 1:
            raise refuse("SX30")
        found = [self._mine(protocol, visit.party)] if protocol else self._between(visit, *days)
        if not found:
            raise refuse("WS96")
        shown = tuple(_shown(sending, visit) for sending in found)
        return OutcomeReply("0", "Operazione eseguita correttamente", shown)

    def _between(self, visit: Visit, first_text: str, last_text: str) -> list[Sending]:
        first, last = read_day(first_text), read_day(last_text)
        if first > last:
            raise refuse("SX31")
        start, end = start_of(first), start_of(last + timedelta(days=1))
        owners = visit.party.visible_owners()
        wanted = visit.settings.list_synchronous
        return self._sendings.between(visit.party.user.name, owners, start, end, synchronous=wanted)

    def _mine(self, protocol: str, party: Party) -> Sending:
        """Return a sending the user may see.

        :raises Refused: WS96, as for one that does not exist
        """
        if not protocol:
            raise refuse("SX30")
        sending = self._sendings.get(protocol)
        if sending is None or not (sending.sender == party.user.name or sending.owner in party.visible_owners()):
            raise refuse("WS96")
        return sending

    def _errors(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, ErrorDetailRequest), "the router sends error details here"
        sending = self._mine(_filled(request.protocol), visit.party)
        if sending.state in {SendingState.REJECTED_IN_PROCESSING, SendingState.REJECTED_AT_ACCEPTANCE}:
            raise refuse("WS37")
        rows = self._sendings.complaints(sending.protocol) if sending.state >= SendingState.DONE else []
        if not rows:
            raise refuse("WS96")
        csv = error_csv(
            (  # in the order of the columns
                row["owner_code"],
                row["region"],
                row["asl"],
                row["ssa"],
                row["vat_number"],
                italian_day(date.fromisoformat(row["issued_on"])),
                str(row["device"]),
                row["number"],
                row["expense_type"],
                row["code"],
                row["text"],
            )
            for row in rows
        )
        if visit.struck(Fault.NON_ZIP_CSV):
            return ErrorDetailReply("0", csv.encode("utf-8"))
        return ErrorDetailReply("0", zipped(f"{sending.protocol}.csv", csv.encode("utf-8")))

    def _receipt(self, visit: Visit) -> Reply:
        request = visit.request
        assert isinstance(request, ReceiptRequest), "the router sends receipts here"
        sending = self._mine(_filled(request.protocol), visit.party)
        if sending.state < SendingState.DONE:
            raise refuse("WS96")
        pdf = receipt_pdf(sending)
        if visit.struck(Fault.ZIPPED_PDF):
            return ReceiptReply("0", zipped("ricevuta.pdf", pdf))
        return ReceiptReply("0", pdf)


def _shown(sending: Sending, visit: Visit) -> ShownSending:
    state = sending.state_at(visit.now)
    counters = sending.counters if state.final else type(sending.counters)()
    pattern = "%d-%m-%Y %H:%M:%S" if visit.settings.outcome_with_time else "%d-%m-%Y"
    return ShownSending(
        protocol=sending.protocol,
        sent_on=sending.accepted_at.strftime(pattern),
        state=int(state),
        text=STATE_TEXTS[state],
        sent=counters.sent,
        accepted=counters.accepted,
        warnings=counters.warned,
        errors=counters.refused,
    )


def receipt_pdf(sending: Sending) -> bytes:
    """Return the receipt of a finished sending as a PDF."""
    counters = sending.counters
    lines = [
        "Sistema Tessera Sanitaria - simulatore, nessun valore legale",
        f"Protocollo: {sending.protocol}",
        f"File: {sending.file_name}",
        f"Data di accoglienza: {sending.accepted_at.strftime('%d/%m/%Y %H:%M:%S')}",
        f"Stato: {sending.state} - {STATE_TEXTS[sending.state]}",
        f"Documenti inviati: {counters.sent}",
        f"Documenti accolti: {counters.accepted}",
        f"Documenti con segnalazioni: {counters.warned}",
        f"Documenti scartati: {counters.refused}",
    ]
    if sending.reason:
        lines.append(f"Motivo dello scarto: {sending.reason}")
    return text_pdf("Ricevuta di invio delle spese sanitarie", lines)
