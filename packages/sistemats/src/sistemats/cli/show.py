"""What people and programs see. People get tables, programs one JSON object on standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sistemats.codes import Severity, lookup
from sistemats.documents import DocumentId
from sistemats.envelopes import WireId
from sistemats.exchange import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.inputs import id_to_json
from sistemats.replies import Message, QueriedDocument
from sistemats.rules import Finding

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFORMATION: "cyan", Severity.SUCCESS: "green"}
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note", Severity.SUCCESS: "ok"}


_FILE_WIDTH = 180  # of tables that go into a file or another program


class Screen:
    """Standard output for answers, standard error for progress and complaints."""

    def __init__(self, as_json: bool, language: str | None = None) -> None:
        """Speak JSON or to people, in a language."""
        self.as_json = as_json
        self.language = language or ("it" if os.environ.get("LANG", "").lower().startswith("it") else "en")
        self._out = Console(highlight=False, soft_wrap=True)
        if not self._out.is_terminal:
            self._out = Console(highlight=False, soft_wrap=True, width=_FILE_WIDTH)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def data(self, value: dict[str, Any]) -> None:
        """Print the one JSON object, if programs are reading."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, default=str))

    def line(self, text: str, colour: str = "") -> None:
        """Say one line to people."""
        if not self.as_json:
            self._out.print(f"[{colour}]{escape(text)}[/]" if colour else escape(text))

    def complain(self, text: str) -> None:
        """Say what went wrong, on standard error."""
        self._err.print(f"[red]{escape(text)}[/]")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table to people."""
        if self.as_json:
            return
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
        self._out.print(table)

    @contextmanager
    def progress(self, text: str, total: int | None = None) -> Iterator[Any]:
        """Show a progress bar on standard error when it is a terminal; yields a function that advances by one."""
        if self.as_json or not self._err.is_terminal:
            yield lambda: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._err) as bar:
            task = bar.add_task(text, total=total)
            yield lambda: bar.advance(task)

    def finding(self, finding: Finding) -> None:
        """Show one finding."""
        text = finding.italian if self.language == "it" else finding.english
        place = "" if finding.index is None else f"document {finding.index + 1}, "
        state = f" [{finding.state_code}]" if finding.state_code else ""
        self.line(
            f"{_WORDS[finding.severity]}: {place}{finding.field}: {text} ({finding.code}{state})",
            _COLOURS[finding.severity],
        )


def finding_json(finding: Finding) -> dict[str, object]:
    """Write a finding."""
    return {
        "document": finding.index,
        "field": finding.field,
        "code": finding.code,
        "severity": finding.severity.value,
        "italian": finding.italian,
        "english": finding.english,
        "evidence": finding.evidence.value,
        "state_code": finding.state_code or None,
    }


def message_json(message: Message) -> dict[str, object]:
    """Write a message of the State, with what we know of its code."""
    known = lookup(message.code)
    return {
        "code": message.code,
        "text": message.text,
        "kind": message.kind,
        "english": known.english if known else None,
        "evidence": known.evidence.value if known else None,
    }


def outcome_name(outcome: object) -> str:
    """Return the short name of an outcome, as in JSON and journals."""
    names: dict[type, str] = {
        Accepted: "accepted",
        AcceptedWithWarnings: "accepted-with-warnings",
        Refused: "refused",
        AuthenticationFailed: "authentication-failed",
        Unavailable: "unavailable",
        Uncertain: "uncertain",
        NotDone: "not-done",
        Conflict: "conflict",
    }
    return names.get(type(outcome), "answer")


def outcome_json(outcome: object) -> dict[str, object]:
    """Write an outcome; no document content, no person's code."""
    value: dict[str, object] = {"outcome": outcome_name(outcome)}
    if isinstance(outcome, (Accepted, AcceptedWithWarnings)):
        value |= {"protocol": outcome.protocol, "by_query": outcome.by_query}
    if isinstance(outcome, (Accepted, AcceptedWithWarnings, Refused)):
        value["messages"] = [message_json(message) for message in outcome.messages]
    if isinstance(outcome, Refused) and outcome.fault:
        value["fault"] = {"code": outcome.fault.code, "text": outcome.fault.text}
    if isinstance(outcome, (Unavailable, Uncertain, NotDone, Conflict)):
        value["reason"] = outcome.reason
    if isinstance(outcome, Unavailable):
        value["retry"] = outcome.retry
    return value


def outcome_line(outcome: object) -> tuple[str, str]:
    """Return an outcome as a line for people, and its colour."""
    match outcome:
        case Accepted() | AcceptedWithWarnings():
            words = [f"{m.code} {m.text}" for m in outcome.messages if m.warning]
            colour = "yellow" if words else "green"
            return "; ".join([f"accepted, protocol {outcome.protocol or '-'}", *words]), colour
        case Refused(fault=fault) if fault is not None:
            return f"refused: {fault.code}: {fault.text}", "red"
        case Refused():
            return "refused: " + "; ".join(_explained(m) for m in outcome.messages), "red"
        case AuthenticationFailed():
            return (
                "user or password wrong, expired or disabled. Sending stops here: after eight wrong tries the user is"
                " disabled. Change the password on the portal first.",
                "red",
            )
        case Uncertain():
            return f"uncertain: {outcome.reason} Run the same command again to settle it.", "magenta"
        case Unavailable() | NotDone() | Conflict():
            return outcome.reason, "yellow" if not isinstance(outcome, Conflict) else "red"
        case _:
            return "answered", ""


def _explained(message: Message) -> str:
    known = lookup(message.code)
    return f"{message.code} {message.text}" + (f" ({known.english})" if known else "")


def id_text(document_id: DocumentId) -> str:
    """Write an identifier for people."""
    device = "" if document_id.device == 1 else f" device {document_id.device}"
    return f"{document_id.number} of {document_id.issued_on:%d/%m/%Y}{device}"


def held_id_json(wire_id: WireId) -> dict[str, object]:
    """Write an identifier as the State wrote it, even when it cannot be read as one."""
    try:
        return id_to_json(wire_id.document_id)
    except ValueError:
        return {"vat_number": wire_id.vat_number, "issued_on": wire_id.issued_on, "number": wire_id.number}


def held_rows(held: QueriedDocument) -> list[tuple[str, str]]:
    """Return what the State holds of a document as lines for people; empty ones left out."""
    totals = "  ".join(f"{total.expense_type} {total.amount}" for total in held.totals)
    refunded = "  ".join(f"{total.expense_type} {total.amount}" for total in held.refunded)
    rows = [
        ("number", held.id.number if held.id else ""),
        ("issued", held.id.issued_on if held.id else ""),
        ("paid", held.paid_on or ""),
        ("totals", totals),
        ("refunded", refunded),
        ("protocol", held.protocol or ""),
        ("file", held.file_name or ""),
        ("sent", held.sent_on or ""),
        ("last sent as", held.sent_as or ""),
        ("errors", "; ".join(f"{message.code} {message.text}" for message in held.errors)),
    ]
    return [(name, value) for name, value in rows if value]


def held_json(held: QueriedDocument) -> dict[str, object]:
    """Write what the State holds of a document."""
    return {
        "id": None if held.id is None else held_id_json(held.id),
        "paid_on": held.paid_on,
        "totals": {total.expense_type: total.amount for total in held.totals},
        "refunded": {total.expense_type: total.amount for total in held.refunded},
        "protocol": held.protocol,
        "file_name": held.file_name,
        "sent_on": held.sent_on,
        "sent_as": held.sent_as,
        "errors": [message_json(message) for message in held.errors],
    }
