"""Requests and the documents of a batch file as text.

Text and not elements, because a batch may hold a million documents and this takes a quarter of the time. It is safe
because nothing is trusted: every text is escaped, and what was written is parsed back and validated, as the very bytes
that will leave, before anything does.

`prefix` is what stands before the name in every tag: `ts:` where a service wants its children qualified, nothing where
not. None as a text means that there is no element.

>>> leaves("ts:", ("pincode", "A&B"), ("opzionale1", None))
'<ts:pincode>A&amp;B</ts:pincode>'
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from sistemats.envelopes.wire import Options, WireBatchDocument, WireDocument, WireId, WireItem, WireOwner

_LINE_ENDS = {"\r": "&#13;"}  # as it stands a parser would read another character


def plain(text: str) -> str:
    """Return a text as it may stand between two tags; most of them as they are."""
    if "<" in text or "&" in text or ">" in text or "\r" in text:
        return escape(text, _LINE_ENDS)
    return text


def leaves(prefix: str, *pairs: tuple[str, str | None]) -> str:
    """Return one element for each (name, text)."""
    return "".join(
        [f"<{prefix}{name}>{plain(text)}</{prefix}{name}>" for name, text in pairs if text is not None],
    )


def group(prefix: str, name: str, inside: str) -> str:
    """Return an element around others."""
    return f"<{prefix}{name}>{inside}</{prefix}{name}>" if inside else f"<{prefix}{name}/>"


def options_text(prefix: str, options: Options) -> str:
    """Return `opzionale1..3`."""
    first, second, third = options
    return leaves(prefix, ("opzionale1", first), ("opzionale2", second), ("opzionale3", third))


def owner_text(prefix: str, name: str, owner: WireOwner | None) -> str:
    """Return the owner block under its name in this service."""
    if owner is None:
        return ""
    codes = (
        ("codiceRegione", owner.region),
        ("codiceAsl", owner.asl),
        ("codiceSSA", owner.ssa),
        ("cfProprietario", owner.code),
    )
    return group(prefix, name, leaves(prefix, *codes))


def identifier_text(prefix: str, name: str, vat_number: str, issued_on: str, device: str, number: str) -> str:
    """Return a document identifier under its name in this service."""
    p = prefix
    return (
        f"<{p}{name}><{p}pIva>{plain(vat_number)}</{p}pIva><{p}dataEmissione>{plain(issued_on)}</{p}dataEmissione>"
        f"<{p}numDocumentoFiscale><{p}dispositivo>{plain(device)}</{p}dispositivo>"
        f"<{p}numDocumento>{plain(number)}</{p}numDocumento></{p}numDocumentoFiscale></{p}{name}>"
    )


def wire_identifier_text(prefix: str, name: str, wire_id: WireId) -> str:
    """Return a document identifier of the wire."""
    return identifier_text(prefix, name, wire_id.vat_number, wire_id.issued_on, wire_id.device, wire_id.number)


def item_text(
    prefix: str, expense_type: str, amount: str, flag: str | None, vat_rate: str | None, vat_nature: str | None
) -> str:
    """Return one item."""
    p = prefix
    flagged = "" if flag is None else f"<{p}flagTipoSpesa>{plain(flag)}</{p}flagTipoSpesa>"
    rated = "" if vat_rate is None else f"<{p}aliquotaIVA>{plain(vat_rate)}</{p}aliquotaIVA>"
    natured = "" if vat_nature is None else f"<{p}naturaIVA>{plain(vat_nature)}</{p}naturaIVA>"
    return (
        f"<{p}voceSpesa><{p}tipoSpesa>{plain(expense_type)}</{p}tipoSpesa>{flagged}"
        f"<{p}importo>{plain(amount)}</{p}importo>{rated}{natured}</{p}voceSpesa>"
    )


def _items(prefix: str, items: tuple[WireItem, ...]) -> str:
    return "".join(
        [item_text(prefix, item.expense_type, item.amount, item.flag, item.vat_rate, item.vat_nature) for item in items]
    )


def document_text(prefix: str, name: str, document: WireDocument) -> str:
    """Return a whole document in the order of the synchronous service: items before the last three flags."""
    head = leaves(
        prefix,
        ("dataPagamento", document.paid_on),
        ("flagPagamentoAnticipato", document.prepaid),
        ("cfCittadino", document.citizen),
    )
    tail = leaves(
        prefix,
        ("pagamentoTracciato", document.traceable),
        ("tipoDocumento", document.document_type),
        ("flagOpposizione", document.opposed),
    )
    identifier = wire_identifier_text(prefix, "idSpesa", document.id)
    return group(prefix, name, f"{identifier}{head}{_items(prefix, document.items)}{tail}")


def batch_text(
    *,
    identifier: str,
    original: str,
    paid_on: str,
    prepaid: str | None,
    operation: str,
    citizen: str | None,
    traceable: str | None,
    document_type: str | None,
    opposed: str | None,
    items: str,
) -> str:
    """Return a document of a batch file with its operation, items last; identifiers and items come as elements."""
    prepaid = "" if prepaid is None else f"<flagPagamentoAnticipato>{plain(prepaid)}</flagPagamentoAnticipato>"
    citizen = "" if citizen is None else f"<cfCittadino>{plain(citizen)}</cfCittadino>"
    traceable = "" if traceable is None else f"<pagamentoTracciato>{plain(traceable)}</pagamentoTracciato>"
    document_type = "" if document_type is None else f"<tipoDocumento>{plain(document_type)}</tipoDocumento>"
    opposed = "" if opposed is None else f"<flagOpposizione>{plain(opposed)}</flagOpposizione>"
    return (
        f"<documentoSpesa>{identifier}{original}<dataPagamento>{plain(paid_on)}</dataPagamento>{prepaid}"
        f"<flagOperazione>{plain(operation)}</flagOperazione>{citizen}{traceable}{document_type}{opposed}{items}"
        "</documentoSpesa>"
    )


def batch_document_text(entry: WireBatchDocument) -> str:
    """Return a document of the wire as it stands in a batch file."""
    document, original = entry.document, entry.original
    return batch_text(
        identifier=wire_identifier_text("", "idSpesa", document.id),
        original="" if original is None else wire_identifier_text("", "idRimborso", original),
        paid_on=document.paid_on,
        prepaid=document.prepaid,
        operation=entry.operation,
        citizen=document.citizen,
        traceable=document.traceable,
        document_type=document.document_type,
        opposed=document.opposed,
        items=_items("", document.items),
    )
