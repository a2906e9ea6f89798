"""From the tables of facts to an XML Schema that libxml2 can run.

>>> "inviaFileMtom" in request_xsd(Service.UPLOAD)
True
"""

from __future__ import annotations

from itertools import groupby

from lxml import etree

from sistemats.codes import CALLS, SERVICES, Service
from sistemats.schemas.facts import BATCH_GROUPS, BATCH_ROOTS, GROUPS, ROOTS, SIMPLE, Field, Groups

_XS = "http://www.w3.org/2001/XMLSchema"
_Element = etree._Element


def _tag(name: str) -> str:
    return f"{{{_XS}}}{name}"


def _add_simple(schema: _Element, name: str) -> None:
    facts = SIMPLE[name]
    kind = etree.SubElement(schema, _tag("simpleType"), name=name)
    restriction = etree.SubElement(kind, _tag("restriction"), base=f"xs:{facts.base}")
    for facet, value in facts.facets:
        etree.SubElement(restriction, _tag(facet), value=value)


def _plain(name: str) -> bool:
    """Tell whether a type restricts nothing; it must be the plain one, because callers may name that in xsi:type."""
    return name in SIMPLE and not SIMPLE[name].facets


def _type(name: str, prefix: str) -> str:
    return f"xs:{SIMPLE[name].base}" if _plain(name) else prefix + name


def _add_field(parent: _Element, field: Field, in_choice: bool = False) -> None:
    element = etree.SubElement(parent, _tag("element"), name=field.name)
    if field.type != "any":
        element.set("type", _type(field.type, "t:" if parent.nsmap.get("t") else ""))
    if not field.required and not in_choice:
        element.set("minOccurs", "0")
    if field.many:
        element.set("maxOccurs", "unbounded")


def _add_group(schema: _Element, name: str, fields: tuple[Field, ...]) -> None:
    sequence = etree.SubElement(etree.SubElement(schema, _tag("complexType"), name=name), _tag("sequence"))
    for either, members in groupby(fields, key=lambda field: field.either):
        parent = etree.SubElement(sequence, _tag("choice"), minOccurs="0") if either else sequence
        for field in members:
            _add_field(parent, field, in_choice=bool(either))


def _schema(namespace: str | None, qualified: bool, groups: Groups, roots: list[tuple[str, str]]) -> str:
    nsmap = {"xs": _XS}
    attributes = {"elementFormDefault": "qualified" if qualified else "unqualified"}
    if namespace:
        nsmap["t"] = namespace
        attributes["targetNamespace"] = namespace
    schema = etree.Element(_tag("schema"), attrib=attributes, nsmap=nsmap)
    for name, group in roots:
        etree.SubElement(schema, _tag("element"), name=name, type=f"t:{group}" if namespace else group)
    used = {field.type for fields in groups.values() for field in fields}
    for name in sorted(used & SIMPLE.keys()):
        if not _plain(name):
            _add_simple(schema, name)
    for name, fields in groups.items():
        _add_group(schema, name, fields)
    return etree.tostring(schema, pretty_print=True, encoding="unicode")


def request_xsd(service: Service) -> str:
    """Return the XML Schema of a service's requests, as text."""
    facts = SERVICES[service]
    roots = [(CALLS[call].body, CALLS[call].body) for call in ROOTS[service]]
    return _schema(facts.namespace, facts.qualified, GROUPS[service], roots)


def batch_xsd() -> str:
    """Return the XML Schema of the batch file, as text; a single document or owner block is a valid root too."""
    return _schema(None, True, BATCH_GROUPS, list(BATCH_ROOTS))
