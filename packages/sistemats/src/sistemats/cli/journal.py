"""What was attempted and answered, a line of JSON each, on disk before the bytes leave.

A second run of the same command reads it: what was accepted is not sent again, what is in doubt is settled first.
No person's code is in it. Documents are told apart by a keyed digest whose key stays in the user's own folder.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from sistemats.certificates import default_store
from sistemats.cli.show import outcome_json, outcome_name
from sistemats.codes import lookup
from sistemats.documents import BatchEntry
from sistemats.errors import InputError
from sistemats.exchange import Accepted, AcceptedWithWarnings
from sistemats.inputs import document_to_json
from sistemats.replies import Message

ATTEMPT = "attempt"
SETTLED = frozenset({"accepted", "accepted-with-warnings"})
DOUBTFUL = frozenset({ATTEMPT, "uncertain"})


def journal_key(folder: Path | None = None) -> bytes:
    """Return the key of the digests, made on first use and readable by the user alone."""
    path = (folder or default_store().parent) / "journal.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(32))
    return path.read_bytes()


def document_key(entry: BatchEntry, key: bytes) -> str:
    """Return what tells one operation on one content from all others."""
    text = json.dumps(document_to_json(entry), sort_keys=True, default=str)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _message(code: str) -> Message:
    known = lookup(code)
    return Message(code, "", "") if known is None else Message(code, known.italian or known.english, known.severity)


class Journal:
    """A journal file. Every line is on disk before the method returns."""

    def __init__(self, path: Path) -> None:
        """Read what is there already.

        :raises InputError: the file is not a journal
        """
        self.path = path
        self._last: dict[str, dict[str, Any]] = {}
        if path.exists():
            lines = path.read_text("utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                self._read(line, number, last=number == len(lines))

    def _read(self, line: str, number: int, last: bool) -> None:
        try:
            entry = json.loads(line)
            self._last[entry["key"]] = entry
        except (ValueError, KeyError, TypeError):
            if not last:  # the last line may be cut by a crash; it was then never acted upon
                raise InputError(f"{self.path.name}, line {number}: this is not a journal of sistemats.") from None

    def state(self, key: str) -> str | None:
        """Return the last state of something."""
        entry = self._last.get(key)
        return None if entry is None else str(entry["state"])

    def settled(self, key: str) -> Accepted | AcceptedWithWarnings | None:
        """Return what an earlier run learnt of something that was accepted, None of anything else.

        The journal keeps codes; their words are those of the table of codes.
        """
        entry = self._last.get(key)
        if entry is None or entry["state"] not in SETTLED:
            return None
        messages = tuple(_message(str(code)) for code in entry.get("codes") or ())
        kind = Accepted if entry["state"] == outcome_name(Accepted(None)) else AcceptedWithWarnings
        return kind(entry.get("protocol"), messages)

    def protocols(self) -> frozenset[str]:
        """Return the protocols accounted for."""
        return frozenset(str(entry["protocol"]) for entry in self._last.values() if entry.get("protocol"))

    def attempted_at(self, key: str) -> datetime | None:
        """Return when the doubtful attempt was made."""
        entry = self._last.get(key)
        return datetime.fromisoformat(entry["attempted_at"]) if entry and entry.get("attempted_at") else None

    def attempt(self, key: str, at: datetime, **facts: object) -> None:
        """Write down that something is about to be sent."""
        self._write({"key": key, "state": ATTEMPT, "attempted_at": at.isoformat(), **facts})

    def answer(self, key: str, at: datetime, outcome: object, **facts: object) -> None:
        """Write down what came of it; keeps when it was attempted."""
        attempted = (self._last.get(key) or {}).get("attempted_at", at.isoformat())
        told = outcome_json(outcome)
        messages = told.get("messages")
        codes = [message["code"] for message in messages] if isinstance(messages, list) else []
        self._write(
            {
                "key": key,
                "state": outcome_name(outcome),
                "attempted_at": attempted,
                "answered_at": at.isoformat(),
                "protocol": told.get("protocol"),
                "codes": codes,
                **facts,
            }
        )

    def _write(self, entry: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._last[entry["key"]] = entry
