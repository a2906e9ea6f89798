"""A message is opened by the side that is meant, once, soon, and only as it was closed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskwire import codec, signing
from deskwire.messages import (
    REQUESTS,
    AcceptInvitation,
    AskOverview,
    By,
    Contact,
    Done,
    InvoicePaper,
    InvoicesZip,
    InvoiceTotals,
    ListInvoices,
    Overview,
    Period,
    Power,
    Refusal,
    RefusalCode,
    Relation,
    RenewInvitation,
    Selection,
    SumInvoices,
)
from deskwire.signing import (
    HEAD_BYTES,
    Purpose,
    RefusedByDesk,
    Rejected,
    Signer,
    UnknownVersion,
    Why,
    open_refusal,
    open_reply,
    seal_reply,
)
from tests.deskwire.people import CONNECTION, DESK, NOW, PORTAL, STRANGER, Memory, opened, patiently, sealed

YEAR = ListInvoices(By.PAYMENT, date(2026, 1, 1), date(2026, 12, 31), "", 50)
OVERVIEW = Overview(
    Contact("Studio Rossi", ("Via Prova 1", "40100 Bologna"), "", ""),
    "Bruno",
    Relation.SELF,
    (Power.INVOICES,),
    None,
    3,
    False,
)


def _why(data, **more):
    with pytest.raises(Rejected) as refused:
        opened(data, **more)
    return refused.value.why


def test_open_request_gives_what_was_asked():
    found = opened(sealed(YEAR).data)

    assert found.message == YEAR
    assert found.envelope.connection == CONNECTION
    assert found.envelope.issuer == PORTAL.id


def test_open_request_of_each_kind_is_known_by_its_name():
    assert all(kind == REQUESTS[kind].kind for kind in REQUESTS)
    assert len(REQUESTS) == 13


@patiently
@given(st.data())
def test_open_request_with_any_byte_altered_is_refused(data):
    request = sealed(YEAR).data
    place = data.draw(st.integers(0, len(request) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != request[place]))
    altered = request[:place] + bytes([other]) + request[place + 1 :]
    seen = Memory()

    with pytest.raises((Rejected, UnknownVersion)):
        opened(altered, seen=seen)
    assert not seen.seen


def test_open_request_with_each_byte_flipped_is_refused():
    request = sealed(YEAR).data
    for place in range(len(request)):
        altered = request[:place] + bytes([request[place] ^ 1]) + request[place + 1 :]
        with pytest.raises((Rejected, UnknownVersion)):
            opened(altered)


@patiently
@given(st.binary(max_size=300))
def test_open_request_of_noise_is_malformed(noise):
    assert _why(noise) is Why.MALFORMED


def test_open_request_cut_or_lengthened_is_refused():
    request = sealed().data
    assert _why(request[:-1]) is Why.MALFORMED
    assert _why(request + b" ") is Why.BAD_SIGNATURE
    assert _why(b"") is Why.MALFORMED
    assert _why(request + b" " * signing.LARGEST) is Why.MALFORMED


def test_open_request_for_another_side_is_refused():
    assert _why(sealed(audience=STRANGER.id).data) is Why.WRONG_AUDIENCE


def test_open_request_of_a_stranger_is_refused():
    assert _why(sealed(signer=STRANGER).data) is Why.UNKNOWN_ISSUER


def test_open_request_in_the_name_of_another_is_refused():
    request = sealed(signer=STRANGER).data
    body = request[HEAD_BYTES:].replace(STRANGER.id.encode(), PORTAL.id.encode())
    forged = request[: len(signing.MAGIC) + 1] + STRANGER.sign(Purpose.REQUEST, body) + body
    assert _why(forged) is Why.BAD_SIGNATURE


def test_open_request_seen_before_is_refused():
    seen, request = Memory(), sealed().data
    opened(request, seen=seen)
    assert _why(request, seen=seen) is Why.REPLAYED


def test_open_request_remembers_it_until_it_could_not_be_taken_anyway():
    seen, request = Memory(), sealed()
    opened(request.data, seen=seen)
    (until,) = seen.seen.values()
    assert until == NOW + signing.USUAL_LIFE + signing.SKEW
    assert _why(request.data, now=until) is Why.EXPIRED


@pytest.mark.parametrize("skew", [0, 5, 30])
def test_open_request_lives_as_long_as_it_says_and_clocks_may_differ(skew):
    tolerated, moment = timedelta(seconds=skew), timedelta(milliseconds=1)
    request = sealed(life=timedelta(seconds=10)).data
    end = NOW + timedelta(seconds=10) + tolerated

    assert opened(request, now=end - moment, skew=tolerated)
    assert _why(request, now=end, skew=tolerated) is Why.EXPIRED
    assert opened(request, now=NOW - tolerated, skew=tolerated)
    assert _why(request, now=NOW - tolerated - moment, skew=tolerated) is Why.FROM_THE_FUTURE


@pytest.mark.parametrize("seconds", [-1, 0, 61, 3600])
def test_open_request_that_lives_too_long_or_not_at_all_is_refused(seconds):
    assert _why(sealed(life=timedelta(seconds=seconds)).data) is Why.LIVES_TOO_LONG


def test_open_request_that_is_a_reply_is_refused():
    reply = seal_reply(PORTAL, Done(), to=sealed(RenewInvitation("t"), signer=DESK).envelope, now=NOW)
    assert _why(reply) is Why.BAD_SIGNATURE


def test_open_request_of_a_kind_that_is_not_known_is_refused():
    found = sealed()
    envelope = {**codec.dump(found.envelope), "kind": "patients.list"}
    body = codec.to_bytes({"envelope": envelope, "payload": {}})
    request = found.data[: len(signing.MAGIC) + 1] + PORTAL.sign(Purpose.REQUEST, body) + body
    assert _why(request) is Why.UNKNOWN_KIND


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"by": "issue", "since": None, "until": None, "after": "", "size": 0},
        {"by": "issue", "since": None, "until": None, "after": "", "size": 201},
        {"by": "issue", "since": None, "until": None, "after": "", "size": 5, "patient": "7"},
        [],
    ],
)
def test_open_request_whose_content_does_not_fit_its_kind_is_refused(payload):
    found = sealed(YEAR)
    body = codec.to_bytes({"envelope": codec.dump(found.envelope), "payload": payload})
    request = found.data[: len(signing.MAGIC) + 1] + PORTAL.sign(Purpose.REQUEST, body) + body
    assert _why(request) is Why.MALFORMED


@pytest.mark.parametrize("version", [0, 2, 255])
def test_open_request_of_another_version_says_which_are_spoken(version):
    request = sealed().data
    newer = request[: len(signing.MAGIC)] + bytes([version]) + request[len(signing.MAGIC) + 1 :]
    with pytest.raises(UnknownVersion, match="deskwire 1 is"):
        opened(newer)


def test_open_request_costs_one_verification_whatever_is_wrong(monkeypatch):
    verifications = []
    holds = signing._holds

    def counted(*given):
        verifications.append(1)
        return holds(*given)

    monkeypatch.setattr(signing, "_holds", counted)
    wrong = [
        b"noise",
        sealed(signer=STRANGER).data,
        sealed(audience=STRANGER.id).data,
        sealed(life=timedelta(hours=1)).data,
        sealed().data[:-2] + b"]}",
        sealed().data[:-2] + b" }",
    ]
    for request in wrong:
        verifications.clear()
        with pytest.raises(Rejected):
            opened(request)
        assert len(verifications) == 1


def test_rejected_says_whether_the_issuer_was_proved():
    with pytest.raises(Rejected) as stranger:
        opened(sealed(signer=STRANGER).data)
    with pytest.raises(Rejected) as late:
        opened(sealed().data, now=NOW + timedelta(hours=1))
    assert (stranger.value.issuer, stranger.value.proved) == (STRANGER.id, False)
    assert (late.value.issuer, late.value.connection, late.value.proved) == (PORTAL.id, CONNECTION, True)


def test_open_reply_gives_the_answer():
    asked = sealed(AskOverview())
    reply = seal_reply(DESK, OVERVIEW, to=opened(asked.data).envelope, now=NOW)
    assert open_reply(reply, to=asked, key=DESK.public, now=NOW) == OVERVIEW


def test_open_reply_with_a_refusal_raises_it():
    asked = sealed(SumInvoices(("a", "b")))
    reply = seal_reply(DESK, Refusal(RefusalCode.TOO_MANY, limit=500), to=asked.envelope, now=NOW)
    with pytest.raises(RefusedByDesk, match="too_many") as refused:
        open_reply(reply, to=asked, key=DESK.public, now=NOW)
    assert refused.value.refusal.limit == 500


def test_open_reply_to_another_request_is_refused():
    first, second = sealed(), sealed()
    reply = seal_reply(DESK, OVERVIEW, to=first.envelope, now=NOW)
    with pytest.raises(Rejected, match="other_request"):
        open_reply(reply, to=second, key=DESK.public, now=NOW)


def test_open_reply_of_another_side_altered_or_stale_is_refused():
    asked = sealed()
    stale = seal_reply(DESK, OVERVIEW, to=asked.envelope, now=NOW - timedelta(minutes=5))
    foreign = seal_reply(STRANGER, OVERVIEW, to=asked.envelope, now=NOW)
    altered = seal_reply(DESK, OVERVIEW, to=asked.envelope, now=NOW).replace(b"Bruno", b"Dario")
    for reply in (stale, foreign, altered, b"<html>", asked.data):
        with pytest.raises(Rejected):
            open_reply(reply, to=asked, key=DESK.public, now=NOW)


def test_open_reply_of_another_kind_is_refused():
    asked, other = sealed(SumInvoices(("a",))), sealed(AskOverview())
    envelope = codec.load(signing.Envelope, {**codec.dump(asked.envelope), "kind": other.envelope.kind})
    reply = seal_reply(DESK, OVERVIEW, to=envelope, now=NOW)
    with pytest.raises(Rejected, match="unknown_kind"):
        open_reply(reply, to=asked, key=DESK.public, now=NOW)


def test_open_reply_whose_content_does_not_fit_is_refused():
    asked = sealed(SumInvoices(("a",)))
    reply = seal_reply(DESK, OVERVIEW, to=asked.envelope, now=NOW)
    with pytest.raises(Rejected, match="malformed"):
        open_reply(reply, to=asked, key=DESK.public, now=NOW)


def test_open_refusal_where_a_stream_was_asked_for():
    asked = sealed(InvoicePaper("a1"))
    reply = seal_reply(DESK, Refusal(RefusalCode.NOT_READY, retry_after=5), to=asked.envelope, now=NOW)
    assert open_refusal(reply, to=asked, key=DESK.public, now=NOW).retry_after == 5


def test_open_refusal_of_an_answer_is_no_refusal():
    asked = sealed(SumInvoices(("a",)))
    reply = seal_reply(DESK, InvoiceTotals(1, Decimal("93.80")), to=asked.envelope, now=NOW)
    with pytest.raises(Rejected):
        open_refusal(reply, to=asked, key=DESK.public, now=NOW)


def test_seal_request_larger_than_the_wire_is_refused():
    with pytest.raises(codec.Malformed):
        sealed(SumInvoices(tuple("x" * 4000 for _ in range(300))))


def test_selection_holds_ids_or_a_period_and_no_id_twice():
    for given_wrong in ({}, {"ids": ("a",), "all_of": Period(By.ISSUE, None, None)}, {"ids": ("a", "a")}):
        with pytest.raises(codec.Malformed):
            Selection(**given_wrong)
    chosen = InvoicesZip(Selection(all_of=Period(By.ISSUE, None, None)), "it")
    assert opened(sealed(chosen).data).message == chosen


def test_signer_is_read_back_from_its_file_and_shows_no_key():
    again = Signer.read(DESK.pem())
    assert (again.id, again.public) == (DESK.id, DESK.public)
    assert repr(again) == f"Signer({DESK.id})"
    with pytest.raises(ValueError, match="Ed25519"):
        Signer.read(_another_key())


def test_messages_do_not_show_what_they_hold():
    asked = sealed(AcceptInvitation("secret-token", "acc", "1980-01-01"))
    shown = repr(asked) + repr(opened(asked.data)) + repr(OVERVIEW)
    assert not any(text in shown for text in ("secret-token", "1980", "Bruno", "Studio"))


def test_seal_request_is_readable_json_after_its_head():
    assert json.loads(sealed(YEAR).data[HEAD_BYTES:])["payload"]["by"] == "payment"


def _another_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
