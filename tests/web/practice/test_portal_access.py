"""The pages of access to the portal: the list, the record, inviting one and many, the settings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.urls import reverse

from sportello.core.actors import Switch, System, acting
from sportello.core.models import Job
from sportello.parties.models import Membership
from sportello.patients.models import BulkInvitation, Connection, Invitation, Patient, PortalSettings
from sportello.patients.operations.portal.answering import ask_for_link
from sportello.patients.operations.portal.bulk import run_bulk_invitation
from sportello.patients.operations.portal.standing import cancel_invitation, disconnect, mark_bounced, suspend
from sportello.patients.operations.portal.tending import expire_invitations
from sportello.web.practice.patients.access_words import INVITING, OUTCOMES
from tests.oracles.folder import read_rows
from tests.patients import portal

LIST = "practice:patients"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _now():
    return datetime.now(UTC)


def _text(response):
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def _row(page, name):
    """Return the row of a patient in the list."""
    return next(part for part in re.findall(r"<tr class.*?</tr>", page) if name in part)


def _url(way, row):
    return reverse(f"practice:connection_{way}", args=[row.pk])


def _send(world, patient=None, representative=None, **asked):
    sent = portal.send(world.ada, patient or world.bruno, representative, now=_now(), **asked)
    return portal.connection(sent.connection_id)


def _connected(world):
    row = _send(world)
    portal.accept(now=_now())
    return portal.connection(row.pk)


def _switches(world, *names):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=list(names))


def test_list_says_never_invited_and_offers_to_connect(world, signed_in):
    row = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Bruno")
    assert "Non collegato" in row or "Not connected" in row
    assert reverse("practice:patient_connect", args=[world.bruno.pk]) in row
    assert "bruno.verdi@posta.example" in row


def test_list_shows_who_waits_with_sign_chip_and_acts(world, signed_in):
    waiting = _send(world)
    row = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Bruno")
    assert 'class="beside wait"' in row
    assert 'class="chip wait"' in row
    assert _url("resend", waiting) in row
    assert _url("cancel", waiting) in row
    assert _url("disconnect", waiting) not in row


def test_list_shows_who_is_connected_with_the_sign_and_plain_words(world, signed_in):
    connected = _connected(world)
    row = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Bruno")
    assert 'class="beside ok"' in row
    assert 'class="chip ok"' not in row
    assert _url("suspend", connected) in row
    assert _url("disconnect", connected) in row


def test_list_shows_what_is_suspended_expired_or_came_back(world, signed_in):
    client = signed_in("ada")
    row = _connected(world)
    suspend(actor=world.ada, connection_id=row.pk, now=_now())
    shown = _row(_text(client.get(reverse(LIST))), "Verdi Bruno")
    assert 'class="chip off"' in shown
    assert _url("resume", row) in shown
    gina = _send(world, world.mia, world.gina)
    mark_bounced(actor=world.ada, connection_id=gina.pk, now=_now())
    shown = _row(_text(client.get(reverse(LIST))), "Verdi Mia")
    assert 'class="chip bad"' in shown
    assert _url("correct", gina) in shown


def test_list_says_who_sees_a_minors_papers(world, signed_in):
    portal.connected(world.ada, world.mia, world.gina)
    assert ", Gina" in _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Mia")


def test_list_of_a_minor_without_access_leads_to_who_acts_for_them(world, signed_in):
    row = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Mia")
    assert f"{reverse('practice:patient', args=[world.mia.pk])}#access" in row
    assert reverse("practice:patient_connect", args=[world.mia.pk]) not in row


def test_list_says_who_prefers_paper(world, signed_in):
    with acting(System("test")):
        Patient.objects.filter(pk=world.bruno.pk).update(portal_allowed=False)
    row = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Bruno")
    assert "preferisce la carta" in row or "prefers paper" in row


@pytest.mark.parametrize("view", ["connected", "pending", "to_fix", "not_connected"])
def test_list_filters_by_access(world, signed_in, view):
    connected, waiting, broken = (_made(world, name) for name in ("connected", "pending", "to_fix"))
    page = _text(signed_in("ada").get(reverse(LIST), {"view": view}))
    for name, patient in {"connected": connected, "pending": waiting, "to_fix": broken}.items():
        shown = f'/patients/{patient.pk}/"' in page
        assert shown == (name == view or (view == "not_connected" and name == "to_fix"))


def _made(world, state):
    with acting(System("test")):
        patient = Patient.objects.create(
            practice=world.bruno.practice,
            family_name="Prova",
            given_name=state,
            folded_name=f"prova {state}",
            email=f"{state}@posta.example",
        )
    row = _send(world, patient)
    if state == "connected":
        portal.accept(now=_now())
    if state == "to_fix":
        mark_bounced(actor=world.ada, connection_id=row.pk, now=_now())
    return patient


def test_csv_says_who_has_access(world, signed_in):
    _connected(world)
    body = b"".join(signed_in("ada").get(reverse("practice:patients_csv"))).decode("utf-8-sig")
    cells = {line.split(";")[1]: line.split(";") for line in body.splitlines()}
    column = next(place for place, name in enumerate(body.splitlines()[0].split(";")) if name in {"Portale", "Portal"})
    assert cells["Bruno"][column] != cells["Mia"][column]
    assert cells["Mia"][column] == cells["Youssef"][column]


def test_record_says_that_the_invitation_went_to_another_address(world, signed_in):
    _send(world)
    with acting(System("test")):
        Patient.objects.filter(pk=world.bruno.pk).update(email="nuovo@posta.example")
    page = _text(signed_in("ada").get(reverse("practice:patient", args=[world.bruno.pk])))
    notes = re.findall(r'<div class="note wait">.*?</div>', page)
    assert any("bruno.verdi@posta.example" in each and "nuovo@posta.example" in each for each in notes)


def test_list_without_the_switch_shows_states_and_no_acts(world, signed_in):
    waiting = _send(world)
    page = _text(signed_in("elena").get(reverse(LIST)))
    assert 'class="beside wait"' in page
    assert _url("resend", waiting) not in page
    assert 'id="chosen"' not in page


def test_connect_shows_to_whom_and_invites(world, signed_in):
    client = signed_in("ada")
    url = reverse("practice:patient_connect", args=[world.bruno.pk])
    assert "bruno.verdi@posta.example" in _text(client.get(url))
    answer = client.post(f"{url}?to=list", {"proof": "none"}, follow=True)
    assert answer.redirect_chain == [(reverse(LIST), 302)]
    assert "bruno.verdi@posta.example" in _text(answer)
    with acting(System("test")):
        assert Connection.objects.get().state == "PENDING"


def test_connect_with_a_code_by_voice_shows_it_this_once(world, signed_in):
    client = signed_in("ada")
    url = reverse("practice:patient_connect", args=[world.bruno.pk])
    answer = client.post(url, {"proof": "spoken_code"})
    code = re.search(r'id="spoken-code">(\d{3}) (\d{3})<', _text(answer))
    assert code
    assert portal.accept(proof="".join(code.groups()), now=_now()).uid
    assert f"{code[1]} {code[2]}" not in _text(client.get(reverse("practice:patient", args=[world.bruno.pk])))
    with acting(System("test")):
        assert not Job.objects.filter(key__contains="".join(code.groups())).exists()


def test_connect_without_a_portal_says_what_to_do(world, signed_in, monkeypatch):
    portal.pair(monkeypatch, portal.Unpaired())
    page = _text(signed_in("ada").get(reverse("practice:patient_connect", args=[world.bruno.pk])))
    assert "sportello portal pair" in page
    assert 'name="proof"' not in page


def test_connect_who_cannot_be_says_why_and_where_to_repair(world, signed_in):
    page = _text(signed_in("ada").get(reverse("practice:patient_connect", args=[world.youssef.pk])))
    assert reverse("practice:patient_edit", args=[world.youssef.pk]) in page
    assert 'name="proof"' not in page


def test_connect_offers_no_birth_date_that_is_not_known(world, signed_in):
    with acting(System("test")):
        Patient.objects.filter(pk=world.bruno.pk).update(born_on=None)
    page = _text(signed_in("ada").get(reverse("practice:patient_connect", args=[world.bruno.pk])))
    assert 'value="spoken_code"' in page
    assert 'value="birth_date"' not in page


def test_connect_by_another_patients_address_says_so_and_keeps_the_form(world, signed_in):
    _send(world)
    with acting(System("test")):
        Patient.objects.filter(pk=world.youssef.pk).update(email="bruno.verdi@posta.example")
    url = reverse("practice:patient_connect", args=[world.youssef.pk])
    answer = signed_in("ada").post(url, {"proof": "none"})
    assert answer.status_code == 200
    assert 'class="err-sum' in _text(answer) or "err-sum" in _text(answer)


def test_connect_twice_from_two_windows_warns(world, signed_in):
    client = signed_in("ada")
    url = reverse("practice:patient_connect", args=[world.bruno.pk])
    client.post(url, {"proof": "none"})
    answer = client.post(url, {"proof": "none"}, follow=True)
    assert answer.redirect_chain
    assert len(portal.mails()) == 1


def test_connect_of_a_representative_invites_them(world, signed_in):
    url = reverse("practice:patient_connect_representative", args=[world.mia.pk, world.gina.pk])
    signed_in("ada").post(url, {"proof": "birth_date", "second_factor": "on"})
    with acting(System("test")):
        row = Connection.objects.get()
    assert (row.representative_id, row.second_factor_required) == (world.gina.pk, True)


def test_connect_of_who_acts_for_somebody_else_is_404(world, signed_in):
    url = reverse("practice:patient_connect_representative", args=[world.bruno.pk, world.gina.pk])
    assert signed_in("ada").get(url).status_code == 404


@pytest.mark.parametrize(
    ("way", "state"), [("cancel", "NOT_CONNECTED"), ("bounced", "NOT_CONNECTED"), ("resend", "PENDING")]
)
def test_deed_on_an_invitation_comes_back_with_a_word(world, signed_in, way, state):
    row = _send(world)
    answer = signed_in("ada").post(_url(way, row), follow=True)
    assert answer.redirect_chain == [(f"{reverse('practice:patient', args=[world.bruno.pk])}#access", 302)]
    assert portal.connection(row.pk).state == state


@pytest.mark.parametrize(("way", "state"), [("suspend", "SUSPENDED"), ("disconnect", "DISCONNECTED")])
def test_deed_on_a_connection_changes_it(world, signed_in, way, state):
    row = _connected(world)
    signed_in("ada").post(_url(way, row))
    assert portal.connection(row.pk).state == state


def test_disconnect_asks_first_and_says_the_consequence(world, signed_in):
    row = _connected(world)
    page = _text(signed_in("ada").get(_url("disconnect", row)))
    assert "Bruno Verdi" in page
    assert "bruno.verdi@posta.example" in page
    assert portal.connection(row.pk).state == "CONNECTED"


def test_deed_that_came_too_late_warns_and_changes_nothing(world, signed_in):
    row = _connected(world)
    for way in ("cancel", "resend", "resume", "unlock", "bounced"):
        answer = signed_in("ada").post(_url(way, row), follow=True)
        assert answer.status_code == 200
        assert portal.connection(row.pk).state == "CONNECTED"


def test_correct_asks_for_the_address_and_invites(world, signed_in):
    row = _send(world)
    mark_bounced(actor=world.ada, connection_id=row.pk, now=_now())
    client = signed_in("ada")
    assert "bruno.verdi@posta.example" in _text(client.get(_url("correct", row)))
    assert client.post(_url("correct", row), {"email": "bruno"}).status_code == 200
    client.post(_url("correct", row), {"email": "bruno@posta.example"})
    assert portal.connection(row.pk).email == "bruno@posta.example"


def test_unlock_shows_a_new_code_once(world, signed_in):
    row = _send(world, proof="spoken_code")
    with acting(System("test")):
        Invitation.objects.update(locked_at=_now(), proof_tries=5)
    page = _text(signed_in("ada").post(_url("unlock", row)))
    code = re.search(r'id="spoken-code">(\d{3}) (\d{3})<', page)
    assert code
    assert portal.accept(proof="".join(code.groups()), now=_now()).uid


def test_second_factor_is_switched_on_the_record(world, signed_in):
    row = _connected(world)
    client = signed_in("ada")
    client.post(_url("factor", row), {"required": "1"})
    assert portal.connection(row.pk).second_factor_required
    client.post(_url("factor", row), {"required": "0"})
    assert not portal.connection(row.pk).second_factor_required


def test_request_for_a_new_link_waits_on_home_list_and_record(world, signed_in):
    row = _send(world)
    cancel_invitation(actor=world.ada, connection_id=row.pk, now=_now())
    ask_for_link(token=portal.token(), now=_now())
    client = signed_in("ada")
    assert "?view=to_fix" in _text(client.get(reverse("practice:home")))
    page = _text(client.get(reverse(LIST), {"view": "to_fix"}))
    assert "Verdi Bruno" in page
    assert _url("dismiss", row) in _text(client.get(reverse("practice:patient", args=[world.bruno.pk])))
    client.post(_url("dismiss", row))
    assert "?view=to_fix" not in _text(client.get(reverse("practice:home")))


def test_home_counts_no_requests_for_who_may_not_invite(world, signed_in):
    row = _send(world)
    cancel_invitation(actor=world.ada, connection_id=row.pk, now=_now())
    ask_for_link(token=portal.token(), now=_now())
    assert "?view=to_fix" not in _text(signed_in("elena").get(reverse("practice:home")))


def test_record_shows_each_person_with_their_links(world, signed_in):
    row = _send(world)
    expire_invitations(now=_now().replace(year=_now().year + 1))
    page = _text(signed_in("ada").get(reverse("practice:patient", args=[world.bruno.pk])))
    assert 'id="access"' in page
    assert _url("resend", row) in page
    mia = _text(signed_in("ada").get(reverse("practice:patient", args=[world.mia.pk])))
    assert reverse("practice:patient_connect_representative", args=[world.mia.pk, world.gina.pk]) in mia
    assert "05/09/2036" in mia


def test_record_of_who_may_not_invite_has_no_buttons(world, signed_in):
    row = _send(world)
    page = _text(signed_in("elena").get(reverse("practice:patient", args=[world.bruno.pk])))
    assert 'id="access"' in page
    assert _url("cancel", row) not in page


def test_record_takes_a_fixed_number_of_queries(world, signed_in, django_assert_max_num_queries):
    client = signed_in("ada")
    url = reverse("practice:patient", args=[world.bruno.pk])
    _send(world)
    client.get(url)
    with django_assert_max_num_queries(30):
        client.get(url)


def test_connect_many_of_ticked_rows_asks_then_starts(world, signed_in):
    client = signed_in("ada")
    url = reverse("practice:patients_connect")
    asked = _text(client.post(url, {"row": [world.bruno.pk, world.mia.pk]}))
    assert asked.count('name="row"') == 2
    answer = client.post(url, {"row": [world.bruno.pk, world.mia.pk], "proof": "none"})
    with acting(System("test")):
        bulk = BulkInvitation.objects.get()
    assert answer["Location"] == reverse("practice:bulk_invitation", args=[bulk.pk])
    assert bulk.total == 2
    page = _text(client.get(answer["Location"]))
    assert 'hx-trigger="every 2s"' in page
    run_bulk_invitation(bulk_id=bulk.pk, now=_now())
    page = _text(client.get(answer["Location"]))
    assert 'hx-trigger="every 2s"' not in page
    assert 'value="2" max="2"' in page


def test_connect_many_of_everything_takes_the_whole_filter(world, signed_in):
    client = signed_in("ada")
    url = f"{reverse('practice:patients_connect')}?view=minors"
    client.post(url, {"everything": "1", "row": [world.bruno.pk], "proof": "birth_date"})
    with acting(System("test")):
        bulk = BulkInvitation.objects.get()
        assert [item.patient_id for item in bulk.items.order_by("pk")] == [world.mia.pk]
    assert bulk.proof == "birth_date"


def test_connect_many_of_nobody_leads_back(world, signed_in):
    answer = signed_in("ada").post(reverse("practice:patients_connect"), {"row": ["x", ""]})
    assert answer["Location"] == reverse(LIST)


def test_connect_many_with_a_strangers_row_is_404(world, signed_in):
    url = reverse("practice:patients_connect")
    assert signed_in("ada").post(url, {"row": [world.twin.pk], "proof": "none"}).status_code == 404


def test_bulk_page_for_htmx_is_the_box_alone(world, signed_in):
    client = signed_in("ada")
    location = client.post(reverse("practice:patients_connect"), {"row": [world.bruno.pk], "proof": "none"})["Location"]
    fragment = client.get(location, headers=HTMX).content.decode().strip()
    assert fragment.startswith('<section class="box confirm" id="bulk"')


def test_bulk_page_of_somebody_else_is_404(world, signed_in):
    location = signed_in("ada").post(reverse("practice:patients_connect"), {"row": [world.bruno.pk], "proof": "none"})[
        "Location"
    ]
    _switches(world, "patients", "portal")
    assert signed_in("elena").get(location).status_code == 404
    assert signed_in("olga").get(location).status_code == 404


def test_settings_of_the_portal_are_saved_and_wrong_days_refused(world, signed_in):
    client, url = signed_in("ada"), reverse("practice:settings_portal")
    assert portal.ADDRESS in _text(client.get(url))
    data = {"contact_phone": "051 000 0009", "proof": "birth_date", "valid_days": "21"}
    assert client.post(url, data | {"valid_days": "0"}).status_code == 200
    assert client.post(url, data).status_code == 302
    with acting(System("test")):
        assert PortalSettings.objects.get().valid_days == 21
    assert signed_in("elena").get(url).status_code == 403


def test_every_outcome_of_a_bulk_invitation_has_its_words():
    from sportello.patients.operations.portal import bulk

    assert set(bulk._BEST) | {"no_right"} | set(INVITING) <= set(OUTCOMES)


def test_disconnected_patient_can_be_connected_again(world, signed_in):
    row = _connected(world)
    disconnect(actor=world.ada, connection_id=row.pk, now=_now())
    shown = _row(_text(signed_in("ada").get(reverse(LIST))), "Verdi Bruno")
    assert reverse("practice:patient_connect", args=[world.bruno.pk]) in shown


WHO = {"owner": "ada", "collaborator": "elena", "accountant": "carla"}
ASTERISK = ("patients", "portal")
"""What a collaborator needs for the rows of the matrix: to meet patients, and the flag of the portal."""
CELLS = [
    pytest.param(row["action"], role, row[role].startswith("Y"), id=f"{row['action']}-{role}")
    for row in read_rows("permissions.csv")
    if row["resource"] in {"invitation", "connection"}
    for role in WHO
]


def _attempt(world, client, action):
    """Try a row of the matrix through the pages and tell whether the deed was done."""
    if action == "send_resend_cancel":
        client.post(reverse("practice:patient_connect", args=[world.bruno.pk]), {"proof": "none"})
        with acting(System("test")):
            row = Connection.objects.filter(state="PENDING").first()
        if row is None:
            return False
        client.post(_url("resend", row))
        client.post(_url("cancel", row))
        return portal.states(row.pk) == ("NOT_CONNECTED", "CANCELLED") and len(portal.mails()) == 2
    row = _connected(world)
    client.post(_url("disconnect", row))
    return portal.connection(row.pk).state == "DISCONNECTED"


@pytest.mark.parametrize(("action", "role", "allowed"), CELLS)
def test_cell_of_the_matrix(world, signed_in, action, role, allowed):
    _switches(world, *ASTERISK)
    assert _attempt(world, signed_in(WHO[role]), action) is allowed


@pytest.mark.parametrize("missing", ASTERISK)
@pytest.mark.parametrize("action", ["send_resend_cancel", "disconnect"])
def test_asterisk_of_the_matrix_needs_its_switch(world, signed_in, action, missing):
    _switches(world, *(each.value for each in Switch if each.value != missing))
    assert _attempt(world, signed_in("elena"), action) is False
