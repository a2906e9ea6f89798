"""Running the schemas and saying what is wrong without quoting what was sent."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import cast

from lxml import etree

from sistemats.codes import CALLS, Call, Service
from sistemats.schemas.facts import BATCH_GROUPS, GROUPS, SIMPLE, Groups
from sistemats.schemas.generate import batch_xsd, request_xsd

_Element = etree._Element
_NAMES = re.compile(r"^Element '([^']*)'")
_EXPECTED = re.compile(r"Expected is (?:one of )?\(([^)]*)\)")
_SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One breach: path of the element, the rule broken (libxml2's name of it), what was wanted there."""

    path: str
    rule: str
    wants: str

    def __str__(self) -> str:
        """Read as `path: wants`."""
        return f"{self.path}: {self.wants}"


_PER_THREAD = threading.local()  # a compiled schema keeps its last errors, so threads must not share one
_COMPILING = threading.Lock()  # libxml2 fills tables of its own on first use, and two threads doing so spoil them


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an element is held against: a schema, known by its name, and the groups that say what was wanted."""

    name: str
    groups: Groups
    xsd: Callable[[], str]


def _kind(service: Service) -> _Kind:
    return _Kind(service.value, GROUPS[service], partial(request_xsd, service))


_BATCH = _Kind("batch", BATCH_GROUPS, batch_xsd)
_BODIES = {facts.body_tag: _kind(facts.service) for facts in CALLS.values()}
_UPLOAD = CALLS[Call.UPLOAD].body_tag


def _schema(kind: _Kind) -> etree.XMLSchema:
    schema: etree.XMLSchema | None = getattr(_PER_THREAD, kind.name, None)
    if schema is None:
        with _COMPILING:
            schema = etree.XMLSchema(etree.fromstring(kind.xsd()))
        setattr(_PER_THREAD, kind.name, schema)
    return schema


def _leaf_wants(groups: Groups, name: str) -> str:
    for fields in groups.values():
        for field in fields:
            if field.name == name and field.type in SIMPLE:
                return SIMPLE[field.type].wants
    return "no text here, only elements"


def _local(name: str) -> str:
    return re.sub(r"\{[^}]*\}", "", name).strip()


def _problem(entry: etree._LogEntry, groups: Groups) -> SchemaProblem:
    rule = entry.type_name.removeprefix("SCHEMAV_")
    found = _NAMES.match(entry.message)
    name = _local(found.group(1)) if found else ""
    path = _SPACE.sub(" ", _local(entry.path or name))
    expected = _EXPECTED.search(entry.message)
    if expected:
        wants = "expected " + " or ".join(_local(part) for part in expected.group(1).split(","))
    elif rule == "ELEMENT_CONTENT":
        wants = "nothing more is expected here"
    elif rule == "CVC_ELT_1":
        wants = "this element does not begin any known message"
    else:
        wants = "wants " + _leaf_wants(groups, name)
    return SchemaProblem(path or name, rule, wants)


def _run(kind: _Kind, element: _Element) -> list[SchemaProblem]:
    schema = _schema(kind)
    if schema.validate(element):
        return []
    # A wrong value is reported twice, once by facet and once by type: the first says more.
    found: dict[str, SchemaProblem] = {}
    for entry in cast("Iterable[etree._LogEntry]", schema.error_log):
        problem = _problem(entry, kind.groups)
        found.setdefault(problem.path, problem)
    return list(found.values())


def validate_request(element: _Element) -> list[SchemaProblem]:
    """Check a body element (the child of the SOAP Body, XOP resolved); return what breaks, in document order.

    `documento` must be strict base64, which libxml2 alone does not insist on.
    """
    tag = str(element.tag)
    kind = _BODIES.get(tag)
    if kind is None:
        return [SchemaProblem(_local(tag), "CVC_ELT_1", "this element does not begin any known message")]
    problems = _run(kind, element)
    if not problems and tag == _UPLOAD:
        problems = _check_base64(element)
    return problems


def _check_base64(element: _Element) -> list[SchemaProblem]:
    for child in element.iter("documento"):
        try:
            base64.b64decode(re.sub(r"[ \t\r\n]", "", child.text or ""), validate=True)
        except (binascii.Error, ValueError):
            return [SchemaProblem("inviaFileMtom/documento", "CVC_DATATYPE_VALID_1_2_1", "wants base64")]
    return []


def validate_batch(element: _Element) -> list[SchemaProblem]:
    """Check a whole batch file from its root `precompilata`."""
    if element.tag != "precompilata":
        return [SchemaProblem(_local(str(element.tag)), "CVC_ELT_1", "the root must be precompilata, in no namespace")]
    return _run(_BATCH, element)


def validate_batch_document(element: _Element) -> list[SchemaProblem]:
    """Check one `documentoSpesa` of a batch file."""
    if element.tag != "documentoSpesa":
        return [SchemaProblem(_local(str(element.tag)), "CVC_ELT_1", "expected documentoSpesa")]
    return _run(_BATCH, element)


def validate_batch_owner(element: _Element) -> list[SchemaProblem]:
    """Check the `proprietario` of a batch file."""
    if element.tag != "proprietario":
        return [SchemaProblem(_local(str(element.tag)), "CVC_ELT_1", "expected proprietario")]
    return _run(_BATCH, element)
