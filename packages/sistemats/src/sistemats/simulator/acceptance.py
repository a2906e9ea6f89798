"""Taking an upload in charge: name, size, zip and owner, and a protocol.

Source: acceptance codes of the asynchronous specification (§4.7). What is inside the zip is looked at later.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import datetime, timedelta

from sistemats.codes import SendingState
from sistemats.envelopes import UploadRequest
from sistemats.simulator.faults import Fault, Rule
from sistemats.simulator.identity import Party, refuse
from sistemats.simulator.sendings import UPLOAD_DIGITS, Sending, Sendings
from sistemats.simulator.settings import Settings

SEPARATOR = "|"


def check_archive(request: UploadRequest, settings: Settings) -> None:
    """Refuse a file whose name, size or container is wrong.

    :raises Refused: 101, 103, 108 or 102
    """
    name = request.file_name.strip()
    if not 6 <= len(name) <= 60 or not name.lower().endswith(".zip"):
        raise refuse("101")
    if not request.archive:
        raise refuse("103")
    if len(request.archive) > settings.max_zip_bytes:
        raise refuse("108")
    try:
        with zipfile.ZipFile(io.BytesIO(request.archive)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, OverflowError, NotImplementedError):
        raise refuse("102") from None
    if not entries:
        raise refuse("103")


class Acceptance:
    """Gives protocols to files."""

    def __init__(self, sendings: Sendings) -> None:
        """Keep them among these sendings."""
        self._sendings = sendings
        self._serial = sendings.last_serial(synchronous=False)

    def accept(
        self, request: UploadRequest, party: Party, now: datetime, settings: Settings, fault: Rule | None
    ) -> Sending:
        """Take a file in charge and return its sending, committed with the caller's transaction.

        :raises Refused: with the acceptance code
        """
        check_archive(request, settings)
        digest = hashlib.sha256(request.archive).hexdigest()
        if settings.refuse_same_file and self._sendings.known_file(digest, party.key):
            raise refuse("SX20")
        starts = now + timedelta(seconds=settings.queue_seconds)
        slower = fault.seconds if fault is not None and fault.kind is Fault.SLOW_PROCESSING else 0.0
        state, forced = _forced(fault)
        owner = party.owner
        values = (owner.region or "", owner.asl or "", owner.ssa or "", owner.fiscal_code or "")
        sending = Sending(
            protocol=self._protocol(now),
            synchronous=False,
            sender=party.user.name,
            owner=party.key,
            owner_value=SEPARATOR.join(values),
            category=None if party.facts.category is None else party.facts.category.value,
            file_name=request.file_name.strip(),
            size=len(request.archive),
            digest=digest,
            accepted_at=now,
            starts_at=starts,
            ends_at=starts + timedelta(seconds=settings.processing_seconds + slower),
            state=state,
            forced=forced,
            archive=None if state == SendingState.REJECTED_AT_ACCEPTANCE else request.archive,
        )
        self._sendings.put(sending)
        return sending

    def _protocol(self, now: datetime) -> str:
        """Return 17 digits like the kit's: yyMMddHHmmss and five of a running number."""
        while True:
            self._serial = (self._serial + 1) % 10**UPLOAD_DIGITS
            protocol = f"{now:%y%m%d%H%M%S}{self._serial:0{UPLOAD_DIGITS}d}"
            if self._sendings.get(protocol) is None:
                return protocol


def _forced(fault: Rule | None) -> tuple[int, int]:
    """Return the state to be born in, and the final state a fault forces (0 for none)."""
    if fault is not None and fault.kind is Fault.STATE_9:
        return SendingState.REJECTED_AT_ACCEPTANCE, 0
    if fault is not None and fault.kind is Fault.STATE_5:
        return SendingState.WAITING, SendingState.REJECTED_IN_PROCESSING
    return SendingState.WAITING, 0
