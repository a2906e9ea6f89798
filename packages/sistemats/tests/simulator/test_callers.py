"""Who may call, for whom, over which channel; and how wrong callers are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from sistemats.codes import Call, endpoint_path
from sistemats.documents import Owner
from sistemats.envelopes import WireOwner, WireRequest, build_request
from sistemats.replies import DocumentReply, Fault, OutcomeReply, PointQueryReply, UploadReply
from sistemats.simulator.users import kit_users

from .cast import PSYCHOLOGIST, TODAY, Desk, World

DOCTOR, NURSE, PHARMACY, STRUCTURE = "PROVAX00X00X000Y", "PPRPLT00A01H501I", "UV386Q5B", "UXN6VMDD"
ASSOCIATION, ACCOUNTANT, REGION = "UYIIY4SD", "MSSSMN78C13C773M", "REG999ZZ"
AUTHENTICATION = Fault("env:Client", "Errore generico di autenticazione")


def code(reply: object) -> str:
    if isinstance(reply, UploadReply):
        return reply.code
    if isinstance(reply, OutcomeReply):
        return reply.refusals[0].code if reply.refusals else "0"
    assert isinstance(reply, DocumentReply | PointQueryReply), reply
    return reply.messages[-1].code


def query(desk: Desk) -> WireRequest:
    return desk.sealing.query(desk.document().id)


def insert_with(desk: Desk, **owner: str | None) -> str:
    good = desk.sealing.insert(desk.document())
    assert good.owner is not None
    sealed = {
        name: desk.sealing._sealer.seal(text) if name == "code" and text else text for name, text in owner.items()
    }
    return code(desk.send(replace(good, owner=replace(good.owner, **sealed))))


@pytest.mark.parametrize("user", [user.name for user in kit_users() if not user.role.delegate])
def test_every_direct_user_of_the_kit_may_insert(world: World, user: str) -> None:
    desk = world.desk(user)
    kinds = {"optician": "AD", "pharmacy": "AS", "parapharmacy": "FC", "veterinary_retail": "FV"}
    request = desk.sealing.insert(desk.document())
    kind = kinds.get(desk.sender.category.value)
    if kind is not None:
        items = tuple(replace(item, expense_type=kind) for item in request.document.items)
        request = replace(request, document=replace(request.document, items=items))
    assert code(desk.send(request)) == "0"


def test_pin_that_is_wrong_sealed_for_another_in_clear_or_empty(world: World) -> None:
    desk = world.desk()
    seal = desk.sealing._sealer.seal
    for pin, expected in (
        (seal("0000000000"), "104"),
        (seal("ABCDEFGHIJ"), "002"),
        (seal("123"), "002"),
        ("A" * 171 + "=", "002"),
        (desk.values["pin"], "002"),
        ("", "002"),
        (seal(desk.values["pin"])[:80] + "\n" + seal(desk.values["pin"])[80:], "002"),
    ):
        assert code(desk.send(replace(query(desk), pin=pin))) == expected


def test_owner_of_a_professional_is_the_authenticated_person(world: World) -> None:
    psychologist, doctor = world.desk(), world.desk(DOCTOR)
    assert insert_with(psychologist, code=NURSE) == "010"
    assert insert_with(doctor, code=NURSE) == "004"
    assert insert_with(psychologist, code=None) == "109"
    assert insert_with(psychologist, code=PSYCHOLOGIST, region="130", asl="204", ssa="78909") == "109"
    clear = replace(query(psychologist), owner=WireOwner(code=PSYCHOLOGIST))  # type: ignore[arg-type]
    assert code(psychologist.send(clear)) == "109"
    missing = replace(query(psychologist), owner=None)  # type: ignore[arg-type]
    assert code(psychologist.send(missing)) == "109"


def test_owner_of_a_structure_is_its_codes_and_its_holder(world: World) -> None:
    pharmacy = world.desk(PHARMACY)
    assert insert_with(pharmacy, code=NURSE) == "110"
    assert insert_with(pharmacy, region=None) == "109"
    assert insert_with(pharmacy, ssa="789090") == "109"
    assert insert_with(pharmacy, ssa="78908") == "109"
    assert insert_with(pharmacy, region=None, asl=None, ssa=None) == "109"


def test_eight_wrong_passwords_disable_the_user_for_good(world: World) -> None:
    desk = world.desk()
    body = build_request(query(desk)).body
    path = endpoint_path(Call.QUERY)
    for _ in range(8):
        assert desk.post(path, body, auth=(PSYCHOLOGIST, "sbagliata")).status_code == 500
    assert desk.send(query(desk)) == AUTHENTICATION
    row = next(user for user in world.admin.get("/users")["users"] if user["user"] == PSYCHOLOGIST)
    assert (row["enabled"], row["failed_attempts"]) == (False, 8)
    world.admin.post("/users", {"user": PSYCHOLOGIST, "password": "nuova", "enabled": True})
    assert desk.send(query(desk)) == AUTHENTICATION
    assert code(world.desk().send(query(desk))) == "WS96"


def test_seven_wrong_passwords_and_a_good_one_start_the_count_again(world: World) -> None:
    desk = world.desk()
    body, path = build_request(query(desk)).body, endpoint_path(Call.QUERY)
    for _ in range(3):
        for _ in range(7):
            desk.post(path, body, auth=(PSYCHOLOGIST, "sbagliata"))
        assert code(desk.send(query(desk))) == "WS96"


def test_count_goes_on_when_the_setting_says_so(world: World) -> None:
    world.admin.post("/settings", {"login_resets_count": False, "lock_after": 2})
    desk = world.desk()
    body, path = build_request(query(desk)).body, endpoint_path(Call.QUERY)
    desk.post(path, body, auth=(PSYCHOLOGIST, "sbagliata"))
    assert code(desk.send(query(desk))) == "WS96"
    desk.post(path, body, auth=(PSYCHOLOGIST, "sbagliata"))
    assert desk.send(query(desk)) == AUTHENTICATION


def test_password_expires_by_the_clock(world: World) -> None:
    world.admin.post("/users", {"user": PSYCHOLOGIST, "password_expires_on": "2026-03-11"})
    desk = world.desk()
    assert code(desk.send(query(desk))) == "WS96"
    world.admin.post("/clock", {"now": "2026-03-11"})
    assert desk.send(query(desk)) == AUTHENTICATION


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic !!!", "Basic QURB", "Bearer abc", "Digest username=x", "Basic " + "A" * 9000],
)
def test_callers_without_credentials_get_the_fault_and_no_challenge(world: World, authorization: str | None) -> None:
    desk = world.desk()
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.post(
        world.simulator.base + endpoint_path(Call.QUERY),
        data=build_request(query(desk)).body,
        headers={"Content-Type": "text/xml", **headers},
        timeout=60,
    )
    assert answer.status_code == 500
    assert "WWW-Authenticate" not in answer.headers
    assert b"Errore generico di autenticazione" in answer.content


def test_password_in_either_charset_is_the_same_password(world: World) -> None:
    world.admin.post("/users", {"user": PSYCHOLOGIST, "password": "perché"})
    desk = world.desk()
    body = build_request(query(desk)).body
    for charset in ("utf-8", "latin-1"):
        auth = (PSYCHOLOGIST.encode(), "perché".encode(charset))
        assert desk.post(endpoint_path(Call.QUERY), body, auth=auth).status_code == 200


def test_credentials_come_before_the_schema(world: World) -> None:
    desk = world.desk()
    broken = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>'
    answer = desk.post(endpoint_path(Call.QUERY), broken, auth=(PSYCHOLOGIST, "sbagliata"))
    assert b"autenticazione" in answer.content
    assert b"Internal Error" in desk.post(endpoint_path(Call.QUERY), broken).content


def test_users_stay_on_their_channel(world: World) -> None:
    desk, accountant = world.desk(), world.desk(ACCOUNTANT)
    body = build_request(query(desk)).body
    for prefix in ("/entrate", "/enti"):
        assert b"autenticazione" in desk.post(prefix + endpoint_path(Call.QUERY), body).content
    assert b"autenticazione" in accountant.post(endpoint_path(Call.QUERY), body).content


def test_accountant_sends_for_the_doctor_with_the_pin_in_clear(world: World) -> None:
    desk = world.desk(ACCOUNTANT)
    reply = desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))
    assert code(reply) == "000"
    assert isinstance(reply, UploadReply)
    outcome = desk.send(desk.sealing.outcome(reply.protocol))
    assert isinstance(outcome, OutcomeReply)
    assert outcome.sendings[0].state == 2
    assert world.admin.documents()[0]["owner"] == "FBNFBA62S28H501F"
    assert code(desk.send(desk.sealing.insert(desk.document("FT2")))) in {"0"}


def test_accountant_is_known_by_site_pin_and_delegation(world: World) -> None:
    desk = world.desk(ACCOUNTANT)
    request = desk.sealing.outcome("1")
    assert code(desk.send(replace(request, pin="00000000"))) == "113"
    assert code(desk.send(replace(request, options=(None, None, None)))) == "114"
    assert code(desk.send(replace(request, options=("07874631000-001", None, None)))) == "114"
    archive = desk.batch(desk.document()).archive
    stranger = replace(desk.sealing.upload("prova.zip", archive), owner=WireOwner(code=NURSE))
    assert code(desk.send(stranger)) == "105"


def test_association_uploads_for_its_pharmacy_and_has_no_synchronous_service(world: World) -> None:
    desk = world.desk(ASSOCIATION)
    assert code(desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive))) == "000"
    assert world.admin.documents()[0]["owner"] == "130-201-88888"
    assert code(desk.send(desk.sealing.insert(desk.document("FT2")))) == "107"
    assert code(desk.send(desk.sealing.query(desk.document().id))) == "0"


def delegate(world: World, active: bool) -> None:
    delegation: dict[str, Any] = {"owner": {"fiscal_code": NURSE}, "category": "health_professional", "active": active}
    world.admin.post("/users", {"user": ACCOUNTANT, "delegations": [delegation]})


def test_owner_may_not_upload_while_somebody_does_it_for_her(world: World) -> None:
    nurse = world.desk(NURSE)
    archive = nurse.batch(nurse.document()).archive
    delegate(world, True)
    assert code(nurse.send(nurse.sealing.upload("prova.zip", archive))) == "106"
    accountant = world.desk(ACCOUNTANT)
    assert accountant.sender.owner == Owner(NURSE)
    taken = accountant.send(accountant.sealing.upload("prova.zip", archive))
    assert isinstance(taken, UploadReply)
    assert code(taken) == "000"
    assert code(nurse.send(nurse.sealing.outcome(taken.protocol))) == "0"
    delegate(world, False)
    assert code(nurse.send(nurse.sealing.upload("prova.zip", archive))) == "000"


def test_region_sends_for_a_structure_and_may_leave_the_holder_out(world: World) -> None:
    region = world.desk(REGION)
    structure = world.desk(STRUCTURE)
    request = structure.sealing.insert(structure.document())
    pin = region.sealing.pin()
    owner = WireOwner("020", "101", "888888")
    whole = replace(request, owner=owner, pin=pin, options=("999000", None, None))
    assert code(region.send(whole)) == "0"
    assert code(region.send(replace(whole, options=(None, None, None)))) == "107"
    assert world.admin.documents()[0]["owner"] == "020-101-888888"
    assert code(structure.send(structure.sealing.query(structure.document().id))) == "0"


def test_users_can_be_added_and_call_at_once(world: World) -> None:
    world.admin.post(
        "/users",
        [{"user": "PSCADA80A41H501U", "password": "segreta", "pin": "1112223334", "category": "health_professional"}],
    )
    desk = world.desk("PSCADA80A41H501U")
    assert code(desk.send(desk.sealing.insert(desk.document()))) == "0"
    assert desk.document().id.issued_on == TODAY


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"user": "X"},
        {"user": "X", "password": "p"},
        {"user": "X", "password": "p", "pin": "1", "category": "astrologer"},
        {"user": "X", "password": "p", "pin": "1", "role": "structure", "category": "pharmacy"},
        {"user": "X", "password": "p", "pin": "1", "category": "doctor", "enabled": "yes"},
        {"user": 7},
        [],
        "text",
    ],
)
def test_users_that_make_no_sense_are_refused_with_the_field(world: World, values: object) -> None:
    answer = requests.post(world.admin.base + "/users", json=values, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]
