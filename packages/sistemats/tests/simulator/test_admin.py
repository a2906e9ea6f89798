"""The admin port: what it shows, what it changes, and who may not; the page for people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import html

from sistemats.crypto import Certificate
from sistemats.exchange import Accepted, Refused
from sistemats.simulator import Settings

from .cast import CITIZEN, PSYCHOLOGIST, TODAY, World
from .conftest import Start


def test_journal_tells_every_call_decrypted_and_how_it_ended(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    desk.send(desk.sealing.insert(desk.document()))
    desk.send(desk.sealing.outcome("123"))
    desk.post("/DocumentoSpesa730pWeb/DocumentoSpesa730pPort", b"<x/>")
    first, second, third, fourth = world.admin.get("/journal")["entries"]
    assert (first["operation"], first["outcome"], first["codes"]) == ("insert", "done", ["0"])
    assert first["values"]["pin"] == "3489543096"
    assert first["values"]["owner"]["code"] == PSYCHOLOGIST
    assert first["values"]["document"]["citizen"] == CITIZEN
    assert first["at"].startswith("2026-03-10T09:")
    assert first["protocol"] == world.admin.documents()[0]["protocol"]
    assert (second["outcome"], second["codes"], second["protocol"]) == ("refused", ["S017"], None)
    assert (third["service"], third["codes"]) == ("outcome", ["WS96"])
    assert (fourth["operation"], fourth["outcome"], fourth["status"]) == (None, "fault", 500)
    assert [entry["number"] for entry in (first, second, third, fourth)] == [1, 2, 3, 4]


def test_journal_is_read_from_a_number_on_and_by_user(world: World) -> None:
    psychologist, nurse = world.desk(), world.desk("PPRPLT00A01H501I")
    for desk in (psychologist, nurse, psychologist):
        desk.send(desk.sealing.outcome("1"))
    assert [entry["number"] for entry in world.admin.get("/journal?since=1&limit=1")["entries"]] == [2]
    assert len(world.admin.get(f"/journal?user={PSYCHOLOGIST}")["entries"]) == 2
    assert world.admin.get("/journal")["last"] == 3


@pytest.mark.parametrize("kept", [False, True])
def test_journal_forgets_the_oldest(start: Start, tmp_path: Path, kept: bool) -> None:
    world = start(settings=Settings(journal_size=5), state=tmp_path / "state.db" if kept else None)
    desk = world.desk()
    for _ in range(8):
        desk.send(desk.sealing.outcome("1"))
    assert [entry["number"] for entry in world.admin.get("/journal")["entries"]] == [4, 5, 6, 7, 8]


def test_books_come_in_pages(world: World) -> None:
    desk = world.desk()
    for number in range(5):
        desk.send(desk.sealing.insert(desk.document(f"A{number}")))
    whole = world.admin.get("/books")
    assert (whole["held"], whole["cancelled"], len(whole["documents"]), len(whole["sendings"])) == (5, 0, 5, 5)
    part = world.admin.get("/books?limit=2&after=3")
    assert part["documents"] == whole["documents"][3:5]


def test_clock_is_set_moved_and_stopped(world: World) -> None:
    assert world.admin.post("/clock", {"now": "2026-05-01T10:30:00", "frozen": True})["now"].startswith(
        "2026-05-01T10:30:00"
    )
    assert world.admin.post("/clock", {"advance_days": 2, "advance_seconds": 30})["now"].startswith(
        "2026-05-03T10:30:30"
    )
    assert world.admin.post("/clock", {"date": "2027-01-01"})["today"] == "2027-01-01"
    assert world.admin.post("/clock", {"frozen": False})["frozen"] is False


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/clock", {}),
        ("/clock", {"now": "yesterday"}),
        ("/clock", {"advance_days": "many"}),
        ("/clock", {"speed": 2}),
        ("/clock", []),
        ("/settings", {"wrong": 1}),
        ("/settings", {"lock_after": -1}),
        ("/settings", {"mime_replies": "yes"}),
        ("/remarks", {"owner": "X"}),
        ("/remarks", {"owner": "X", "vat_number": "1", "issued_on": "2026-01-01", "number": "1"}),
        ("/certificate", {"valid_from": "2026-01-02", "valid_to": "2026-01-01"}),
        ("/certificate", {"valid_from": "soon"}),
    ],
)
def test_nonsense_is_refused_with_the_field(world: World, path: str, values: object) -> None:
    answer = requests.post(world.admin.base + path, json=values, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith((path[1:].rstrip("s"), "body"))


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff", b"nul"])
def test_what_is_no_json_is_refused(world: World, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert requests.post(world.admin.base + "/faults", data=body, headers=headers, timeout=60).status_code == 400


def test_json_is_taken_under_any_content_type_as_curl_sends_it(world: World) -> None:
    body = json.dumps({"kind": "ws99"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert requests.post(world.admin.base + "/faults", data=body, headers=headers, timeout=60).status_code == 200
    assert [rule["kind"] for rule in world.admin.get("/faults")["faults"]] == ["ws99"]


def test_unknown_pages_and_methods(world: World) -> None:
    assert requests.get(world.admin.base + "/nowhere", timeout=60).status_code == 404
    assert requests.put(world.admin.base + "/faults", timeout=60).status_code == 405
    assert requests.get(world.admin.base + "/journal?limit=x", timeout=60).status_code == 400


def test_faults_are_added_replaced_and_removed(world: World) -> None:
    world.admin.post("/faults", {"kind": "ws99", "calls": [3]})
    world.admin.post("/faults", [{"kind": "hang"}, {"kind": "http_503", "rate": 0.5}])
    assert [rule["kind"] for rule in world.admin.get("/faults")["faults"]] == ["ws99", "hang", "http_503"]
    world.admin.post("/faults", {"faults": [{"kind": "state_5"}], "settings": {"lock_after": 4}})
    assert [rule["kind"] for rule in world.admin.get("/faults")["faults"]] == ["state_5"]
    assert world.admin.get("/settings")["lock_after"] == 4
    assert requests.delete(world.admin.base + "/faults", timeout=60).json()["faults"] == []


def test_certificate_renewed_around_the_same_key_still_opens_what_the_old_one_sealed(world: World) -> None:
    desk = world.desk()
    before = Certificate.load((desk.folder / "SanitelCF.cer").read_bytes())
    client = desk.client()
    world.admin.post("/certificate", {"valid_from": "2020-01-01", "valid_to": "2020-12-31"})
    after = Certificate.load((desk.folder / "SanitelCF.pem").read_bytes())
    assert after.valid_to.year == 2020
    assert after.serial != before.serial
    assert after.same_key(before)
    assert isinstance(client.insert(desk.document()), Accepted)


def test_certificate_with_a_new_key_makes_old_values_undecipherable(world: World) -> None:
    desk = world.desk()
    old = desk.client()
    world.admin.post("/certificate", {"new_key": True})
    refused = old.insert(desk.document())
    assert isinstance(refused, Refused)
    assert refused.codes == {"002"}
    assert isinstance(desk.client().insert(desk.document()), Accepted)


def test_reset_forgets_documents_and_keeps_users(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    world.admin.post("/reset", {})
    books = world.admin.get("/books")
    assert (books["documents"], books["sendings"], books["held"]) == ([], [], 0)
    assert world.admin.get("/journal")["entries"] == []
    assert isinstance(desk.client().insert(desk.document()), Accepted)


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_another_site_may_not_steer_the_simulator(world: World, headers: dict[str, str]) -> None:
    answer = requests.post(world.admin.base + "/reset", headers=headers, json={}, timeout=60)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}]
)
def test_page_of_ones_own_and_programs_may(world: World, headers: dict[str, str]) -> None:
    assert requests.post(world.admin.base + "/reset", headers=headers, json={}, timeout=60).status_code == 200


def page(world: World) -> Any:
    answer = requests.get(world.admin.base + "/", timeout=60)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return html.fromstring(answer.content)


def test_page_shows_books_journal_faults_clock_and_users(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    desk.send(desk.sealing.upload("prova.zip", desk.batch(desk.document("FT2")).archive))
    world.admin.post("/faults", {"kind": "ws99", "rate": 0.1, "seed": 4})
    tree = page(world)
    text = tree.text_content()
    for expected in ("FT1", "FT2", CITIZEN, "File elaborato", "at rate 0.1, seed 4", "10/03/2026", PSYCHOLOGIST):
        assert expected in text


def test_page_is_accessible_and_fetches_nothing(world: World) -> None:
    tree = page(world)
    assert tree.get("lang") == "en"
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("//title/text()") == ["Sistema TS simulator"]
    assert tree.xpath("//a[@class='skip']/@href") == ["#main"]
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in tree.xpath("//a[starts-with(@href, '#')]/@href"))
    for field in tree.xpath("//input[not(@type='hidden')] | //select"):
        assert field.getparent().tag == "label"
        assert (field.getparent().text or "").strip()
    for table in tree.xpath("//table"):
        assert table.xpath("caption")
        assert table.xpath("thead//th[@scope='col']")
    assert not tree.xpath("//script | //img | //iframe | //link[@rel='stylesheet']")
    assert not re.search(r"(src|href)=[\"']https?:", html.tostring(tree).decode())


def test_page_escapes_what_callers_sent(world: World) -> None:
    requests.post(
        world.simulator.base + "/DocumentoSpesa730pWeb/DocumentoSpesa730pPort",
        data=b"x",
        auth=("<script>alert(1)</script>", "x"),
        timeout=60,
    )
    assert not page(world).xpath("//script")
    assert "<script>alert(1)</script>" in page(world).text_content()


def submit(world: World, path: str, **fields: str) -> None:
    answer = requests.post(
        world.admin.base + path, data=fields, headers={"Origin": world.admin.base}, allow_redirects=False, timeout=5
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#done")


def test_forms_of_the_page_do_what_the_json_does(world: World) -> None:
    submit(world, "/faults", kind="hang", calls="1, 4", operation="insert", seconds="0.5", rate="", times="", seed="")
    [rule] = world.admin.get("/faults")["faults"]
    assert (rule["kind"], rule["calls"], rule["operations"], rule["seconds"]) == ("hang", [1, 4], ["insert"], 0.5)
    submit(world, "/faults", clear="1")
    assert world.admin.get("/faults")["faults"] == []
    submit(world, "/clock", frozen="true")
    submit(world, "/clock", now="2026-04-01")
    submit(world, "/clock", advance_seconds="86400")
    assert world.admin.get("/clock")["today"] == "2026-04-02"
    submit(world, "/users", user=PSYCHOLOGIST, enabled="false")
    rows = {row["user"]: row["enabled"] for row in world.admin.get("/users")["users"]}
    assert rows[PSYCHOLOGIST] is False


def test_users_file_follows_the_users(world: World) -> None:
    world.admin.post("/users", {"user": PSYCHOLOGIST, "password": "nuova"})
    assert world.desk().values["password"] == "nuova"
    assert TODAY.year == 2026
