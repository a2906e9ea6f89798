"""Our schemas accept what the official ones accept, and refuse what they refuse."""

from __future__ import annotations

import base64
import binascii
import copy
import random
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import etree

from sistemats.codes import CALLS, Call, Service, call_for_body
from sistemats.envelopes import read_body
from sistemats.schemas import check, validate_batch, validate_batch_document, validate_batch_owner, validate_request

SOAPUI_NEWLINE = re.compile(rb"\\r(?=\r?\n|$)")
SOAPUI_ATTACHMENT = re.compile(rb"<documento>cid:[^<]*</documento>")
MUTATIONS = 10_000
XSD_NS, XSI_TYPE = "http://www.w3.org/2001/XMLSchema", "{http://www.w3.org/2001/XMLSchema-instance}type"
TEXTS = (
    *("", " ", "0", "1", "2", "001", "1000", "-1", "0.01", "0.00", "100.00", "100.01", "22.0", "22.00", "22", "1e3"),
    *("INF", "NaN", "99999.99", "123456.78", "25.3", " 25.30 ", "25,30", "\t1\n", "+1", "01", "1.0"),
    *("2013-01-01", "2013-12-31", "2014-01-01", "2015-01-01", "2014-12-31", " 2020-02-29 ", "2021-02-29", "2020-1-1"),
    *("2020-01-01Z", "01/02/2020", "12345678901", " 12345678901 ", "1234567890", "123456789012", "12345678901x"),
    *("SI", "NO", "si", "F", "D", "I", "V", "R", "C", "X", "TK", "SR", "ZZ", " SR", "N4", "N", "N2.2"),
    *("FT 1", "FT_1/2-3.4\\5", "è", "a" * 20, "a" * 21, "a" * 256, "a" * 257, "130", "13", "ABCD1", "ABCDEF1", "abc"),
    *("202601", "20261", "prova.zip", "p.zip", "a" * 60, "accenti-è.zip", "UEsDBA==", "UEsD", "U", "cid:x.zip"),
)
NEW_NAMES = ("naturaIVA", "aliquotaIVA", "opzionale1", "flagTipoSpesa", "idRimborso", "codiceSSA", "estraneo")


def clean(data: bytes) -> bytes:
    return SOAPUI_ATTACHMENT.sub(b"<documento>UEsFBgAAAAA=</documento>", SOAPUI_NEWLINE.sub(b"", data))


@pytest.fixture(scope="session")
def batch_schema(official: Path) -> etree.XMLSchema:
    return etree.XMLSchema(file=next(official.rglob("schemaFileAllegatoInvio/730_precompilata.xsd")))


@pytest.fixture(scope="session")
def bodies(official: Path) -> list[etree._Element]:
    files = sorted((official / "derived-soapui-requests").glob("*/*.xml"))
    return [read_body("text/xml", clean(path.read_bytes())) for path in files]


@pytest.fixture(scope="session")
def batches(official: Path) -> list[etree._Element]:
    parser = etree.XMLParser(remove_comments=True)
    files = sorted(official.glob("kit*/TracciatiWS/EsempiFileXmlInvioAsincrono/*.xml"))
    return [etree.parse(path, parser).getroot() for path in files]


def strict_base64(element: etree._Element) -> bool:
    for child in element.iter("documento"):
        try:
            base64.b64decode(re.sub(r"\s", "", child.text or ""), validate=True)
        except (binascii.Error, ValueError):
            return False
    return True


def _text(node: etree._Element, dice: random.Random) -> None:
    leaf = dice.choice([n for n in node.getroottree().iter() if not len(n)])
    leaf.text = dice.choice(TEXTS)


def _attribute(node: etree._Element, dice: random.Random) -> None:
    node.set(dice.choice(("id", "{urn:x}id", "tipo")), "1")


def _namespace(node: etree._Element, dice: random.Random) -> None:
    local = etree.QName(node).localname
    root_namespace = etree.QName(node.getroottree().getroot()).namespace or "urn:y"
    node.tag = dice.choice((local, "{urn:x}" + local, f"{{{root_namespace}}}{local}"))


def _remove(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def _double(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.insert(dice.randrange(len(parent) + 1), copy.deepcopy(node))


def _move(node: etree._Element, dice: random.Random) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)
        parent.insert(dice.randrange(len(parent) + 1), node)


def _rename(node: etree._Element, dice: random.Random) -> None:
    local = etree.QName(dice.choice(list(node.getroottree().iter()))).localname
    namespace = etree.QName(node).namespace
    node.tag = f"{{{namespace}}}{local}" if namespace else local


def _typed(node: etree._Element, dice: random.Random) -> None:
    """Name a built-in type, as some stacks do: right where the field is declared so, wrong anywhere else."""
    kind = dice.choice(("string", "double", "decimal", "integer", "int", "date", "base64Binary", "token"))
    parent = node.getparent()
    typed = etree.Element(
        node.tag, {str(name): str(value) for name, value in node.attrib.items()}, nsmap={"kinds": XSD_NS}
    )
    typed.set(XSI_TYPE, f"kinds:{kind}")
    typed.text, typed.tail = node.text, node.tail
    typed.extend(node)
    if parent is not None:
        parent.replace(node, typed)


def _stray_text(node: etree._Element, dice: random.Random) -> None:
    node.tail = dice.choice(("x", " ", "\n"))


def _new_child(node: etree._Element, dice: random.Random) -> None:
    namespace = etree.QName(node).namespace
    name = dice.choice(NEW_NAMES)
    child = etree.Element(f"{{{namespace}}}{name}" if namespace else name)
    child.text = dice.choice(TEXTS)
    node.insert(dice.randrange(len(node) + 1), child)


MOVES = (_text,) * 6 + (_attribute, _typed, _namespace, _remove, _double, _move, _rename, _stray_text, _new_child)


def mutate(root: etree._Element, dice: random.Random) -> None:
    """Break or bend one thing, anywhere below (or at) a root."""
    dice.choice(MOVES)(dice.choice(list(root.iter())), dice)


def test_validate_request_accepts_every_official_request(
    bodies: list[etree._Element], official_schemas: dict[Service, etree.XMLSchema]
) -> None:
    for body in bodies:
        call = call_for_body(str(body.tag))
        assert call is not None
        assert official_schemas[CALLS[call].service].validate(body)
        assert validate_request(body) == []


def test_validate_request_agrees_with_the_official_schemas_on_mutations(
    bodies: list[etree._Element], official_schemas: dict[Service, etree.XMLSchema]
) -> None:
    dice = random.Random(730)
    accepted = 0
    for number in range(MUTATIONS):
        original = dice.choice(bodies)
        call = call_for_body(str(original.tag))
        assert call is not None
        body = copy.deepcopy(original)
        for _ in range(dice.choice((1, 1, 1, 2))):
            mutate(body, dice)
        theirs = official_schemas[CALLS[call].service].validate(body) and strict_base64(body)
        ours = not validate_request(body)
        assert ours == theirs, f"mutation {number}: {etree.tostring(body, encoding='unicode')}"
        accepted += ours
    assert MUTATIONS * 0.1 < accepted < MUTATIONS * 0.9  # both kinds were really tried


def test_validate_batch_agrees_with_the_official_schema_on_mutations(
    batches: list[etree._Element], batch_schema: etree.XMLSchema
) -> None:
    dice = random.Random(2026)
    accepted = 0
    for number in range(3000):
        root = copy.deepcopy(dice.choice(batches))
        for _ in range(dice.choice((1, 1, 1, 2))):
            mutate(root, dice)
        theirs = root.tag == "precompilata" and batch_schema.validate(root)
        ours = not validate_batch(root)
        assert ours == theirs, f"mutation {number}: {etree.tostring(root, encoding='unicode')}"
        accepted += ours
    assert 300 < accepted < 2700


def test_validate_batch_document_agrees_with_the_whole_file(batches: list[etree._Element]) -> None:
    dice = random.Random(99)
    for _ in range(500):
        root = copy.deepcopy(dice.choice(batches))
        document = root.find("documentoSpesa")
        assert document is not None
        lonely = copy.deepcopy(document)
        mutate(lonely, dice)
        if lonely.tag != "documentoSpesa":
            continue
        lonely.tail = None
        root.replace(document, lonely)
        document = lonely
        assert (not validate_batch_document(document)) == (not validate_batch(root))


@pytest.mark.parametrize(
    ("path", "text", "wants"),
    [
        ("{*}idSpesa/{*}pIva", "1", "eleven digits"),
        ("{*}voceSpesa/{*}tipoSpesa", "ZZ", "one of TK"),
        ("{*}dataPagamento", "2026-3-1", "yyyy-mm-dd"),
    ],
)
def test_validate_request_names_place_and_remedy(
    bodies: list[etree._Element], path: str, text: str, wants: str
) -> None:
    body = copy.deepcopy(next(b for b in bodies if b.tag == CALLS[Call.INSERT].body_tag))
    leaf = body[-1].find(path)
    assert leaf is not None
    leaf.text = text
    (problem,) = validate_request(body)
    assert wants in problem.wants
    assert problem.path.endswith(etree.QName(leaf).localname)


def test_validate_request_never_quotes_a_value() -> None:
    namespace = CALLS[Call.QUERY].facts.namespace
    body = etree.fromstring(
        f'<interrogazionePuntualeRequest xmlns="{namespace}"><pincode>1</pincode><Proprietario>'
        f"<codiceRegione>RSSMRA80A01H501U</codiceRegione><cfProprietario>{'RSSMRA80A01H501U' * 20}</cfProprietario>"
        "</Proprietario></interrogazionePuntualeRequest>"
    )
    problems = validate_request(body)
    assert len(problems) == 3
    assert not any("RSSMRA" in str(problem) + repr(problem) for problem in problems)


def test_validate_refuses_roots_it_does_not_know() -> None:
    stranger = etree.Element("estraneo")
    assert validate_request(stranger)
    assert validate_batch(stranger)
    assert validate_batch_document(stranger)
    assert validate_batch_owner(stranger)


def test_schemas_compile_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that compile their first schema at once spoil libxml2's tables for the whole process."""
    inside, most = 0, 0

    def compile_slowly(root: etree._Element) -> etree.XMLSchema:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        return etree.XMLSchema(root)

    monkeypatch.setattr(check, "etree", SimpleNamespace(XMLSchema=compile_slowly, fromstring=etree.fromstring))
    found: list[list[str]] = []

    def work() -> None:
        body = etree.Element(CALLS[Call.QUERY].body_tag)
        found.append([problem.rule for problem in validate_request(body)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["ELEMENT_CONTENT"]] * 8
    assert most == 1
