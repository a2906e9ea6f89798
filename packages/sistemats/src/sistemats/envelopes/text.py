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

from sistemats.codes import Call
from sistemats.envelopes.wire import Options, WireBatchDocument, WireDocument, WireId, WireItem, WireOwner

PREFIX = "ts:"
BODIES = {
    Call.INSERT: "idInserimentoDocumentoFiscale",
    Call.CHANGE: "idVariazioneDocumentoFiscale",
    Call.REFUND: "DocumentoSpesa",
}
"""What the document is called in the requests that bring one."""
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


def head_text(prefix: str, options: Options, pin: str, owner: WireOwner | None) -> str:
    """Return what most requests begin with."""
    opened = options_text(prefix, options) + leaves(prefix, ("pincode", pin))
    return opened + owner_text(prefix, "Proprietario", owner)


def identifier_text(prefix: str, name: str, wire_id: WireId) -> str:
    """Return a document identifier under its name in this service."""
    issuer = leaves(prefix, ("pIva", wire_id.vat_number), ("dataEmissione", wire_id.issued_on))
    numbering = leaves(prefix, ("dispositivo", wire_id.device), ("numDocumento", wire_id.number))
    return group(prefix, name, issuer + group(prefix, "numDocumentoFiscale", numbering))


def _item(prefix: str, item: WireItem) -> str:
    texts = leaves(
        prefix,
        ("tipoSpesa", item.expense_type),
        ("flagTipoSpesa", item.flag),
        ("importo", item.amount),
        ("aliquotaIVA", item.vat_rate),
        ("naturaIVA", item.vat_nature),
    )
    return group(prefix, "voceSpesa", texts)


def _items(prefix: str, items: tuple[WireItem, ...]) -> str:
    return "".join([_item(prefix, item) for item in items])


def _flags(prefix: str, document: WireDocument) -> str:
    return leaves(
        prefix,
        ("pagamentoTracciato", document.traceable),
        ("tipoDocumento", document.document_type),
        ("flagOpposizione", document.opposed),
    )


def document_text(prefix: str, name: str, document: WireDocument) -> str:
    """Return a whole document in the order of the synchronous service: items before the last three flags."""
    head = leaves(
        prefix,
        ("dataPagamento", document.paid_on),
        ("flagPagamentoAnticipato", document.prepaid),
        ("cfCittadino", document.citizen),
    )
    identifier, items = identifier_text(prefix, "idSpesa", document.id), _items(prefix, document.items)
    return group(prefix, name, f"{identifier}{head}{items}{_flags(prefix, document)}")


def batch_document_text(entry: WireBatchDocument) -> str:
    """Return a document as it stands in a batch file: operation and flags before the items."""
    document, original = entry.document, entry.original
    refunded = "" if original is None else identifier_text("", "idRimborso", original)
    head = leaves(
        "",
        ("dataPagamento", document.paid_on),
        ("flagPagamentoAnticipato", document.prepaid),
        ("flagOperazione", entry.operation),
        ("cfCittadino", document.citizen),
    )
    rest = f"{head}{_flags('', document)}{_items('', document.items)}"
    return group("", "documentoSpesa", f"{identifier_text('', 'idSpesa', document.id)}{refunded}{rest}")
