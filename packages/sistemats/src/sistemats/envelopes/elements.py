"""From wire values to XML elements and back, for the blocks that several services share.

A `Maker` adds children with the tag a service wants (qualified or bare); reading goes by local name, because the
schema has already fixed order and namespace.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from sistemats.envelopes.wire import Options, WireBatchDocument, WireDocument, WireId, WireItem, WireOwner

_Element = etree._Element


class Maker:
    """Adds children in one namespace (`{ns}` prefix) or in none (empty prefix)."""

    __slots__ = ("_prefix",)

    def __init__(self, namespace: str = "") -> None:
        """Qualify every child with `namespace` unless it is empty."""
        self._prefix = f"{{{namespace}}}" if namespace else ""

    def group(self, parent: _Element, name: str) -> _Element:
        """Add a child that will hold other elements."""
        return etree.SubElement(parent, self._prefix + name)

    def texts(self, parent: _Element, *pairs: tuple[str, str | None]) -> None:
        """Add one child for each (name, text); None adds nothing."""
        prefix = self._prefix
        for name, text in pairs:
            if text is not None:
                etree.SubElement(parent, prefix + name).text = text

    def options(self, parent: _Element, options: Options) -> None:
        """Add `opzionale1..3`."""
        self.texts(parent, *((f"opzionale{n}", text) for n, text in enumerate(options, 1)))

    def owner(self, parent: _Element, name: str, owner: WireOwner | None) -> None:
        """Add the owner block under its name in this service."""
        if owner is None:
            return
        self.texts(
            self.group(parent, name),
            ("codiceRegione", owner.region),
            ("codiceAsl", owner.asl),
            ("codiceSSA", owner.ssa),
            ("cfProprietario", owner.code),
        )

    def identifier(self, parent: _Element, name: str, wire_id: WireId) -> None:
        """Add a document identifier under its name in this service."""
        block = self.group(parent, name)
        self.texts(block, ("pIva", wire_id.vat_number), ("dataEmissione", wire_id.issued_on))
        self.texts(
            self.group(block, "numDocumentoFiscale"), ("dispositivo", wire_id.device), ("numDocumento", wire_id.number)
        )

    def items(self, parent: _Element, items: Iterable[WireItem]) -> None:
        """Add the items."""
        for item in items:
            self.texts(
                self.group(parent, "voceSpesa"),
                ("tipoSpesa", item.expense_type),
                ("flagTipoSpesa", item.flag),
                ("importo", item.amount),
                ("aliquotaIVA", item.vat_rate),
                ("naturaIVA", item.vat_nature),
            )

    def document(self, parent: _Element, name: str, document: WireDocument) -> None:
        """Add a whole document in the order of the synchronous service: items before the last three flags."""
        block = self.group(parent, name)
        self.identifier(block, "idSpesa", document.id)
        self.texts(
            block,
            ("dataPagamento", document.paid_on),
            ("flagPagamentoAnticipato", document.prepaid),
            ("cfCittadino", document.citizen),
        )
        self.items(block, document.items)
        self.texts(
            block,
            ("pagamentoTracciato", document.traceable),
            ("tipoDocumento", document.document_type),
            ("flagOpposizione", document.opposed),
        )


_BARE = Maker()


def batch_owner_element(owner: WireOwner) -> _Element:
    """Return the `proprietario` of a batch file."""
    holder = etree.Element("precompilata")
    _BARE.owner(holder, "proprietario", owner)
    return holder[0]


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
