"""The desk's door: whatever is not a fresh, first request of a portal it answers gets one and the same nothing."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskwire import codec, signing
from deskwire.messages import (
    NOBODY,
    AcceptInvitation,
    AskOverview,
    Contact,
    InvoicePaper,
    Overview,
    RefusalCode,
    Relation,
    RenewInvitation,
    ShowInvitation,
    SumInvoices,
)
from deskwire.signing import HEAD_BYTES, MAGIC, Purpose, RefusedByDesk, seal_reply
from sportello.billing.models import Invoice
from sportello.core import pairing
from sportello.core.actors import Power, System, acting, current
from sportello.core.audit import verify
from sportello.core.models import AuditEntry, SeenRequest
from sportello.desk import answering
from tests.billing.desk import issued
from tests.desk.hands import DESK, Portal, answered_by, audited, now

NOTHING = (404, b"Not found\n", "text/plain; charset=utf-8")


def _said(response):
    """Return all that somebody outside is told, without what is new in every answer."""
    headers = {name: value for name, value in response.items() if name not in {"X-Request-ID", "Content-Type"}}
    assert set(headers) == set(response.headers) - {"X-Request-ID", "Content-Type"}
    return response.status_code, response.content, response["Content-Type"]


def _signed_anew(portal, found, *, payload=None, **envelope):
    """Return the request with another envelope or payload, signed by the portal itself."""
    whole = {"envelope": {**codec.dump(found.envelope), **envelope}, "payload": payload or {}}
    body = codec.to_bytes(whole)
    return found.data[: len(MAGIC) + 1] + portal.signer.sign(Purpose.REQUEST, body) + body


def _wrong(portal, connection):
    """Return what is wrong with each of these requests about a real connection, and the request."""
    stranger, found = Portal(), portal.sealed(AskOverview(), connection)
    late, early = now() - timedelta(minutes=5), now() + timedelta(minutes=5)
    reply = seal_reply(portal.signer, AskOverview(), to=found.envelope, now=now())
    return {
        "unknown_issuer": stranger.sealed(AskOverview(), connection).data,
        "bad_signature": found.data[:HEAD_BYTES] + found.data[HEAD_BYTES:].replace(b"overview", b"0verview"),
        "bad_signature of a reply": reply,
        "wrong_audience": portal.sealed(AskOverview(), connection, audience=stranger.card.id).data,
        "expired": portal.sealed(AskOverview(), connection, now=late).data,
        "from_the_future": portal.sealed(AskOverview(), connection, now=early).data,
        "lives_too_long": portal.sealed(AskOverview(), connection, life=timedelta(hours=1)).data,
        "unknown_kind": _signed_anew(portal, found, kind="patients.list"),
        "malformed": _signed_anew(portal, found, payload={"patient": "1"}),
    }


def _unreadable():
    return {"empty": b"", "noise": b"\x00" * 200, "page": b"<html></html>", "long": b"x" * (signing.LARGEST + 1)}


def test_desk_says_the_same_nothing_whatever_is_wrong(portal, bruno):
    wrong = {**_wrong(portal, bruno), **_unreadable()}
    said = {why: _said(portal.post(data)) for why, data in wrong.items()}
    said["get"] = _said(portal.client.get(DESK))
    said["put"] = _said(portal.client.put(DESK, wrong["noise"]))
    assert said == dict.fromkeys(said, NOTHING)


def test_desk_gives_like_headers_with_every_nothing(portal, bruno):
    headers = {
        frozenset(response.headers) for response in (portal.post(data) for data in _wrong(portal, bruno).values())
    }
    assert len(headers | {frozenset(portal.client.get(DESK).headers)}) == 1


def test_desk_does_the_same_work_whatever_is_wrong(portal, django_assert_num_queries):
    wrong = {**_wrong(portal, str(uuid.uuid4())), **_unreadable()}
    for why, data in wrong.items():
        with django_assert_num_queries(2, info=why):
            portal.post(data)


def test_desk_writes_each_refusal_about_a_connection_into_the_audit_of_its_practice(portal, world, bruno):
    for why, data in _wrong(portal, bruno).items():
        before = len(audited("portal.refused"))
        portal.post(data)
        entries = audited("portal.refused")
        assert len(entries) == before + 1, why
        entry = entries[-1]
        assert (entry.reason, entry.result) == (why.partition(" ")[0], "refused")
        assert (entry.party_id, entry.patient_id, entry.role) == (world.rossi.party.pk, world.bruno.pk, "system")
        assert entry.details["signed"] is (why.partition(" ")[0] not in {"unknown_issuer", "bad_signature"})
    with acting(System("tests")):
        assert not list(verify())


def test_desk_logs_a_refusal_that_names_nobody_and_nothing_of_people(portal, caplog):
    caplog.set_level(logging.WARNING, "sportello.desk")
    data = portal.sealed(AcceptInvitation("a-secret-token", "account-7", "1980-05-12"), now=now() - timedelta(hours=1))
    portal.post(data.data)
    portal.post(b"\x00" * 99)
    late, noise = [each.getMessage() for each in caplog.records if each.name == "sportello.desk"]
    assert "expired" in late
    assert portal.card.id in late
    assert "malformed" in noise
    assert not any(secret in caplog.text for secret in ("a-secret-token", "account-7", "1980-05-12"))
    assert not audited("portal.refused")


def test_desk_logs_no_text_that_a_stranger_chose(portal, caplog):
    found = portal.sealed(AskOverview())
    body = codec.to_bytes(
        {"envelope": {**codec.dump(found.envelope), "issuer": "Bruno\nVerdi"}, "payload": codec.dump(AskOverview())}
    )
    portal.post(found.data[:HEAD_BYTES] + body)
    assert "unknown_issuer" in caplog.text
    assert "Verdi" not in caplog.text


def test_desk_takes_a_request_once(portal, bruno):
    found = portal.sealed(AskOverview(), bruno)
    assert portal.post(found.data).status_code == 200
    assert [_said(portal.post(found.data)) for _time in range(3)] == [NOTHING] * 3
    assert [entry.reason for entry in audited("portal.refused")] == ["replayed"] * 3


def test_desk_takes_a_stolen_request_from_no_one_else_again(portal, bruno):
    """Whoever reads a request on its way has the bytes, not the key: sent again they are old news."""
    stolen = portal.sealed(AskOverview(), bruno).data
    portal.post(stolen)
    assert _said(Portal().post(stolen)) == NOTHING


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_desk_refuses_a_request_with_any_byte_altered(portal, bruno, data):
    request = portal.sealed(AskOverview(), bruno).data
    place = data.draw(st.integers(len(MAGIC) + 1, len(request) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != request[place]))
    with acting(System("tests")):
        before = SeenRequest.objects.count()
    assert _said(portal.post(request[:place] + bytes([other]) + request[place + 1 :])) == NOTHING
    with acting(System("tests")):
        assert SeenRequest.objects.count() == before
    assert portal.post(request).status_code == 200


def test_desk_says_which_version_it_speaks_to_a_newer_portal_whoever_signs(portal, bruno):
    for asker in (portal, Portal()):
        request = asker.sealed(AskOverview(), bruno).data
        response = portal.post(request[: len(MAGIC)] + b"\x02" + request[len(MAGIC) + 1 :])
        assert (response.status_code, response["Deskwire-Versions"]) == (426, "1")
        assert response.content == b"This desk speaks deskwire 1.\n"


def test_desk_forgives_as_much_difference_of_clocks_as_the_settings_say(portal, bruno, settings):
    def ask(seconds):
        return portal.post(portal.sealed(AskOverview(), bruno, now=now() + timedelta(seconds=seconds)).data).status_code

    settings.SPORTELLO_DESK_SKEW = 300
    assert (ask(150), ask(-150)) == (200, 200)
    settings.SPORTELLO_DESK_SKEW = 0
    assert (ask(150), ask(-150)) == (404, 404)


def test_desk_stops_answering_a_portal_that_was_unpaired(portal, bruno):
    pairing.unpair(portal.card.id, now=now())
    assert _said(portal.post(portal.sealed(AskOverview(), bruno).data)) == NOTHING
    assert audited("portal.refused")[-1].reason == "unknown_issuer"


def test_desk_of_a_server_that_was_never_paired_is_nothing(db):
    assert _said(Portal().post(b"\x00" * 200)) == NOTHING


def test_desk_needs_no_session_cookie_and_sets_none(portal, bruno):
    response = portal.post(portal.sealed(AskOverview(), bruno).data)
    assert not response.cookies
    assert response["Cache-Control"] == "no-store, private"


def test_desk_leaves_nobody_acting(portal, bruno):
    portal.ask(AskOverview(), bruno)
    with pytest.raises(RuntimeError, match="no actor"):
        current()


# --- connections and things of others ---------------------------------------------------------------------------------


def _refusal(portal, request, connection):
    with pytest.raises(RefusedByDesk) as refused:
        portal.ask(request, connection)
    return refused.value.refusal


def test_connection_of_another_portal_answers_as_one_that_does_not_exist(portal, bruno, django_assert_num_queries):
    other = Portal("https://altro.example/").pair()
    _refusal(other, AskOverview(), bruno)
    for connection in (bruno, str(uuid.uuid4())):
        with django_assert_num_queries(3):
            assert _refusal(other, AskOverview(), connection).code is RefusalCode.NOT_CONNECTED
    for connection in ("", "not-an-id", "0"):
        assert _refusal(portal, AskOverview(), connection).code is RefusalCode.NOT_CONNECTED


def _paper_of(asked, request):
    return answering.Paper("a.pdf", [str(Invoice.objects.get(uid=request.id).pk).encode()])


def test_paper_of_somebody_else_answers_as_one_that_does_not_exist(portal, world, bruno, monkeypatch):
    own, ward = issued(world), issued(world, patient=world.mia)
    ids = [str(ward.uid), str(world.twin_draft.uid), str(world.draft.uid), str(uuid.uuid4())]
    with answered_by(monkeypatch, InvoicePaper, _paper_of, power=Power.INVOICES):
        assert portal.fetch(InvoicePaper(str(own.uid)), bruno) == str(own.pk).encode()
        counted = []
        for each in ids:
            before = _entries()
            with pytest.raises(AssertionError, match="not_found"):
                portal.fetch(InvoicePaper(each), bruno)
            counted.append(_entries() - before)
    assert counted == [1] * 4
    entries = audited("access.denied")
    assert {(each.result, each.role, each.patient_id) for each in entries} == {("not_found", "patient", world.bruno.pk)}
    assert all("uid" not in str(each.details) and str(ward.uid) not in str(each.details) for each in entries)


def test_paper_of_somebody_else_costs_the_same_queries(portal, world, bruno, monkeypatch, django_assert_num_queries):
    ward = issued(world, patient=world.mia)
    with answered_by(monkeypatch, InvoicePaper, _paper_of, power=Power.INVOICES):
        for each in (str(ward.uid), str(uuid.uuid4()), str(world.twin_draft.uid)):
            with django_assert_num_queries(9), pytest.raises(AssertionError, match="not_found"):
                portal.fetch(InvoicePaper(each), bruno)


def test_kind_without_the_power_is_not_found_and_nothing_is_asked(portal, world, gina, monkeypatch):
    called = []
    with answered_by(monkeypatch, SumInvoices, lambda *given: called.append(given), power=Power.CONSENTS):
        assert _refusal(portal, SumInvoices(("a",)), gina).code is RefusalCode.NOT_FOUND
    assert not called
    assert audited("access.denied")[-1].role == "guardian"


def test_refusal_of_an_answer_goes_back_with_its_figures(portal, bruno, monkeypatch):
    def too_many(asked, request):
        raise answering.Refuse(RefusalCode.TOO_MANY, limit=500)

    with answered_by(monkeypatch, SumInvoices, too_many):
        refusal = _refusal(portal, SumInvoices(("a",)), bruno)
    assert (refusal.code, refusal.limit) == (RefusalCode.TOO_MANY, 500)
    assert not audited("access.denied")


def test_answer_that_does_not_fit_its_kind_is_broken_and_logged_without_values(portal, bruno, monkeypatch, caplog):
    wrong = Overview(Contact("x" * 5000, (), "", ""), "Bruno Verdi", Relation.SELF, (), None, 0, False)
    with answered_by(monkeypatch, AskOverview, lambda asked, request: wrong):
        assert _refusal(portal, AskOverview(), bruno).code is RefusalCode.BROKEN
    assert "practice.name" in caplog.text or "name" in caplog.text
    assert "Bruno" not in caplog.text


def test_every_kind_of_the_wire_that_is_answered_names_its_own_function():
    assert {"invitation.show", "invitation.accept", "invitation.renew", "overview"} <= answering.answered()
    with pytest.raises(ValueError, match="two functions"):
        answering.answers(AskOverview)(lambda asked, request: NOBODY)


def test_requests_without_connection_answer_a_portal_alone(portal):
    for request in (ShowInvitation("t"), RenewInvitation("t")):
        assert _said(Portal().post(Portal().sealed(request).data)) == NOTHING
        assert portal.ask(request)


def _entries():
    with acting(System("tests")):
        return AuditEntry.objects.count()
