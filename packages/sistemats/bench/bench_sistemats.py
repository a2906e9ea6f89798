"""How fast batch files are made, how much memory that takes, and how fast the simulator answers.

`results()` returns one row a measurement: name, value, unit, baseline, ratio, aim, holds. Every ratio compares two
things timed in the same run on the same machine, by processor time where one process does the work:

- making 100,000 documents (build, encrypt, validate, zip) beside zeep building the same messages and beside RSA alone;
- the memory of a process that makes one million documents;
- synchronous inserts at the simulator beside a bare server of the same stack that only echoes, in turns, each by the
  mean of the fastest tenth of its posts, so that a machine busy with something else does not decide.

SPORTELLO_BENCH_SCALE (default 1) shortens everything: 0.01 makes a thousand documents.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID
from lxml import etree

from sistemats.codes import CALLS, Call, ExpenseType, SenderCategory, Service, endpoint_path
from sistemats.crypto import Certificate, Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.envelopes import Sealing, build_request, seal_batch
from sistemats.schemas import request_xsd
from sistemats.settings import simulator_settings

DAY = date(2026, 3, 2)
DOCUMENTS, ZEEP_DOCUMENTS, RSA_SEALS, MEMORY_DOCUMENTS, INSERTS = 100_000, 2_000, 20_000, 1_000_000, 3_000
MEGABYTE, ROUNDS, FASTEST = 1_000_000, 5, 0.1
Row = dict[str, Any]


def scaled(count: int, least: int = 50) -> int:
    """Return a count cut down by SPORTELLO_BENCH_SCALE, or to a taste by SPORTELLO_BENCH_SMOKE."""
    if os.environ.get("SPORTELLO_BENCH_SMOKE"):
        return least
    return max(least, int(count * float(os.environ.get("SPORTELLO_BENCH_SCALE", "1"))))


def row(name: str, value: float, unit: str, baseline: float | None, aim: str, holds: bool) -> Row:
    """Return one result; the ratio is value by baseline."""
    ratio = None if not baseline else round(value / baseline, 3)
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": None if baseline is None else round(baseline, 1),
        "ratio": ratio,
        "aim": aim,
        "holds": holds,
    }


def make_certificate() -> Certificate:
    """Return a certificate of the shape of SanitelCF around a new key of 1024 bits."""
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 the size of the State's own key
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SanitelCF of a bench")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(_midnight(DAY)).not_valid_after(_midnight(DAY + timedelta(days=900)))
    return Certificate.load(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _midnight(day: date) -> Any:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 cryptography takes naive UTC


def documents(count: int) -> Iterator[ExpenseDocument]:
    """Yield invented documents of one psychologist; patients change, amounts change."""
    for number in range(count):
        amount = Decimal(5000 + number % 9000) / 100
        yield ExpenseDocument(
            DocumentId("00265910661", DAY, f"FT{number}"),
            DAY,
            (Item(ExpenseType.SP, amount, vat_nature="N4"),),
            f"RSSMRA80A01H{number % 1000:03d}U",
            traceable=True,
        )


def sender() -> Sender:
    """Return the invented psychologist."""
    return Sender(SenderCategory.HEALTH_PROFESSIONAL, Owner("RSSMRA80A01H501U"), pin="3489543096")


def pack(sealing: Sealing, given: Iterable[ExpenseDocument]) -> int:
    """Make batch files as the client makes them; return how many documents are in them."""
    return sum(file.count for file in seal_batch(sealing, map(BatchEntry, given), "bench"))


def time_batches(certificate: Certificate, count: int) -> float:
    """Return documents a second: built, encrypted, validated, zipped."""
    sealing = Sealing(sender(), Sealer(certificate))
    given = list(documents(count))
    started = time.process_time()
    made = pack(sealing, given)
    elapsed = time.process_time() - started
    assert made == count
    return count / elapsed


def time_rsa(certificate: Certificate, count: int) -> float:
    """Return encryptions a second, nothing else: the limit of any implementation."""
    key, padding = certificate.public_key, PKCS1v15()
    started = time.process_time()
    for _ in range(count):
        key.encrypt(b"RSSMRA80A01H501U", padding)
    return count / (time.process_time() - started)


def _wsdl(folder: Path) -> Path:
    """Write a WSDL around our own schema, so that zeep needs no official file."""
    facts = CALLS[Call.INSERT]
    namespace = facts.facts.namespace
    (folder / "schema.xsd").write_text(
        request_xsd(Service.DOCUMENT).replace("</xs:schema>", '<xs:element name="reply" type="xs:string"/></xs:schema>')
    )
    text = f"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="{namespace}"
     xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
     targetNamespace="{namespace}">
     <types><xs:schema><xs:import namespace="{namespace}" schemaLocation="schema.xsd"/></xs:schema></types>
     <message name="in"><part name="p" element="t:{facts.body}"/></message>
     <message name="out"><part name="p" element="t:reply"/></message>
     <portType name="port"><operation name="insert"><input message="t:in"/><output message="t:out"/></operation>
     </portType>
     <binding name="binding" type="t:port"><soap:binding style="document"
       transport="http://schemas.xmlsoap.org/soap/http"/><operation name="insert"><soap:operation soapAction=""/>
       <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
     <service name="service"><port name="port" binding="t:binding"><soap:address location="http://127.0.0.1/"/></port>
     </service></definitions>"""
    path = folder / "bench.wsdl"
    path.write_text(text)
    return path


def _keywords(document: ExpenseDocument, sealer: Sealer, pin: str, owner: str) -> dict[str, Any]:
    identifier = {
        "pIva": document.id.vat_number,
        "dataEmissione": document.id.issued_on.isoformat(),
        "numDocumentoFiscale": {"dispositivo": document.id.device, "numDocumento": document.id.number},
    }
    return {
        "pincode": pin,
        "Proprietario": {"cfProprietario": owner},
        "idInserimentoDocumentoFiscale": {
            "idSpesa": identifier,
            "dataPagamento": document.paid_on.isoformat(),
            "cfCittadino": sealer.seal(document.citizen_code or ""),
            "voceSpesa": [{"tipoSpesa": "SP", "importo": document.items[0].amount, "naturaIVA": "N4"}],
            "pagamentoTracciato": "SI",
            "tipoDocumento": "F",
            "flagOpposizione": "0",
        },
    }


def time_zeep(certificate: Certificate, count: int) -> float | None:
    """Return messages a second that zeep builds and serialises, the same encryption included; None without zeep."""
    try:
        zeep: Any = importlib.import_module("zeep")
    except ImportError:
        return None

    sealer = Sealer(certificate)
    pin, owner = sealer.seal("3489543096"), sealer.seal("RSSMRA80A01H501U")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = zeep.Client(str(_wsdl(Path(folder))))
    given = list(documents(count))
    started = time.process_time()
    for document in given:
        etree.tostring(client.create_message(client.service, "insert", **_keywords(document, sealer, pin, owner)))
    return count / (time.process_time() - started)


def measure_memory(count: int) -> float:
    """Return the greatest memory of a process that makes `count` documents, in megabytes."""
    command = [sys.executable, __file__, "--memory", str(count)]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(  # noqa: S603 our own interpreter and file
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    return float(json.loads(done.stdout)["megabytes"])


def _memory_process(count: int) -> None:
    sealing = Sealing(sender(), Sealer(make_certificate()))
    made = pack(sealing, documents(count))
    assert made == count
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"megabytes": kilobytes * 1024 / MEGABYTE}))


def _post(connection: HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> float:
    """Post a body; return how many seconds it took until the whole answer was there.

    :raises RuntimeError: the answer is not HTTP 200
    """
    started = time.perf_counter()
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"a post failed with HTTP {answer.status}")
    return time.perf_counter() - started


def insert_bodies(
    certificate: Certificate, count: int, vat: str, owner: Sender, on: date, *, afresh: bool = False
) -> list[bytes]:
    """Return SOAP bodies of inserts that the simulator accepts, made before the clock starts, as the client makes them.

    With `afresh`, which is not the client's default, PIN and owner are sealed anew too: three decryptions a call.
    """
    sealing = Sealing(owner, Sealer(certificate), afresh=afresh)
    prefix, bodies = "A" if afresh else "B", []
    for number, document in enumerate(documents(count)):
        mine = ExpenseDocument(
            DocumentId(vat, on, f"{prefix}{number}"), on, document.items, "RSSMRA80A01H501U", traceable=True
        )
        bodies.append(build_request(sealing.insert(mine)).body)
    return bodies


def time_decryptions(count: int) -> float:
    """Return triples of decryptions a second, nothing else: the limit of a service that is sent new ciphertexts."""
    key, padding = rsa.generate_private_key(65537, 1024), PKCS1v15()  # noqa: S505 the size of the State's own key
    sealed = [key.public_key().encrypt(b"RSSMRA80A01H501U", padding) for _ in range(3 * count)]
    started = time.process_time()
    for block in sealed:
        key.decrypt(block, padding)
    return count / (time.process_time() - started)


def _serve_echo() -> None:
    """Run the simulator's HTTP server with an answer that echoes; its address goes to standard output."""
    from sistemats.simulator.ministry import Answer, HttpCall
    from sistemats.simulator.server import HttpServer

    def echo(call: HttpCall) -> Answer:
        return Answer(200, "text/xml; charset=UTF-8", call.body)

    server = HttpServer(("127.0.0.1", 0), echo, too_long=Answer(413, "text/plain", b""), max_body_bytes=10_000_000)
    server.start()
    print(json.dumps({"service": f"http://127.0.0.1:{server.port}"}), flush=True)
    sys.stdin.read()
    server.stop()


@contextmanager
def _server(command: list[str]) -> Iterator[str]:
    """Start a server that says on its first line where it is; yields its address."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    with subprocess.Popen(  # noqa: S603 our own interpreter and modules
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            yield str(json.loads(server.stdout.readline())["service"])
        finally:
            server.terminate()


def _in_turns(urls: tuple[str, str], bodies: list[bytes], headers: dict[str, str]) -> tuple[float, float]:
    """Give each of two servers every body once, by turns; return posts a second, by the fastest tenth of each."""
    parts = [urlsplit(url) for url in urls]
    lines = [HTTPConnection(part.hostname or "127.0.0.1", part.port) for part in parts]
    seconds: tuple[list[float], list[float]] = ([], [])
    for body in bodies:
        for line, part, taken in zip(lines, parts, seconds, strict=True):
            taken.append(_post(line, part.path, body, headers))
    for line in lines:
        line.close()
    return _per_second(seconds[0]), _per_second(seconds[1])


def _per_second(seconds: list[float]) -> float:
    fastest = sorted(seconds)[: max(1, int(len(seconds) * FASTEST))]
    return len(fastest) / sum(fastest)


def time_simulator(count: int, *, afresh: bool) -> tuple[float, float]:
    """Return inserts a second at the simulator, and posts of the same bodies a second at the echo server.

    `afresh` is as in `insert_bodies`.
    """
    with tempfile.TemporaryDirectory() as folder:
        simulate = [sys.executable, "-m", "sistemats", "simulate", "--dir", folder]
        with _server(simulate) as base, _server([sys.executable, __file__, "--echo"]) as echo:
            settings = simulator_settings(Path(folder), "Psicologo e altri professionisti")
            assert settings.account is not None
            user = settings.account.credentials
            (certificate,) = settings.load_certificates()
            owner = Sender(SenderCategory.HEALTH_PROFESSIONAL, Owner(user.username), settings.account.pin)
            today = datetime.now().astimezone().date()
            bodies = insert_bodies(certificate, count, "65498732105", owner, today, afresh=afresh)
            token = b64encode(f"{user.username}:{user.password}".encode()).decode()
            headers = {"Authorization": f"Basic {token}", "Content-Type": "text/xml; charset=UTF-8"}
            path = endpoint_path(Call.INSERT)
            return _in_turns((base + path, echo + path), bodies, headers)


def time_making(certificate: Certificate) -> tuple[float, float, float | None]:
    """Return documents a second of ours, encryptions a second of RSA alone, messages a second of zeep.

    They take turns, so that a machine busy with something else is busy for all of them.
    """
    count, seals, messages = scaled(DOCUMENTS, 500), scaled(RSA_SEALS), scaled(ZEEP_DOCUMENTS)
    time_batches(certificate, 500)  # compiles schemas
    seconds = [0.0, 0.0, 0.0]
    zeep_there = True
    for _ in range(ROUNDS):
        seconds[0] += 1 / time_batches(certificate, count // ROUNDS)
        seconds[1] += 1 / time_rsa(certificate, seals // ROUNDS)
        zeep = time_zeep(certificate, messages // ROUNDS)
        zeep_there = zeep is not None
        seconds[2] += 1 / zeep if zeep else 1.0
    ours, alone, theirs = (ROUNDS / value for value in seconds)
    return ours, alone, theirs if zeep_there else None


def results() -> list[Row]:
    """Measure everything and return one row a measurement."""
    ours, alone, zeep = time_making(make_certificate())
    name = "documents built, encrypted, validated, zipped"
    rows = [row(name, ours, "documents/s", alone, ">= 0.15 of RSA alone", ours >= 0.15 * alone)]
    if zeep is not None:
        rows.append(row("the same beside zeep", ours, "documents/s", zeep, ">= 5 times zeep", ours >= 5 * zeep))
    many = scaled(MEMORY_DOCUMENTS, 5000)
    memory = measure_memory(many)
    name = f"memory of a process that makes {many:,} documents"
    rows.append(row(name, memory, "MB", 150.0, "<= 150 MB", memory <= 150))
    return rows + simulator_rows(scaled(INSERTS))


def simulator_rows(count: int) -> list[Row]:
    """Measure the simulator beside the echo: the client as it is, one that seals everything anew, and RSA alone."""
    name = "synchronous inserts at the simulator, one connection"
    inserts, echoed = time_simulator(count, afresh=False)
    rows = [row(name, inserts, "inserts/s", echoed, ">= 0.3 of a bare echo", inserts >= 0.3 * echoed)]
    inserts, echoed = time_simulator(count, afresh=True)
    rows.append(row(f"{name}, everything sealed anew", inserts, "inserts/s", echoed, "no aim: not the default", True))
    alone = time_decryptions(count)
    name = "the three decryptions of such an insert and nothing else"
    rows.append(row(name, alone, "inserts/s", echoed, "no aim: the limit of the one before", True))
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        _memory_process(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--echo"]:
        _serve_echo()
    else:
        print(json.dumps(results(), indent=2))
