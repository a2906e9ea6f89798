"""An entry of a batch file, in clear but for the code of the citizen, straight to its text.

The short way for many: what `text` makes of the wire's values, without making those values first. A test holds the two
alike. What comes as text is escaped; days and numbers are written here.
"""

from __future__ import annotations

from decimal import Decimal

from sistemats.documents import BatchEntry, DocumentId, Item
from sistemats.envelopes.text import plain

_TRACEABLE = {
    None: "",
    True: "<pagamentoTracciato>SI</pagamentoTracciato>",
    False: "<pagamentoTracciato>NO</pagamentoTracciato>",
}
_OPPOSED = {
    None: "",
    True: "<flagOpposizione>1</flagOpposizione>",
    False: "<flagOpposizione>0</flagOpposizione>",
}


def cents(amount: Decimal) -> str:
    """Write euro with two decimals; more decimals are kept, so that the schema or the rules refuse them."""
    text = str(amount)
    if text[-3:-2] == "." and text[-2:].isdigit():
        return text  # the usual case, in a tenth of the time
    exponent = amount.as_tuple().exponent
    return f"{amount:f}" if isinstance(exponent, str) or exponent < -2 else f"{amount:.2f}"


def entry_text(entry: BatchEntry, citizen: str | None) -> str:
    """Return an entry as it stands in a batch file; `citizen` is the sealed code, None for no element."""
    document, original = entry.document, entry.original
    refunded = "" if original is None else _identifier("idRimborso", original)
    prepaid = "<flagPagamentoAnticipato>1</flagPagamentoAnticipato>" if document.prepaid else ""
    sealed = "" if citizen is None else f"<cfCittadino>{plain(citizen)}</cfCittadino>"
    kind = document.document_type
    typed = "" if kind is None else f"<tipoDocumento>{plain(str(kind))}</tipoDocumento>"
    items = document.items
    listed = _item(items[0]) if len(items) == 1 else "".join([_item(item) for item in items])
    return (
        f"<documentoSpesa>{_identifier('idSpesa', document.id)}{refunded}"
        f"<dataPagamento>{document.paid_on.isoformat()}</dataPagamento>{prepaid}"
        f"<flagOperazione>{plain(str(entry.operation))}</flagOperazione>{sealed}{_TRACEABLE[document.traceable]}"
        f"{typed}{_OPPOSED[document.opposed]}{listed}</documentoSpesa>"
    )


def _identifier(name: str, document_id: DocumentId) -> str:
    return (
        f"<{name}><pIva>{plain(document_id.vat_number)}</pIva>"
        f"<dataEmissione>{document_id.issued_on.isoformat()}</dataEmissione>"
        f"<numDocumentoFiscale><dispositivo>{document_id.device:d}</dispositivo>"
        f"<numDocumento>{plain(document_id.number)}</numDocumento></numDocumentoFiscale></{name}>"
    )


def _item(item: Item) -> str:
    flag, rate, nature = item.flag, item.vat_rate, item.vat_nature
    flagged = "" if flag is None else f"<flagTipoSpesa>{plain(flag)}</flagTipoSpesa>"
    rated = "" if rate is None else f"<aliquotaIVA>{plain(cents(rate))}</aliquotaIVA>"
    natured = "" if nature is None else f"<naturaIVA>{plain(nature)}</naturaIVA>"
    return (
        f"<voceSpesa><tipoSpesa>{plain(str(item.expense_type))}</tipoSpesa>{flagged}"
        f"<importo>{plain(cents(item.amount))}</importo>{rated}{natured}</voceSpesa>"
    )
