"""A client that zeep builds from each official WSDL works against the simulator, for every operation."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sistemats.codes import CALLS, SERVICES, Call, Service, endpoint_path
from sistemats.documents import BatchEntry

from .cast import CITIZEN, PSYCHOLOGIST, TODAY, Desk, World

zeep = pytest.importorskip("zeep")

WSDL = {
    Service.DOCUMENT: "WS_SincronoSingoloDato730/DocumentoSpesa730p.wsdl",
    Service.UPLOAD: "WS_AsincronoInvioDati730/InvioTelematicoSpeseSanitarie730p.wsdl",
    Service.OUTCOME: "WS_Ricevute/EsitoInvio/EsitoInvioDatiSpesa730Service.wsdl",
    Service.ERRORS: "WS_Ricevute/DettaglioErrori-CSV/DettaglioErrori730Service.wsdl",
    Service.RECEIPT: "WS_Ricevute/RicevutoPDF/RicevutaPdf730Service.wsdl",
    Service.QUERY: "WS_Interrogazioni/InterrogazionePuntuale730Service.wsdl",
    Service.REPORT: "WS_Interrogazioni/ReportMensile730Service.wsdl",
    Service.FLAG_DETAIL: "WS_Segnalazioni_Cittadino/DettaglioSegnalazione730Service.wsdl",
    Service.FLAG_REPORT: "WS_Segnalazioni_Cittadino/ReportSegnalazioni730Service.wsdl",
}
DAY = TODAY.isoformat()

Proxy = Callable[[Call], Any]


@pytest.fixture
def desk(world: World) -> Desk:
    return world.desk()


@pytest.fixture
def proxy(official: Path, world: World, desk: Desk) -> Proxy:
    session = requests.Session()
    session.auth = (desk.values["user"], desk.values["password"])
    folder = next(official.glob("kit730P_ver_20240214/TracciatiWS"))

    def service(call: Call) -> Any:
        facts = SERVICES[CALLS[call].service]
        transport = zeep.Transport(session=session, timeout=120, operation_timeout=120)
        client = zeep.Client(str(folder / WSDL[CALLS[call].service]), transport=transport)
        address = world.simulator.base + endpoint_path(call)
        return client.create_service(f"{{{facts.namespace}}}{facts.binding}", address)

    return service


def head(desk: Desk) -> dict[str, Any]:
    seal = desk.sealing._sealer.seal
    return {"pincode": seal(desk.values["pin"]), "Proprietario": {"cfProprietario": seal(PSYCHOLOGIST)}}


def identifier(number: str) -> dict[str, Any]:
    numbering = {"dispositivo": 1, "numDocumento": number}
    return {"pIva": "65498732105", "dataEmissione": DAY, "numDocumentoFiscale": numbering}


def expense(desk: Desk, number: str) -> dict[str, Any]:
    return {
        "idSpesa": identifier(number),
        "dataPagamento": DAY,
        "cfCittadino": desk.sealing._sealer.seal(CITIZEN),
        "voceSpesa": [{"tipoSpesa": "SP", "importo": "50.00", "naturaIVA": "N4"}],
        "pagamentoTracciato": "SI",
        "tipoDocumento": "F",
        "flagOpposizione": "0",
    }


def receipt_input(desk: Desk, **more: str) -> dict[str, Any]:
    return {"DatiInputRichiesta": {"pinCode": desk.sealing._sealer.seal(desk.values["pin"]), **more}}


def upload(proxy: Proxy, desk: Desk, archive: bytes) -> Any:
    return proxy(Call.UPLOAD).inviaFileMtom(
        nomeFileAllegato="prova.zip",
        pincodeInvianteCifrato=desk.sealing._sealer.seal(desk.values["pin"]),
        datiProprietario={"cfProprietario": PSYCHOLOGIST},
        documento=archive,
    )


def test_zeep_document_service_inserts_changes_refunds_and_cancels(proxy: Proxy, desk: Desk, world: World) -> None:
    service = proxy(Call.INSERT)
    done = service.Inserimento(**head(desk), idInserimentoDocumentoFiscale=expense(desk, "A1"))
    assert (done.esitoChiamata, len(done.protocollo)) == ("0", 17)
    assert done.listaMessaggi.messaggio[0].codice == "0"
    again = service.Inserimento(**head(desk), idInserimentoDocumentoFiscale=expense(desk, "A1"))
    assert (again.esitoChiamata, again.protocollo) == ("1", None)
    assert again.listaMessaggi.messaggio[0].codice == "S017"
    changed = service.Variazione(**head(desk), idVariazioneDocumentoFiscale=expense(desk, "A1"))
    assert changed.esitoChiamata == "0"
    refunded = service.Rimborso(
        **head(desk), idRimborsoDocumentoFiscale=identifier("A1"), DocumentoSpesa=expense(desk, "A2")
    )
    assert refunded.esitoChiamata == "0"
    blocked = service.Cancellazione(**head(desk), idCancellazioneDocumentoFiscale=identifier("A1"))
    assert blocked.esitoChiamata == "1"
    cancelled = service.Cancellazione(**head(desk), idCancellazioneDocumentoFiscale=identifier("A2"))
    assert cancelled.esitoChiamata == "0"
    assert {row["number"]: row["cancelled"] for row in world.admin.documents()} == {"A1": False, "A2": True}


def test_zeep_upload_and_all_receipts(proxy: Proxy, desk: Desk) -> None:
    taken = upload(proxy, desk, desk.batch(desk.document("B1"), desk.document("B1")).archive)
    assert taken.codiceEsito == "000"
    protocol = taken.protocollo
    outcome = proxy(Call.OUTCOME).EsitoInvii(**receipt_input(desk, protocollo=protocol))
    assert outcome.esitoChiamata == "0"
    [row] = outcome.esitiPositivi.dettagliEsito
    assert (row.stato, row.nInviati, row.nAccolti, row.nErrori) == (3, 2, 1, 1)
    errors = proxy(Call.ERRORS).DettaglioErrori(**receipt_input(desk, protocollo=protocol))
    assert errors.esitoChiamata == "0"
    with zipfile.ZipFile(io.BytesIO(errors.esitiPositivi.dettagliEsito.csv)) as archive:
        assert b"S017" in archive.read(archive.namelist()[0])
    receipt = proxy(Call.RECEIPT).RicevutaPdf(**receipt_input(desk, protocollo=protocol))
    assert receipt.esitiPositivi.dettagliEsito.pdf.startswith(b"%PDF")


def test_zeep_outcome_by_days_and_of_nothing(proxy: Proxy, desk: Desk) -> None:
    service = proxy(Call.OUTCOME)
    days = {"dataInizio": f"{TODAY:%d-%m-%Y}", "dataFine": f"{TODAY:%d-%m-%Y}"}
    nothing = service.EsitoInvii(**receipt_input(desk, **days))
    assert (nothing.esitoChiamata, nothing.esitiNegativi.dettaglioEsitoNegativo[0].codice) == ("1", "WS96")
    upload(proxy, desk, desk.batch(desk.document("B1")).archive)
    assert len(service.EsitoInvii(**receipt_input(desk, **days)).esitiPositivi.dettagliEsito) == 1


def test_zeep_outcome_without_input_raises_the_typed_fault(proxy: Proxy) -> None:
    with pytest.raises(zeep.exceptions.Fault) as raised:
        proxy(Call.OUTCOME).EsitoInvii()
    detail = raised.value.detail
    assert detail is not None
    assert detail[0].tag == "{http://esitoinvio.p730.sanita.sogei.it/}Exception"


def test_zeep_point_query_and_monthly_report(proxy: Proxy, desk: Desk) -> None:
    proxy(Call.INSERT).Inserimento(**head(desk), idInserimentoDocumentoFiscale=expense(desk, "A1"))
    found = proxy(Call.QUERY).InterrogazionePuntuale(**head(desk), idDocumentoFiscale=identifier("A1"))
    assert found.esitoChiamata == "0"
    assert found.documentoFiscale.totaliVociSpesa[0].importo == 50.0
    assert found.documentoFiscale.nomeFile == "SERVIZIO SINCRONO"
    missing = proxy(Call.QUERY).InterrogazionePuntuale(**head(desk), idDocumentoFiscale=identifier("A9"))
    assert missing.listaMessaggi.messaggio[0].codice == "WS96"
    report = proxy(Call.REPORT).ReportMensile(**head(desk), annoMese=f"{TODAY:%Y%m}", tipoEstrazione="I")
    with zipfile.ZipFile(io.BytesIO(report.fileCSV)) as archive:
        assert archive.namelist() == ["report.csv"]
    empty = proxy(Call.REPORT).ReportMensile(**head(desk), annoMese="202512", tipoEstrazione="I")
    assert (empty.esitoChiamata, empty.fileCSV) == ("1", None)


def test_zeep_citizen_remarks_on_a_document_and_of_a_period(proxy: Proxy, desk: Desk, world: World) -> None:
    proxy(Call.INSERT).Inserimento(**head(desk), idInserimentoDocumentoFiscale=expense(desk, "A1"))
    world.admin.post(
        "/remarks",
        {
            "owner": PSYCHOLOGIST,
            "vat_number": "65498732105",
            "issued_on": DAY,
            "number": "A1",
            "document": ["NON RICONOSCO LA SPESA"],
            "items": [{"expense_type": "SP", "amount_remark": "IMPORTO ERRATO"}],
        },
    )
    detail = proxy(Call.FLAG_DETAIL).DettaglioSegnalazione(**head(desk), idDocumentoFiscale=identifier("A1"))
    assert detail.esitoChiamata == "0"
    assert detail.documentoFiscale.listaSegnalazioniDocumento.segnalazione == ["NON RICONOSCO LA SPESA"]
    assert detail.documentoFiscale.listaVociSpesa[0].segnalazioneImporto == "IMPORTO ERRATO"
    period = {"dataIniPeriodoSegnalazione": DAY, "dataFinPeriodoSegnalazione": DAY}
    report = proxy(Call.FLAG_REPORT).ReportSegnalazioni(**head(desk), **period)
    with zipfile.ZipFile(io.BytesIO(report.fileCSV)) as archive:
        assert b"NON RICONOSCO LA SPESA" in archive.read("segnalazioni.csv")


def test_zeep_wrong_password_is_the_ministrys_fault(proxy: Proxy, desk: Desk) -> None:
    service = proxy(Call.INSERT)
    service._client.transport.session.auth = (desk.values["user"], "sbagliata")
    with pytest.raises(zeep.exceptions.Fault, match="Errore generico di autenticazione"):
        service.Inserimento(**head(desk), idInserimentoDocumentoFiscale=expense(desk, "A1"))


def test_zeep_reads_replies_that_come_as_mime_packages(proxy: Proxy, desk: Desk, world: World) -> None:
    world.admin.post("/settings", {"mime_replies": True})
    protocol = upload(proxy, desk, desk.batch(BatchEntry(desk.document("B1"))).archive).protocollo
    receipt = proxy(Call.RECEIPT).RicevutaPdf(**receipt_input(desk, protocollo=protocol))
    assert receipt.esitiPositivi.dettagliEsito.pdf.startswith(b"%PDF")
