"""`outcome`, `errors`, `receipt`, `query`, `report`, `flags`: asking, which changes nothing."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sistemats.cli.context import Context, make_context
from sistemats.cli.exits import Exit, WrongArguments, exit_for
from sistemats.cli.show import held_json, held_rows, message_json, outcome_json, outcome_line
from sistemats.codes import SendingState
from sistemats.documents import DocumentId
from sistemats.errors import InputError, UnreadableMessage
from sistemats.exchange.client import Trouble
from sistemats.replies import (
    ErrorDetailReply,
    FlagDetailReply,
    FlagReportReply,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    ReceiptReply,
    Refusal,
    Sending,
    read_error_archive,
    read_flag_archive,
    read_receipt,
    read_report_archive,
)

_PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0)


def _trouble(context: Context, outcome: Trouble) -> int:
    context.screen.line(*outcome_line(outcome))
    context.screen.data(outcome_json(outcome))
    return exit_for(outcome)


def _pauses(seconds: float) -> Iterator[float]:
    """Yield growing pauses until their sum reaches `seconds`."""
    left, index = seconds, 0
    while left > 0:
        pause = min(_PAUSES[min(index, len(_PAUSES) - 1)], left)
        yield pause
        left -= pause
        index += 1


def _refusal_json(refusals: Iterable[Refusal]) -> list[dict[str, object]]:
    return [message_json(Message(refusal.code, refusal.text, "E")) for refusal in refusals]


def _tell_refusals(context: Context, refusals: Iterable[Refusal]) -> None:
    for refusal in refusals:
        context.screen.line(f"{refusal.code} {refusal.text}", "red")


def _tell_messages(context: Context, messages: Iterable[Message]) -> None:
    for message in messages:
        context.screen.line(f"{message.code} {message.text}", "red" if message.blocking else "")


def outcome(arguments: argparse.Namespace) -> int:
    """Show the state of one sending, or of all between two days."""
    context = make_context(arguments)
    by_days = arguments.first is not None and arguments.last is not None
    if by_days == bool(arguments.protocol):
        raise WrongArguments("Give a protocol, or both --from and --to.")
    with context.client(context.sender()) as client:
        if by_days:
            reply = client.outcomes(arguments.first, arguments.last)
        else:
            reply = client.wait_for_outcome(arguments.protocol, _pauses(arguments.wait or 0.0), time.sleep)
    if not isinstance(reply, OutcomeReply):
        return _trouble(context, reply)
    rows = [(s.protocol, s.sent_on, s.state, s.text, s.sent, s.accepted, s.warnings, s.errors) for s in reply.sendings]
    columns = ("protocol", "sent", "state", "meaning", "documents", "accepted", "warnings", "errors")
    context.screen.table("Sendings", columns, rows)
    _tell_refusals(context, reply.refusals)
    sendings = [dict(zip(columns, row, strict=True)) for row in rows]
    context.screen.data({"outcome": reply.outcome, "sendings": sendings, "refusals": _refusal_json(reply.refusals)})
    refused = not by_days and any(map(_has_refusals, reply.sendings))
    return Exit.REFUSED if refused or not reply.sendings else Exit.DONE


def _has_refusals(sending: Sending) -> bool:
    """Tell whether the State refused a sending, whole or in part."""
    rejected = {SendingState.REJECTED_IN_PROCESSING, SendingState.REJECTED_AT_ACCEPTANCE}
    return bool(sending.errors) or sending.known_state in rejected


def _keep(path: Path | None, data: bytes | None) -> None:
    if path is not None and data is not None:
        path.write_bytes(data)


def errors(arguments: argparse.Namespace) -> int:
    """Show the rows of a sending's error file."""
    context = make_context(arguments)
    with context.client(context.sender()) as client:
        reply = client.errors(arguments.protocol)
    if not isinstance(reply, ErrorDetailReply):
        return _trouble(context, reply)
    _keep(arguments.out, reply.archive)
    rows = _opened(reply.archive, read_error_archive)
    table = [(r.number, r.issued_on, r.device, r.expense_type, r.code, r.text) for r in rows]
    columns = ("number", "issued", "device", "type", "code", "text")
    context.screen.table("Messages", columns, table)
    _tell_refusals(context, reply.refusals)
    shown = [dict(zip(columns, row, strict=True)) | {"vat": rows[n].vat_number} for n, row in enumerate(table)]
    context.screen.data({"outcome": reply.outcome, "rows": shown, "refusals": _refusal_json(reply.refusals)})
    return Exit.DONE if reply.archive is not None else Exit.REFUSED


def _opened(archive: bytes | None, read: Any) -> Any:
    try:
        return [] if archive is None else read(archive)
    except UnreadableMessage as problem:
        raise InputError(f"The State's file cannot be read: {problem}") from None


def receipt(arguments: argparse.Namespace) -> int:
    """Save the PDF receipt of a sending."""
    context = make_context(arguments)
    with context.client(context.sender()) as client:
        reply = client.receipt(arguments.protocol)
    if not isinstance(reply, ReceiptReply):
        return _trouble(context, reply)
    pdf = None if reply.pdf is None else _opened(reply.pdf, read_receipt)
    if pdf is not None:
        arguments.out.write_bytes(pdf)
        context.screen.line(f"receipt saved in {arguments.out} ({len(pdf)} bytes)", "green")
    _tell_refusals(context, reply.refusals)
    saved = str(arguments.out) if pdf is not None else None
    context.screen.data({"outcome": reply.outcome, "file": saved, "refusals": _refusal_json(reply.refusals)})
    return Exit.DONE if pdf is not None else Exit.REFUSED


def _document_id(arguments: argparse.Namespace) -> DocumentId:
    return DocumentId(arguments.vat, arguments.issued, arguments.number, arguments.device)


def query(arguments: argparse.Namespace) -> int:
    """Show what the State holds of one document."""
    context = make_context(arguments)
    with context.client(context.sender()) as client:
        reply = client.query(_document_id(arguments))
    if not isinstance(reply, PointQueryReply):
        return _trouble(context, reply)
    held = None if reply.document is None else held_json(reply.document)
    if reply.document is not None:
        context.screen.table("Held by the State", ("what", "value"), held_rows(reply.document))
    _tell_messages(context, reply.messages)
    messages = [message_json(message) for message in reply.messages]
    context.screen.data({"outcome": reply.outcome, "document": held, "messages": messages})
    return Exit.DONE if held is not None else Exit.REFUSED


def report(arguments: argparse.Namespace) -> int:
    """Show the monthly report."""
    context = make_context(arguments)
    year, month = arguments.month
    with context.client(context.sender()) as client:
        reply = client.report(year, month, arguments.extraction)
    if not isinstance(reply, MonthlyReportReply):
        return _trouble(context, reply)
    _keep(arguments.out, reply.archive)
    rows = _opened(reply.archive, read_report_archive)
    columns = ("number", "issued", "device", "paid", "protocol", "file", "sent", "as", "totals", "refunded")
    table = [
        (
            r.number,
            r.issued_on,
            r.device,
            r.paid_on,
            r.protocol,
            r.file_name,
            r.sent_on,
            r.sent_as,
            r.totals,
            r.refunded,
        )
        for r in rows
    ]
    context.screen.table(f"{year}-{month:02d}", columns, [(*row[:8], _money(row[8]), _money(row[9])) for row in table])
    _tell_messages(context, reply.messages)
    shown = [dict(zip(columns, row, strict=True)) | {"vat": rows[n].vat_number} for n, row in enumerate(table)]
    messages = [message_json(message) for message in reply.messages]
    context.screen.data({"outcome": reply.outcome, "rows": _plain(shown), "messages": messages})
    return Exit.DONE if reply.archive is not None else Exit.REFUSED


def _money(totals: dict[str, Any]) -> str:
    return " ".join(f"{name} {amount}" for name, amount in totals.items() if amount)


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        for name in ("totals", "refunded"):
            row[name] = {kind: str(amount) for kind, amount in row[name].items()}
    return rows


def flags(arguments: argparse.Namespace) -> int:
    """Show the citizens' remarks of a period or on one document."""
    context = make_context(arguments)
    period = arguments.first is not None and arguments.last is not None
    single = bool(arguments.vat and arguments.issued and arguments.number)
    if period == single:
        raise WrongArguments("Give --from and --to, or --vat, --issued and --number.")
    sender = context.sender()
    with context.client(sender) as client:
        if single:
            return _flag_detail(context, client.flag_detail(_document_id(arguments)))
        return _flag_report(context, client.flag_report(arguments.first, arguments.last))


def _flag_detail(context: Context, reply: FlagDetailReply | Trouble) -> int:
    if not isinstance(reply, FlagDetailReply):
        return _trouble(context, reply)
    document = reply.document
    remarks = [] if document is None else list(document.remarks)
    items = [] if document is None else [*document.items, *document.refunded_items]
    rows = [(i.expense_type, i.amount, i.amount_remark, i.type_remark) for i in items]
    columns = ("type", "amount", "on the amount", "on the type")
    for remark in remarks:
        context.screen.line(remark)
    context.screen.table("Remarks on items", columns, rows)
    _tell_messages(context, reply.messages)
    context.screen.data(
        {
            "outcome": reply.outcome,
            "remarks": remarks,
            "items": [dict(zip(columns, row, strict=True)) for row in rows],
            "messages": [message_json(message) for message in reply.messages],
        }
    )
    return Exit.DONE if document is not None else Exit.REFUSED


def _flag_report(context: Context, reply: FlagReportReply | Trouble) -> int:
    if not isinstance(reply, FlagReportReply):
        return _trouble(context, reply)
    _keep(context.arguments.out, reply.archive)
    tables = _opened(reply.archive, read_flag_archive)
    for table in tables:
        rows = [[row.get(name, "") for name in table.columns] for row in table.rows]
        context.screen.table("Remarks", table.columns, rows)
    _tell_messages(context, reply.messages)
    shown = [{"columns": table.columns, "rows": table.rows} for table in tables]
    messages = [message_json(message) for message in reply.messages]
    context.screen.data({"outcome": reply.outcome, "tables": shown, "messages": messages})
    return Exit.DONE if reply.archive is not None else Exit.REFUSED
