"""From XML elements to wire values, for the blocks that several services share.

Reading goes by local name, because the schema has already fixed order and namespace.
"""

from __future__ import annotations

from lxml import etree

from sistemats.envelopes.wire import Options, WireBatchDocument, WireDocument, WireId, WireItem, WireOwner

_Element = etree._Element


def children(element: _Element) -> dict[str, _Element]:
    """Return the children by local name; of repeated ones the last."""
    return {child.tag.rpartition("}")[2]: child for child in element}


def text_of(found: dict[str, _Element], name: str) -> str | None:
    """Return a child's text: None when it is absent, empty when it is empty."""
    child = found.get(name)
    return None if child is None else (child.text or "")


def must(found: dict[str, _Element], name: str) -> str:
    """Return the text of a child the schema requires."""
    return text_of(found, name) or ""


def texts(element: _Element) -> dict[str, str]:
    """Return the texts of the children by local name; an empty child has the empty text."""
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element}


def read_options(found: dict[str, _Element]) -> Options:
    """Read `opzionale1..3`."""
    return (text_of(found, "opzionale1"), text_of(found, "opzionale2"), text_of(found, "opzionale3"))


def read_owner(element: _Element | None) -> WireOwner | None:
    """Read an owner block."""
    if element is None:
        return None
    get = texts(element).get
    return WireOwner(get("codiceRegione"), get("codiceAsl"), get("codiceSSA"), get("cfProprietario"))


def read_identifier(element: _Element) -> WireId:
    """Read a document identifier."""
    found = children(element)
    numbering = texts(found["numDocumentoFiscale"])
    return WireId(
        must(found, "pIva"),
        must(found, "dataEmissione"),
        numbering.get("dispositivo", ""),
        numbering.get("numDocumento", ""),
    )


def _read_item(found: dict[str, str]) -> WireItem:
    get = found.get
    return WireItem(
        get("tipoSpesa", ""), get("importo", ""), get("flagTipoSpesa"), get("aliquotaIVA"), get("naturaIVA")
    )


_ITEM_FIELDS = frozenset({"tipoSpesa", "importo", "flagTipoSpesa", "aliquotaIVA", "naturaIVA"})


def read_document(element: _Element) -> WireDocument:
    """Read a document of either shape, in one walk: the schema has seen to it that every name stands in its place."""
    found: dict[str, str] = {}
    items: list[dict[str, str]] = []
    for node in element.iter():
        name = node.tag.rpartition("}")[2]
        if name in _ITEM_FIELDS:
            items[-1][name] = node.text or ""
        elif name == "voceSpesa":
            items.append({})
        else:
            found.setdefault(name, node.text or "")  # of two identifiers idSpesa comes first, idRimborso after it
    get = found.get
    return WireDocument(
        id=WireId(get("pIva", ""), get("dataEmissione", ""), get("dispositivo", ""), get("numDocumento", "")),
        paid_on=get("dataPagamento", ""),
        items=tuple(map(_read_item, items)),
        prepaid=get("flagPagamentoAnticipato"),
        citizen=get("cfCittadino"),
        traceable=get("pagamentoTracciato"),
        document_type=get("tipoDocumento"),
        opposed=get("flagOpposizione"),
    )


def read_batch_document(element: _Element) -> WireBatchDocument:
    """Read one `documentoSpesa` of a batch file."""
    found = children(element)
    original = found.get("idRimborso")
    return WireBatchDocument(
        read_document(element),
        must(found, "flagOperazione"),
        None if original is None else read_identifier(original),
    )
