"""`send`, `change`, `refund`, `cancel`: documents one by one, each written down before it leaves."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from sistemats.cli.checking import precheck
from sistemats.cli.context import Context, make_context
from sistemats.cli.exits import Exit, exit_for, worst
from sistemats.cli.journal import DOUBTFUL, Journal, document_key, journal_key
from sistemats.cli.show import id_text, outcome_json, outcome_line
from sistemats.codes import Operation
from sistemats.documents import BatchEntry
from sistemats.envelopes.sealing import CALL_OF_OPERATION
from sistemats.envelopes.soap import InvalidRequest
from sistemats.errors import InputError, NotSealable
from sistemats.exchange import AuthenticationFailed, Client, NotDone, Uncertain
from sistemats.inputs import id_to_json, open_input

_FORCED = {"change": Operation.CHANGE, "refund": Operation.REFUND, "cancel": Operation.CANCEL}


def journal_path(arguments: argparse.Namespace, file: Path) -> Path:
    """Return where the journal of a file is."""
    given: Path | None = arguments.journal
    return given or file.with_name(f"{file.name}.journal.jsonl")


def send(arguments: argparse.Namespace) -> int:
    """Send every document of a file with its operation, or with that of the command."""
    context = make_context(arguments)
    forced = _FORCED.get(arguments.command)
    if not precheck(context, arguments.file, arguments.force, open_input(arguments.file, forced)):
        return Exit.REFUSED
    opened = open_input(arguments.file, forced)
    journal = Journal(journal_path(arguments, arguments.file))
    results: list[dict[str, object]] = []
    code = Exit.DONE
    with context.client(context.sender(opened.sender)) as client, context.screen.progress("sending") as advance:
        sending = _Sending(context, client, journal, journal_key())
        for entry in opened.documents:
            outcome = sending.one(entry)
            code = worst(code, exit_for(outcome))
            results.append(
                {"id": id_to_json(entry.document.id), "operation": str(entry.operation)} | outcome_json(outcome)
            )
            advance()
            if isinstance(outcome, AuthenticationFailed):
                break
    context.screen.data({"documents": results, "journal": str(journal.path)})
    return code


@dataclass(frozen=True, slots=True)
class _Sending:
    """Sends single documents, skipping what is done and settling what is in doubt."""

    context: Context
    client: Client
    journal: Journal
    key: bytes

    def one(self, entry: BatchEntry) -> object:
        key = document_key(entry, self.key)
        earlier = self.journal.settled(key)
        if earlier is not None:
            self._say(entry, f"already accepted according to {self.journal.path.name}, not sent again", "cyan")
            return earlier
        doubt = self._doubt(entry, key) if self.journal.state(key) in DOUBTFUL else None
        if doubt is not None:
            settled = self.client.resolve_uncertain(doubt)
            if not isinstance(settled, NotDone):
                return self._answer(entry, key, settled)
        self.journal.attempt(key, self.context.now(), operation=str(entry.operation), id=id_to_json(entry.document.id))
        return self._answer(entry, key, self._call(entry, doubt))

    def _doubt(self, entry: BatchEntry, key: str) -> Uncertain:
        return Uncertain(
            CALL_OF_OPERATION[entry.operation],
            "An earlier run did not learn the outcome.",
            self.journal.attempted_at(key) or self.context.now(),
            document_id=entry.document.id,
            document=entry.document,
            original=entry.original,
        )

    def _call(self, entry: BatchEntry, doubt: Uncertain | None) -> object:
        document = entry.document
        try:
            if entry.operation is Operation.INSERT:
                return self.client.insert(document, retry_of=doubt)
            if entry.operation is Operation.CHANGE:
                return self.client.change(document)
            if entry.operation is Operation.CANCEL:
                return self.client.cancel(document.id, retry_of=doubt)
            if entry.original is None:
                raise InputError(f"Document {id_text(document.id)}: a refund must name its original.")
            return self.client.refund(entry.original, document, retry_of=doubt)
        except (InvalidRequest, NotSealable) as problem:
            raise InputError(f"Document {id_text(document.id)}: {problem}") from None

    def _answer(self, entry: BatchEntry, key: str, outcome: object) -> object:
        self.journal.answer(
            key, self.context.now(), outcome, operation=str(entry.operation), id=id_to_json(entry.document.id)
        )
        self._say(entry, *outcome_line(outcome))
        return outcome

    def _say(self, entry: BatchEntry, text: str, colour: str) -> None:
        self.context.screen.line(f"{entry.operation.name.lower()} {id_text(entry.document.id)}: {text}", colour)
