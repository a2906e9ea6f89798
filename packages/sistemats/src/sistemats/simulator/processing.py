"""Working on accepted files when their time has come by the simulator's clock.

A file is read twice: once to see that all of it obeys the schema (else it is rejected whole, state 5), once to do its
operations. They are done some hundreds at a time; each lot commits together with how far the file has come, so a kill
in the middle neither loses nor repeats a document.
"""

from __future__ import annotations

import io
import logging
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import IO

from lxml import etree

from sistemats.codes import Operation, SenderCategory, SendingState
from sistemats.documents import Owner
from sistemats.envelopes import WireBatchDocument, WireOwner, read_batch
from sistemats.errors import SistemaTSError
from sistemats.replies import Message
from sistemats.simulator.acceptance import SEPARATOR
from sistemats.simulator.checks import OwnerFacts
from sistemats.simulator.clock import SimulatorClock
from sistemats.simulator.gate import Gate
from sistemats.simulator.identity import Identity, Party
from sistemats.simulator.ledger import Circumstances, Ledger, Order, read_submission
from sistemats.simulator.messages import say
from sistemats.simulator.sendings import Complaint, Counters, Sending, Sendings
from sistemats.simulator.settings import Settings
from sistemats.simulator.store import Store
from sistemats.simulator.users import Role, User, owner_key
from sistemats.simulator.vault import Vault

log = logging.getLogger(__name__)
LOT = 250
PATIENCE = 2.0
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_IDLE_SECONDS = 30.0


class Unprocessable(Exception):
    """The whole file is rejected; the reason goes into the receipt."""


class _Bounded(io.BufferedIOBase):
    """A stream that gives up when it grows beyond a limit: what a bomb unpacks to is never held."""

    def __init__(self, inner: IO[bytes], limit: int) -> None:
        self._inner, self._left = inner, limit

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._inner.read(65_536 if size is None or size < 0 else min(size, 65_536))
        self._left -= len(data)
        if self._left < 0:
            raise Unprocessable("IL FILE SUPERA LA DIMENSIONE CONSENTITA")
        return data


@contextmanager
def open_batch(archive: bytes, limit: int) -> Iterator[tuple[WireOwner, Iterator[WireBatchDocument]]]:
    """Open the only file of a zip and read it as a batch, streaming.

    :raises Unprocessable: not one plain file, not XML, or against the schema
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as container:
            entries = [entry for entry in container.infolist() if not entry.is_dir()]
            if len(entries) != 1 or entries[0].flag_bits & 0x1:
                raise Unprocessable("L'ARCHIVIO DEVE CONTENERE UN SOLO FILE NON CIFRATO")
            with container.open(entries[0]) as stream:
                yield read_batch(_Bounded(stream, limit))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
        raise Unprocessable("L'ARCHIVIO E' DANNEGGIATO") from None
    except (SistemaTSError, etree.XMLSyntaxError, ValueError):
        raise Unprocessable("IL FILE XML NON RISPETTA LO SCHEMA") from None


class Processor:
    """A thread that works on files as they ripen."""

    def __init__(
        self,
        store: Store,
        sendings: Sendings,
        ledger: Ledger,
        gate: Gate,
        identity: Identity,
        vault: Vault,
        clock: SimulatorClock,
        settings: Callable[[], Settings],
    ) -> None:
        """Work with these; `start` begins."""
        self._store, self._sendings, self._ledger = store, sendings, ledger
        self._gate, self._identity, self._vault = gate, identity, vault
        self._clock, self._settings = clock, settings
        self._changed = threading.Condition()
        self._asked = self._done = 0
        self._stopping = False
        self._ripens_at: datetime | None = LONG_AGO
        self._working_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="processor", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the lot in hand and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def poke(self, patience: float | None = None) -> None:
        """Ask to look again, and wait until all that is ripe is done, or for `patience` seconds (None: PATIENCE)."""
        with self._changed:
            self._asked += 1
            ticket = self._asked
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._done >= ticket or self._stopping, timeout=PATIENCE if patience is None else patience
            )

    def poke_if_ripe(self) -> None:
        """Wait a little for work on files whose time has come; cost nothing when there is none.

        While a large file is being worked on nobody waits: its state is honestly 1.
        """
        ripens_at, since = self._ripens_at, self._working_since
        if since is not None and time.monotonic() - since > PATIENCE:
            return
        if ripens_at is not None and self._clock.now() >= ripens_at:
            self.poke()

    def nudge(self) -> None:
        """Say that there is a new file, so that the thread finds out when it will be ripe."""
        with self._changed:
            self._ripens_at = LONG_AGO
            self._asked += 1
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopping:
            with self._changed:
                ticket = self._asked
            self._working_since = time.monotonic()
            self.work_off()
            with self._changed:
                self._working_since = None
                self._done = max(self._done, ticket)
                self._changed.notify_all()
                if self._asked == ticket and not self._stopping:
                    self._changed.wait(self._wait())

    def _wait(self) -> float:
        """Return the seconds until the next file ripens, or until it is time to look at the clock again."""
        sending = self._sendings.next_open()
        self._ripens_at = None if sending is None else sending.ends_at
        wait = None if sending is None else self._clock.seconds_until(sending.ends_at)
        return _IDLE_SECONDS if wait is None else min(wait + 0.001, _IDLE_SECONDS)

    def work_off(self) -> None:
        """Work on every file whose time has come."""
        while not self._stopping:
            sending = self._sendings.next_open()
            if sending is None or self._clock.now() < sending.ends_at:
                return
            self._process(sending)

    def _process(self, sending: Sending) -> None:
        try:
            if sending.forced == SendingState.REJECTED_IN_PROCESSING:
                raise Unprocessable("SCARTO SIMULATO")
            sent = self._count(sending)
            self._apply(replace(sending, counters=replace(sending.counters, sent=sent)))
        except Unprocessable as problem:
            self._reject(sending, str(problem))
        except Exception:
            log.exception("file %s could not be processed", sending.protocol)
            self._reject(sending, say("200").text)

    def _reject(self, sending: Sending, reason: str) -> None:
        self._sendings.settle(sending.protocol, SendingState.REJECTED_IN_PROCESSING, 0, Counters(), reason)

    def _count(self, sending: Sending) -> int:
        """Return how many documents the file holds, having checked all of it.

        :raises Unprocessable: the file as a whole is wrong
        """
        with open_batch(sending.archive or b"", self._settings().max_xml_bytes) as (owner, documents):
            inner = self._identity.batch_owner(owner)
            if inner is None or owner_key(inner) != sending.owner:
                raise Unprocessable("IL PROPRIETARIO DEL FILE E' DIVERSO DA QUELLO DELLA RICHIESTA")
            return sum(1 for _ in documents)

    def _apply(self, sending: Sending) -> None:
        party = self._party(sending)
        counters, position = sending.counters, sending.progress
        with open_batch(sending.archive or b"", self._settings().max_xml_bytes) as (_, documents):
            rest = islice(documents, position, None)
            while lot := list(islice(rest, LOT)):
                orders = [_order(entry, self._vault.open_citizen) for entry in lot]
                with self._store.transaction():
                    for order, wrong in orders:
                        counters = self._one(sending, party, order, wrong, counters, position)
                        position += 1
                    self._sendings.settle(sending.protocol, SendingState.PROCESSING, position, counters)
                if self._stopping:
                    return
        clean = not counters.refused and not counters.warned
        final = SendingState.DONE if clean else SendingState.DONE_WITH_ERRORS
        self._sendings.settle(sending.protocol, final, position, counters)

    def _one(
        self, sending: Sending, party: Party, order: Order, wrong: list[Message], counters: Counters, position: int
    ) -> Counters:
        around = Circumstances(party, sending.accepted_at, sending.protocol, sending.file_name, self._settings())
        messages = wrong or self._ledger.apply(order, around)
        kinds = order.sent.items if order.sent is not None else ()
        for message in messages:
            kind = kinds[0].expense_type.value if kinds else ""
            complaint = Complaint(party.owner, order.id, kind, message.code, message.text)
            self._sendings.complain(sending.protocol, position, complaint)
        if any(message.blocking for message in messages):
            return replace(counters, refused=counters.refused + 1)
        return replace(counters, accepted=counters.accepted + 1, warned=counters.warned + (1 if messages else 0))

    def _party(self, sending: Sending) -> Party:
        region, asl, ssa, code = (part or None for part in sending.owner_value.split(SEPARATOR))
        user = self._gate.get(sending.sender) or User(sending.sender, Role.STRUCTURE, "", "")
        category = None if sending.category is None else SenderCategory(sending.category)
        facts = OwnerFacts(category, user.vat_numbers, user.vat_checked, self._gate.known_codes())
        return Party(user, Owner(code, region, asl, ssa), facts)


def _order(entry: WireBatchDocument, open_sealed: Callable[[str], str | None]) -> tuple[Order, list[Message]]:
    """Return the order a batch document stands for, and what is wrong with the order itself."""
    operation = Operation(entry.operation)
    original = None if entry.original is None else entry.original.document_id
    sent = read_submission(entry.document, open_sealed)
    order = Order(operation, sent.id, sent, original)
    misplaced = original is not None and operation is not Operation.REFUND
    return order, [say("SX14")] if misplaced else []
