"""The kit's own samples, byte for byte, sent to the simulator on the days they were written for."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from sistemats.codes import CALLS, Call, Channel, endpoint_path
from sistemats.replies import Fault, Reply, UploadReply, build_reply, parse_reply
from sistemats.simulator import vault
from sistemats.simulator.clock import read_instant
from sistemats.simulator.users import kit_users
from sistemats.simulator.vault import kit_plaintexts

from .cast import Desk
from .conftest import Start

WSDL_NAMES = {
    "Inserimento": Call.INSERT,
    "Variazione": Call.CHANGE,
    "Rimborso": Call.REFUND,
    "Cancellazione": Call.CANCEL,
    "inviaFileMtom": Call.UPLOAD,
    "EsitoInvii": Call.OUTCOME,
    "DettaglioErrori": Call.ERRORS,
    "RicevutaPdf": Call.RECEIPT,
    "InterrogazionePuntuale": Call.QUERY,
    "ReportMensile": Call.REPORT,
    "DettaglioSegnalazione": Call.FLAG_DETAIL,
    "ReportSegnalazioni": Call.FLAG_REPORT,
}
USERS = {
    "AltriProfessionisti": "MTOMRA66A41G224M",
    "AssociazioneCategoria": "UYIIY4SD",
    "DelegatoFiscale": "MSSSMN78C13C773M",
    "Farmacia": "UV386Q5B",
    "Infermiere": "PPRPLT00A01H501I",
    "Medico": "PROVAX00X00X000Y",
    "Ostetrica": "PPRPRN99A41H501N",
    "Ottico": "A9AZOS61",
    "Parafarmacia": "AWG7L09T",
    "Psicologo": "MTOMRA66A41G224M",
    "Radiologo": "QUIQQU98A01H501H",
    "StrutturaAccreditata": "UXN6VMDD",
    "StrutturaAutorizzata": "ASC7Y72S",
    "StrutturaAutorizzataVenditaDettaglio": "A12DZ3UP",
    "Veterinario": "PNIMRA70A01H501P",
}
ANOTHERS_OWNER = {"ReportSegnalazioni__StrutturaAutorizzata.xml"}  # its codes are not those of the user it sends
NOT_ADMITTED = {"002", "003", "004", "005", "006", "010", "104", "105", "106", "107", "109", "110", "112", "113", "114"}


def codes_of(reply: Reply | Fault) -> set[str]:
    if isinstance(reply, UploadReply):
        return {reply.code}
    told = getattr(reply, "messages", ()) or getattr(reply, "refusals", ())
    return {message.code for message in told}


def post_sample(desk: Desk, sample: Path, call: Call) -> Reply | Fault:
    """Send a sample as it is, but for SoapUI's line ends; an upload as the MIME package that SoapUI makes of it."""
    body = sample.read_bytes().replace(rb"\r", b"")
    content_type = "text/xml;charset=UTF-8"
    if call is Call.UPLOAD:
        name = re.search(rb"cid:([^<]+)<", body)
        assert name is not None
        include = b'<inc:Include xmlns:inc="http://www.w3.org/2004/08/xop/include" href="cid:%s"/>' % name[1]
        body = body.replace(b"cid:%s" % name[1], include, 1)
        archive = (sample.parent / name[1].decode()).read_bytes()
        edge = b"----=_Part_1_311754761.1707905549442"
        root = (
            b'\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\n'
            b"Content-Transfer-Encoding: 8bit\r\nContent-ID: <rootpart@soapui.org>\r\n\r\n"
        )
        part = (
            b"\r\nContent-Type: application/zip; name=%s\r\nContent-Transfer-Encoding: binary\r\n"
            b'Content-ID: <%s>\r\nContent-Disposition: attachment; name="%s"\r\n\r\n' % (name[1], name[1], name[1])
        )
        body = b"--" + edge + root + body + b"\r\n--" + edge + part + archive + b"\r\n--" + edge + b"--\r\n"
        content_type = (
            'multipart/related; type="application/xop+xml"; start="<rootpart@soapui.org>"; start-info="text/xml";'
            f' boundary="{edge.decode()}"'
        )
    path = endpoint_path(call, Channel(desk.values["channel"]))
    answer = desk.post(path, body, content_type, headers={"SOAPAction": f'"{CALLS[call].soap_action}"'})
    return parse_reply(call, answer.status_code, answer.headers["Content-Type"], answer.content)


@pytest.mark.parametrize("folder", sorted(USERS))
def test_every_sample_of_the_kit_is_read_and_its_sender_admitted(official: Path, start: Start, folder: str) -> None:
    world = start(clock=read_instant("2020-12-28"))
    desk = world.desk(USERS[folder])
    samples = sorted((official / "derived-soapui-requests" / folder).glob("*.xml"))
    assert samples
    for sample in samples:
        call = WSDL_NAMES[sample.name.split("__")[0]]
        reply = post_sample(desk, sample, call)
        assert not isinstance(reply, Fault), f"{sample.name}: {reply}"
        if sample.name in ANOTHERS_OWNER:
            assert codes_of(reply) == {"109"}
            continue
        assert not codes_of(reply) & NOT_ADMITTED, f"{sample.name}: {codes_of(reply)}"
        build_reply(reply)


def test_uploads_of_the_kit_are_processed_document_by_document(official: Path, start: Start) -> None:
    world = start(clock=read_instant("2020-12-28"))
    world.admin.post("/settings", {"years_open": 6})
    for folder, user in sorted(USERS.items()):
        [sample] = (official / "derived-soapui-requests" / folder).glob("inviaFileMtom__*.xml")
        reply = post_sample(world.desk(user), sample, Call.UPLOAD)
        assert isinstance(reply, UploadReply)
        assert reply.code == "000", f"{folder}: {reply.code} {reply.text}"
    states = {row["file_name"]: (row["state"], row["reason"]) for row in world.admin.get("/books")["sendings"]}
    assert {state for state, _ in states.values()} <= {2, 3}, states
    assert world.admin.get("/books")["held"] >= 10


def test_new_inserts_of_the_kit_are_accepted_on_their_day(official: Path, start: Start) -> None:
    world = start(clock=read_instant("2020-12-28"))
    refused = {}
    for folder, user in sorted(USERS.items()):
        for sample in (official / "derived-soapui-requests" / folder).glob("Inserimento__*Nuovi*.xml"):
            codes = codes_of(post_sample(world.desk(user), sample, Call.INSERT))
            if "0" not in codes:
                refused[sample.name] = codes
    shared_number = {"Inserimento__AltriProfessionistiCampiNuovi.xml", "Inserimento__PsicologoNuoviCampi.xml"}
    assert {name for name, codes in refused.items() if codes != {"S017"}} == set()
    assert set(refused) <= shared_number


def test_users_of_the_kit_are_those_of_its_lists(official: Path) -> None:
    listed = {}
    for file in official.glob("kit730P_ver_20240214/**/Utenze*.txt"):
        text = file.read_text("latin-1")
        names = re.findall(r"(?m)^User:\s*(\S+)", text)
        passwords = re.findall(r"(?m)^Password:\s*(\S+)", text)
        pins = re.findall(r"(?m)^Pincode:\s*(\S+)", text)
        listed.update({name: (password, pin) for name, password, pin in zip(names, passwords, pins, strict=True)})
    assert {user.name: (user.password, user.pin) for user in kit_users()} == listed


def test_table_of_ciphertexts_covers_every_one_the_kit_uses(official: Path) -> None:

    known = kit_plaintexts()
    pattern = re.compile(rb"[A-Za-z0-9+/]{171}=")
    files = [*official.glob("derived-soapui-requests/*/*.xml"), *official.glob("kit730P_ver_20240214/**/Utenze*.txt")]
    found = {text for file in files for text in pattern.findall(file.read_bytes())}
    assert len(found) > 60
    assert {text for text in found if hashlib.sha256(text).hexdigest()[:32] not in known} == set()


class Chance:
    """A key whose owner is unlucky: whatever was sealed for another opens to a letter."""

    def open(self, sealed: str) -> str:
        return "K"


def test_open_knows_the_kit_whatever_the_key_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = "A" * 171 + "="
    digest = hashlib.sha256(sealed.encode()).hexdigest()[:32]
    monkeypatch.setattr(vault, "kit_plaintexts", lambda: {digest: "RSSMRA80A01H501U"})
    opened = vault.Vault(Chance())  # type: ignore[arg-type]
    assert opened.open(sealed) == opened.open_citizen(sealed) == "RSSMRA80A01H501U"
    assert opened.open_citizen("B" * 171 + "=") == "K"
