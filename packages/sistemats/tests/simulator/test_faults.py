"""Every failure on demand does what its name says, to the call it is meant for, and to no other."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from sistemats.codes import Call, endpoint_path
from sistemats.envelopes import HttpReply, build_request
from sistemats.exchange import Accepted, AcceptedWithWarnings, AuthenticationFailed, Refused, Unavailable, Uncertain
from sistemats.http import Timeouts
from sistemats.replies import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    MonthlyReportReply,
    OutcomeReply,
    ReceiptReply,
    UploadReply,
)
from sistemats.simulator.command import read_faults
from sistemats.simulator.faults import EXPLAINED, FaultPlan, read_rule
from sistemats.simulator.faults import Fault as Kind

from .cast import TODAY, Desk, World
from .conftest import Start

TAKEN = Accepted | AcceptedWithWarnings


def insert(desk: Desk, number: str = "FT1") -> HttpReply:
    return desk.raw(desk.sealing.insert(desk.document(number)))


def held(world: World) -> int:
    return len(world.admin.documents())


def test_every_kind_is_explained() -> None:
    assert set(EXPLAINED) == set(Kind)


@pytest.mark.parametrize("kind", ["expired_password", "lockout"])
def test_credentials_that_run_out_look_like_wrong_ones(world: World, kind: str) -> None:
    desk = world.desk()
    world.admin.fail(kind, calls=[1])
    answer = insert(desk)
    assert answer.status == 500
    assert b"<faultcode>env:Client</faultcode>" in answer.body
    assert b"Errore generico di autenticazione" in answer.body
    again = insert(desk)
    assert again.status == (500 if kind == "lockout" else 200)
    assert held(world) == (0 if kind == "lockout" else 1)


def test_lockout_lasts_until_the_user_is_enabled(world: World) -> None:
    desk = world.desk()
    world.admin.fail("lockout", times=1)
    insert(desk)
    assert insert(desk).status == 500
    world.admin.post("/users", {"user": desk.values["user"], "enabled": True})
    assert insert(desk).status == 200


def test_hang_does_nothing_and_answers_nothing(world: World) -> None:
    desk = world.desk()
    world.admin.fail("hang", seconds=300)
    outcome = desk.client(Timeouts(60, 0.3, 0.3)).insert(desk.document())
    assert isinstance(outcome, Uncertain)
    [call] = world.admin.calls(1)
    assert call["fault"] == "hang"
    assert held(world) == 0


def test_hang_that_ends_closes_the_connection(world: World) -> None:
    desk = world.desk()
    world.admin.fail("hang", seconds=0.2)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        desk.post(endpoint_path(Call.INSERT), build_request(desk.sealing.insert(desk.document())).body)
    assert time.monotonic() - started >= 0.2


def test_lost_answer_comes_after_the_commit(world: World) -> None:
    desk = world.desk()
    world.admin.fail("lost_answer", calls=[1])
    client = desk.client()
    outcome = client.insert(desk.document())
    assert isinstance(outcome, Uncertain)
    assert held(world) == 1
    settled = client.resolve_uncertain(outcome)
    assert isinstance(settled, Accepted)
    assert settled.protocol == world.admin.documents()[0]["protocol"]


def test_truncated_answer_is_uncertain_and_done(world: World) -> None:
    desk = world.desk()
    world.admin.fail("truncated_answer")
    assert isinstance(desk.client().insert(desk.document()), Uncertain)
    assert held(world) == 1


@pytest.mark.parametrize("kind", ["connection_reset", "empty_answer"])
def test_calls_that_vanish_leave_nothing(world: World, kind: str) -> None:
    desk = world.desk()
    world.admin.fail(kind)
    assert isinstance(desk.client().insert(desk.document()), Uncertain)
    assert held(world) == 0


def test_ws99_passes_on_the_second_try(world: World) -> None:
    desk = world.desk()
    world.admin.fail("ws99", calls=[1])
    client = desk.client()
    first = client.insert(desk.document())
    assert isinstance(first, Refused)
    assert first.codes == {"WS99"}
    assert isinstance(client.insert(desk.document()), TAKEN)


@pytest.mark.parametrize(("kind", "status"), [("http_503", 503), ("http_401", 401), ("http_403", 403)])
def test_proxies_answer_with_pages(world: World, kind: str, status: int) -> None:
    desk = world.desk()
    world.admin.fail(kind)
    answer = insert(desk)
    assert (answer.status, answer.content_type) == (status, "text/html; charset=UTF-8")
    wanted = Unavailable if status == 503 else AuthenticationFailed
    assert isinstance(desk.client().insert(desk.document()), wanted)
    assert held(world) == 0


@pytest.mark.parametrize("kind", ["non_mime_fault", "internal_error"])
def test_plain_fault_answers_even_a_package(world: World, kind: str) -> None:
    desk = world.desk()
    world.admin.fail(kind)
    answer = desk.raw(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))
    assert (answer.status, answer.content_type) == (500, "text/xml; charset=UTF-8")
    assert b"Internal Error" in answer.body
    assert world.admin.get("/books")["sendings"] == []


def test_wrong_certificate_makes_the_pin_undecipherable(world: World) -> None:
    desk = world.desk()
    world.admin.fail("wrong_certificate", calls=[1])
    refused = desk.client().insert(desk.document())
    assert isinstance(refused, Refused)
    assert refused.codes == {"002"}
    assert isinstance(desk.client().insert(desk.document()), TAKEN)


def test_slow_answer_takes_its_time_and_comes(world: World) -> None:
    desk = world.desk()
    world.admin.fail("slow_answer", seconds=0.3)
    started = time.monotonic()
    assert insert(desk).status == 200
    assert time.monotonic() - started >= 0.3


def test_slow_processing_holds_a_file_back_by_the_clock(world: World) -> None:
    desk = world.desk()
    world.admin.fail("slow_processing", seconds=3600, times=1)
    taken = desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))
    assert isinstance(taken, UploadReply)
    states = []
    for _ in range(2):
        reply = desk.send(desk.sealing.outcome(taken.protocol))
        assert isinstance(reply, OutcomeReply)
        states.append(reply.sendings[0].state)
        world.admin.post("/clock", {"advance_seconds": 3601})
    assert states == [1, 2]


@pytest.mark.parametrize(("tipo", "outcome", "documents"), [("W", "2", 1), ("S", "2", 1), ("E", "1", 0)])
def test_unknown_code_comes_as_the_type_asked_for(world: World, tipo: str, outcome: str, documents: int) -> None:
    desk = world.desk()
    world.admin.fail("unknown_code", tipo=tipo)
    reply = desk.send(desk.sealing.insert(desk.document()))
    assert isinstance(reply, DocumentReply)
    assert reply.outcome == outcome
    assert "ZZ998" in {message.code for message in reply.messages}
    assert held(world) == documents


@pytest.mark.parametrize(("kind", "code"), [("duplicate_warning", "W014"), ("unknown_citizen", "W003")])
def test_warnings_on_demand_do_not_keep_the_document_out(world: World, kind: str, code: str) -> None:
    desk = world.desk()
    world.admin.fail(kind)
    outcome = desk.client().insert(desk.document())
    assert isinstance(outcome, AcceptedWithWarnings)
    assert [message.code for message in outcome.messages] == [code, "0"]
    assert held(world) == 1


@pytest.mark.parametrize(("kind", "state"), [("state_5", 5), ("state_9", 9)])
def test_file_rejected_whole_is_accepted_first(world: World, kind: str, state: int) -> None:
    desk = world.desk()
    world.admin.fail(kind, operation="upload")
    taken = desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))
    assert isinstance(taken, UploadReply)
    assert taken.accepted
    reply = desk.send(desk.sealing.outcome(taken.protocol))
    assert isinstance(reply, OutcomeReply)
    assert (reply.sendings[0].state, reply.sendings[0].sent) == (state, 0)
    errors = desk.send(desk.sealing.errors(taken.protocol))
    assert isinstance(errors, ErrorDetailReply)
    assert errors.refusals[0].code == "WS37"
    assert held(world) == 0


def test_non_zip_csv_comes_bare(world: World) -> None:
    desk = world.desk()
    taken = desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document(), desk.document()).archive))
    assert isinstance(taken, UploadReply)
    world.admin.fail("non_zip_csv")
    errors = desk.send(desk.sealing.errors(taken.protocol))
    assert isinstance(errors, ErrorDetailReply)
    assert (errors.archive or b"").startswith(b"CF PROPRIETARIO; COD REGIONE")
    report = desk.send(desk.sealing.report(TODAY.year, TODAY.month, "I"))
    assert isinstance(report, MonthlyReportReply)
    assert (report.archive or b"").startswith(b"CODICE REGIONE; ")


def test_zipped_pdf_comes_in_a_zip(world: World) -> None:
    desk = world.desk()
    taken = desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))
    assert isinstance(taken, UploadReply)
    world.admin.fail("zipped_pdf")
    reply = desk.send(desk.sealing.receipt(taken.protocol))
    assert isinstance(reply, ReceiptReply)
    assert (reply.pdf or b"").startswith(b"PK")


def test_faults_strike_only_the_operation_and_user_they_name(world: World) -> None:
    psychologist, nurse = world.desk(), world.desk("PPRPLT00A01H501I")
    world.admin.fail("ws99", operations=["change", "cancel"], user="PPRPLT00A01H501I")
    assert isinstance(psychologist.client().insert(psychologist.document()), TAKEN)
    assert isinstance(psychologist.client().cancel(psychologist.document().id), TAKEN)
    assert isinstance(nurse.client().insert(nurse.document()), TAKEN)
    assert isinstance(nurse.client().cancel(nurse.document().id), Refused)


def struck(rule: dict[str, Any], calls: int) -> list[int]:
    plan = FaultPlan([read_rule(rule)])
    return [number for number in range(1, calls + 1) if plan.strike("insert", "ada") is not None]


def test_plan_by_number_by_every_and_by_count() -> None:
    assert struck({"kind": "hang", "calls": [2, 5]}, 8) == [2, 5]
    assert struck({"kind": "hang", "every": 3}, 9) == [3, 6, 9]
    assert struck({"kind": "hang", "times": 2}, 9) == [1, 2]
    assert struck({"kind": "hang"}, 3) == [1, 2, 3]


def test_plan_by_rate_repeats_with_its_seed_and_differs_with_another() -> None:
    first = struck({"kind": "hang", "rate": 0.3, "seed": 7}, 1000)
    assert first == struck({"kind": "hang", "rate": 0.3, "seed": 7}, 1000)
    assert first != struck({"kind": "hang", "rate": 0.3, "seed": 8}, 1000)
    assert 230 < len(first) < 370


def test_faults_file_is_read_with_its_settings(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps({"faults": [{"kind": "ws99", "call": 1}], "settings": {"lock_after": 3}}))
    rules, settings = read_faults(file)
    world = start(faults=rules)
    assert settings == {"lock_after": 3}
    assert isinstance(world.desk().client().insert(world.desk().document()), Refused)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "nonsense"},
        {"kind": "hang", "rate": 2},
        {"kind": "hang", "calls": [0]},
        {"kind": "hang", "operation": "fly"},
        {"kind": "hang", "seconds": -1},
        {"kind": "unknown_code", "tipo": "Q"},
        {"kind": "hang", "wrong": 1},
        "hang",
    ],
)
def test_faults_that_make_no_sense_are_refused_with_the_field(world: World, rule: object) -> None:
    answer = requests.post(world.admin.base + "/faults", json=rule, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("faults")


def test_authentication_fault_is_the_captured_one(world: World) -> None:
    desk = world.desk()
    world.admin.fail("expired_password")
    reply = desk.send(desk.sealing.insert(desk.document()))
    assert reply == Fault("env:Client", "Errore generico di autenticazione")
