"""Documents in clear, but for the code of the citizen, straight to the text of a request or of a batch file.

The short way: what `text` makes of the wire's values, without making those values first. A test holds the two alike.
What comes as text is escaped; days and numbers are written here. `prefix` is as in `text`, `citizen` the sealed code or
None for no element.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from sistemats.codes import DocumentType
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item
from sistemats.envelopes.text import plain


def cents(amount: Decimal) -> str:
    """Write euro with two decimals; more decimals are kept, so that the schema or the rules refuse them."""
    text = str(amount)
    if text[-3:-2] == "." and text[-2:].isdigit():
        return text  # the usual case, in a tenth of the time
    exponent = amount.as_tuple().exponent
    return f"{amount:f}" if isinstance(exponent, str) or exponent < -2 else f"{amount:.2f}"


def entry_text(entry: BatchEntry, citizen: str | None) -> str:
    """Return an entry as it stands in a batch file: operation and flags before the items."""
    document, original = entry.document, entry.original
    refunded = "" if original is None else clear_identifier_text("", "idRimborso", original)
    prepaid = "<flagPagamentoAnticipato>1</flagPagamentoAnticipato>" if document.prepaid else ""
    sealed = "" if citizen is None else f"<cfCittadino>{plain(citizen)}</cfCittadino>"
    flags = _flags("", document.traceable, document.document_type, document.opposed)
    return (
        f"<documentoSpesa>{clear_identifier_text('', 'idSpesa', document.id)}{refunded}"
        f"<dataPagamento>{document.paid_on.isoformat()}</dataPagamento>{prepaid}"
        f"<flagOperazione>{plain(str(entry.operation))}</flagOperazione>{sealed}{flags}"
        f"{_items('', document.items)}</documentoSpesa>"
    )


def clear_document_text(prefix: str, name: str, document: ExpenseDocument, citizen: str | None) -> str:
    """Return a whole document in the order of the synchronous service: items before the last three flags."""
    p = prefix
    prepaid = f"<{p}flagPagamentoAnticipato>1</{p}flagPagamentoAnticipato>" if document.prepaid else ""
    sealed = "" if citizen is None else f"<{p}cfCittadino>{plain(citizen)}</{p}cfCittadino>"
    flags = _flags(p, document.traceable, document.document_type, document.opposed)
    return (
        f"<{p}{name}>{clear_identifier_text(p, 'idSpesa', document.id)}"
        f"<{p}dataPagamento>{document.paid_on.isoformat()}</{p}dataPagamento>{prepaid}{sealed}"
        f"{_items(p, document.items)}{flags}</{p}{name}>"
    )


def clear_identifier_text(prefix: str, name: str, document_id: DocumentId) -> str:
    """Return a document identifier under its name in this service."""
    p = prefix
    return (
        f"<{p}{name}><{p}pIva>{plain(document_id.vat_number)}</{p}pIva>"
        f"<{p}dataEmissione>{document_id.issued_on.isoformat()}</{p}dataEmissione>"
        f"<{p}numDocumentoFiscale><{p}dispositivo>{document_id.device:d}</{p}dispositivo>"
        f"<{p}numDocumento>{plain(document_id.number)}</{p}numDocumento></{p}numDocumentoFiscale></{p}{name}>"
    )


@lru_cache(64)
def _flags(p: str, traceable: bool | None, kind: DocumentType | None, opposed: bool | None) -> str:
    """Return the last three flags: nearly all documents have the same."""
    traced = (
        "" if traceable is None else f"<{p}pagamentoTracciato>{'SI' if traceable else 'NO'}</{p}pagamentoTracciato>"
    )
    typed = "" if kind is None else f"<{p}tipoDocumento>{plain(str(kind))}</{p}tipoDocumento>"
    objected = "" if opposed is None else f"<{p}flagOpposizione>{'1' if opposed else '0'}</{p}flagOpposizione>"
    return f"{traced}{typed}{objected}"


def _items(p: str, items: tuple[Item, ...]) -> str:
    return _item(p, items[0]) if len(items) == 1 else "".join([_item(p, item) for item in items])


def _item(p: str, item: Item) -> str:
    flag, rate, nature = item.flag, item.vat_rate, item.vat_nature
    flagged = "" if flag is None else f"<{p}flagTipoSpesa>{plain(flag)}</{p}flagTipoSpesa>"
    rated = "" if rate is None else f"<{p}aliquotaIVA>{plain(cents(rate))}</{p}aliquotaIVA>"
    natured = "" if nature is None else f"<{p}naturaIVA>{plain(nature)}</{p}naturaIVA>"
    return (
        f"<{p}voceSpesa><{p}tipoSpesa>{plain(str(item.expense_type))}</{p}tipoSpesa>{flagged}"
        f"<{p}importo>{plain(cents(item.amount))}</{p}importo>{rated}{natured}</{p}voceSpesa>"
    )
