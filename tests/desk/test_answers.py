"""What a portal learns about links and connections."""

from __future__ import annotations

from datetime import date

import pytest

from deskwire.messages import (
    NOBODY,
    AcceptInvitation,
    AskOverview,
    Done,
    InvitationState,
    Power,
    ProofKind,
    RefusalCode,
    Relation,
    RenewInvitation,
    ShowInvitation,
)
from deskwire.signing import RefusedByDesk
from sportello.core.actors import System, acting
from sportello.patients.models import Connection
from sportello.patients.operations.portal.standing import cancel_invitation, disconnect, resume, suspend
from tests.billing.desk import draft, issued
from tests.desk.hands import ACCOUNT, Portal, change, connection_row, now
from tests.patients.portal import mails, send, token


def _refused(portal, request, connection=""):
    with pytest.raises(RefusedByDesk) as refused:
        portal.ask(request, connection)
    return refused.value.refusal


def _accept(given="", *, account=ACCOUNT, proof=""):
    return AcceptInvitation(token=given or token(), account=account, proof=proof)


def test_show_says_what_a_link_is_about_as_often_as_it_is_asked(portal, world):
    send(world.ada, world.bruno, now=now(), proof="birth_date", second_factor=True)
    for _time in range(3):
        shown = portal.ask(ShowInvitation(token()))
    assert (shown.state, shown.language, shown.email) == (InvitationState.OPEN, "it", "bruno.verdi@posta.example")
    assert (shown.proof, shown.second_factor_required) == (ProofKind.BIRTH_DATE, True)
    assert (shown.practice.name, shown.practice.lines) == ("Studio Rossi", ("Via della Prova 1", "40100 Bologna (BO)"))


def test_show_of_an_unknown_link_is_dead_and_names_nobody(portal):
    shown = portal.ask(ShowInvitation("x" * 43))
    assert (shown.state, shown.practice, shown.email, shown.language) == (InvitationState.DEAD, NOBODY, "", "")


def test_accept_connects_the_account_to_this_portal(portal, world):
    send(world.ada, world.bruno, now=now())
    taken = portal.ask(_accept())
    row = connection_row(taken.connection)
    assert (row.patient_id, row.account, row.portal) == (world.bruno.pk, ACCOUNT, portal.card.id)
    assert taken.language == "it"
    assert portal.ask(_accept()) == taken
    assert portal.ask(ShowInvitation(token())).state is InvitationState.USED


def test_accept_of_a_dead_link_is_refused(portal, world):
    sent = send(world.ada, world.bruno, now=now())
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=now())
    assert _refused(portal, _accept()).code is RefusalCode.DEAD
    assert _refused(portal, _accept("never-mailed")).code is RefusalCode.DEAD
    assert _refused(portal, _accept(account="")).code is RefusalCode.NOT_FOUND


def test_accept_with_a_wrong_proof_says_how_many_tries_are_left_then_locks(portal, world):
    send(world.ada, world.bruno, now=now(), proof="birth_date")
    left = [_refused(portal, _accept(proof="1999-01-01")).left for _try in range(4)]
    assert left == [4, 3, 2, 1]
    assert _refused(portal, _accept(proof="1999-01-01")).code is RefusalCode.LOCKED
    assert _refused(portal, _accept(proof="1980-05-12")).code is RefusalCode.LOCKED
    assert portal.ask(ShowInvitation(token())).locked


def test_renew_answers_the_same_and_tells_the_practice_once(portal, world):
    sent = send(world.ada, world.bruno, now=now())
    dead = token()
    cancel_invitation(actor=world.ada, connection_id=sent.connection_id, now=now())
    before = len(mails())
    answers = [portal.ask(RenewInvitation(given)) for given in (dead, dead, "never-mailed")]
    assert answers == [Done()] * 3
    assert len(mails()) == before
    assert _row(sent).asked_at is not None


def test_overview_says_which_practice_and_whose_papers(portal, world, bruno):
    issued(world)
    draft(world)
    seen = portal.ask(AskOverview(counting=True), bruno)
    assert (seen.practice.name, seen.person, seen.relation) == ("Studio Rossi", "Bruno Verdi", Relation.SELF)
    assert (set(seen.may), seen.until, seen.opened) == ({Power.INVOICES, Power.DOCUMENTS}, None, 1)
    assert not seen.second_factor_required


def test_overview_of_a_parent_says_for_whom_and_until_when(portal, world, gina):
    change(world.gina, may_see_documents=False)
    seen = portal.ask(AskOverview(), gina)
    assert (seen.person, seen.relation) == ("Mia Verdi", Relation.PARENT)
    assert seen.may == (Power.INVOICES,)
    assert seen.until == date(2036, 9, 4)


def test_overview_of_a_parent_without_power_over_invoices_counts_none(portal, world, gina):
    issued(world, patient=world.mia)
    assert portal.ask(AskOverview(counting=True), gina).opened == 1
    change(world.gina, may_see_invoices=False)
    seen = portal.ask(AskOverview(counting=True), gina)
    assert (seen.opened, seen.may) == (0, (Power.DOCUMENTS,))


def test_overview_after_the_powers_ended_is_refused(portal, world, gina):
    change(world.gina, until_on=date(2026, 1, 1))
    assert _refused(portal, AskOverview(), gina).code is RefusalCode.EXPIRED


def test_overview_follows_the_practice_within_one_request(portal, world, bruno):
    row = connection_row(bruno)
    suspend(actor=world.ada, connection_id=row.pk, now=now())
    assert _refused(portal, AskOverview(), bruno).code is RefusalCode.SUSPENDED
    resume(actor=world.ada, connection_id=row.pk, now=now())
    assert portal.ask(AskOverview(), bruno).person == "Bruno Verdi"
    disconnect(actor=world.ada, connection_id=row.pk, now=now())
    assert _refused(portal, AskOverview(), bruno).code is RefusalCode.NOT_CONNECTED


def test_overview_through_another_portal_is_not_connected(world, bruno):
    other = Portal("https://altro.example/").pair()
    assert _refused(other, AskOverview(), bruno).code is RefusalCode.NOT_CONNECTED


def test_overview_of_twins_keeps_to_the_own_practice(portal, world, bruno):
    issued(world)
    twin = portal.connect(world.olga, world.twin, account="twin")
    seen = portal.ask(AskOverview(counting=True), twin)
    assert (seen.practice.name, seen.opened) == ("Studio Bianchi", 0)


def test_overview_needs_a_fixed_number_of_queries(portal, world, bruno, django_assert_num_queries):
    issued(world)
    portal.ask(AskOverview(), bruno)
    with django_assert_num_queries(6):
        assert portal.ask(AskOverview(), bruno).opened is None
    with django_assert_num_queries(7):
        assert portal.ask(AskOverview(counting=True), bruno).opened == 1


def _row(sent):
    with acting(System("tests")):
        return Connection.objects.get(pk=sent.connection_id)
