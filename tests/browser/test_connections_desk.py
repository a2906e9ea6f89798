"""Access to the portal as the practice gives it, in a real browser: by hand, by keyboard alone, and without script."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deskwire.cards import Card
from deskwire.signing import Signer
from sportello.core import pairing
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.runner import run
from sportello.patients.models import BulkInvitation, Connection, Patient
from sportello.patients.operations.portal.answering import accept_invitation, ask_for_link
from sportello.patients.operations.portal.inviting import invite
from sportello.patients.operations.portal.standing import cancel_invitation, mark_bounced, suspend
from sportello.patients.operations.portal.tending import expire_invitations
from tests.browser.conftest import no_sideways_scrolling
from tests.browser.hands import Keys, Pointer
from tests.patients.portal import mails

ADDRESS = "https://portale.example/"
LIST = "/practice/patients/"


@pytest.fixture(autouse=True)
def _paired(settings, tmp_path, live_server):
    settings.SPORTELLO_DESK_KEY_FILE = str(tmp_path / "desk-key.pem")
    pairing.make_key()
    pairing.pair(Card.of(Signer.make(), name="Portale di prova", address=ADDRESS), now=_now())


def _now():
    return datetime.now(UTC)


def _picture(page: Page, name: str) -> None:
    """Keep a picture of the page for people who ask for pictures by PICTURES."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _patients(world, *names):
    with acting(System("test")):
        return {
            name: Patient.objects.create(
                practice=world.bruno.practice,
                family_name="Prova",
                given_name=name.title(),
                folded_name=f"prova {name}",
                email=f"{name}@posta.example",
                no_italian_code=True,
                no_code_reason="foreign_resident",
            )
            for name in names
        }


def _invite(world, patient, representative=None):
    sent = invite(
        actor=world.ada,
        patient_id=patient.pk,
        representative_id=representative.pk if representative else None,
        now=_now(),
    )
    return sent.connection_id


def _accept(account="account"):
    accept_invitation(token=_token(), account=account, portal="portal", now=_now())


def _token():
    text = mails()[-1].text
    return text.partition("/i/")[2].split("/", 1)[1].split()[0]


def _every_state(world):
    """Put patients into every state there is."""
    made = _patients(world, "collegata", "sospesa", "scaduta", "respinta", "attesa")
    for name in ("collegata", "sospesa"):
        row = _invite(world, made[name])
        _accept(name)
        if name == "sospesa":
            suspend(actor=world.ada, connection_id=row, now=_now())
    _invite(world, made["scaduta"])
    expire_invitations(now=_now().replace(year=_now().year + 1))
    mark_bounced(actor=world.ada, connection_id=_invite(world, made["respinta"]), now=_now())
    _invite(world, made["attesa"])
    _invite(world, world.mia, world.gina)
    _accept("gina")
    asked = _invite(world, world.bruno)
    cancel_invitation(actor=world.ada, connection_id=asked, now=_now())
    ask_for_link(token=_token(), now=_now())
    return made


def _connection(patient):
    with acting(System("test")):
        return Connection.objects.get(patient=patient)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (320, "light")])
def test_pages_of_access_are_sound(open_page, axe, world, width, scheme):
    made = _every_state(world)
    page = open_page(width=width, scheme=scheme, person=world.people["ada"])
    row = _connection(made["collegata"])
    for name, path in {
        "list": LIST,
        "to-fix": f"{LIST}?view=to_fix",
        "record": f"{LIST}{made['collegata'].pk}/",
        "record-minor": f"{LIST}{world.mia.pk}/",
        "record-asked": f"{LIST}{world.bruno.pk}/",
        "connect": f"{LIST}{world.bruno.pk}/connect/",
        "cannot": f"{LIST}{world.youssef.pk}/connect/",
        "disconnect": f"{LIST}connections/{row.pk}/disconnect/",
        "correct": f"{LIST}connections/{_connection(made['respinta']).pk}/correct/",
        "settings": "/practice/settings/portal/",
        "home": "/practice/",
    }.items():
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        _picture(page, f"{name}-{width}-{scheme}")
        axe(page)
        no_sideways_scrolling(page)


def test_patient_is_connected_and_disconnected_from_the_list(open_page, world):
    page, hand = open_page(person=world.people["ada"]), Pointer()
    page.goto(LIST)
    row = page.locator("tbody tr", has_text="Verdi Bruno")
    hand.open(row.locator("details.menu"))
    _picture(page, "menu")
    hand.press(row.locator(f'a[href*="/{world.bruno.pk}/connect/"]'))
    expect(page.locator("h1")).to_contain_text("Bruno Verdi")
    page.locator("form.confirm button.btn-primary").click()
    expect(row.locator(".beside.wait svg")).to_be_visible()
    expect(row.locator(".chip.wait")).to_be_visible()
    _accept()
    page.reload()
    expect(row.locator(".beside.ok svg")).to_be_visible()
    hand.open(row.locator("details.menu"))
    _picture(page, "menu-connected")
    hand.press(row.locator('a[href*="/disconnect/"]'))
    expect(page.locator("form.confirm .note.wait")).to_contain_text("bruno.verdi@posta.example")
    page.locator("form.confirm button.grave").click()
    expect(page.locator("h1")).to_be_visible()
    expect(row.locator(".beside")).to_have_count(0)
    assert _connection(world.bruno).state == "DISCONNECTED"
    assert len(mails("patient_disconnected")) == 1


def test_code_by_voice_is_asked_for_shown_once_and_gone(open_page, axe, world):
    page = open_page(person=world.people["ada"])
    page.goto(f"{LIST}{world.bruno.pk}/connect/")
    page.locator("input[name=proof][value=spoken_code]").check()
    page.locator("form.confirm button.btn-primary").click()
    code = page.locator("#spoken-code")
    expect(code).to_be_visible()
    _picture(page, "code")
    axe(page)
    said = code.inner_text().replace(" ", "")
    assert len(said) == 6
    page.locator("a.btn-primary").click()
    expect(page.locator("#access")).to_be_visible()
    assert said not in page.content().replace(" ", "")
    assert accept_invitation(token=_token(), account="account", proof=said, portal="portal", now=_now()).uid


def test_access_is_suspended_and_resumed_by_keyboard_alone(open_page, world):
    _invite(world, world.bruno)
    _accept()
    page = open_page(person=world.people["ada"])
    keys = Keys(page)
    page.goto(f"{LIST}{world.bruno.pk}/")
    keys.press(page.locator('form[action$="/suspend/"] button'))
    expect(page.locator("#access .chip.off")).to_be_visible()
    assert _connection(world.bruno).state == "SUSPENDED"
    keys.press(page.locator('form[action$="/resume/"] button'))
    expect(page.locator('#access form[action$="/suspend/"]')).to_be_visible()
    assert _connection(world.bruno).state == "CONNECTED"


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_many_patients_are_chosen_invited_and_the_result_is_seen(open_page, axe, world, javascript):
    _patients(world, "uno", "due", "tre")
    page = open_page(person=world.people["ada"], javascript=javascript)
    page.goto(LIST)
    for name in ("Prova Uno", "Prova Due", "Amrani Youssef"):
        page.locator("tbody tr", has_text=name).locator("input[name=row]").check()
    if javascript:
        expect(page.locator("[data-bulk] [data-count]")).to_contain_text("3")
        _picture(page, "chosen")
        axe(page)
    page.locator("[data-bulk] button[type=submit]").click()
    expect(page.locator("form.confirm input[name=row]")).to_have_count(3)
    _picture(page, f"many-{javascript}")
    page.locator("form.confirm button.btn-primary").click()
    expect(page.locator("#bulk progress")).to_have_attribute("value", "0")
    _work()
    if not javascript:
        page.locator("#bulk a.btn.plain").click()
    expect(page.locator("#bulk progress")).to_have_attribute("value", "3")
    expect(page.locator("#bulk li")).to_contain_text("Amrani Youssef")
    if javascript:
        _picture(page, "bulk")
        axe(page)
    assert sorted(mail.recipient for mail in mails()) == ["due@posta.example", "uno@posta.example"]


def test_all_of_a_filter_are_invited(open_page, world):
    _patients(world, *(f"paziente{number:02}" for number in range(30)))
    page = open_page(person=world.people["ada"])
    page.goto(f"{LIST}?view=not_connected")
    page.locator("input[data-all]").check()
    every = page.locator("input[name=everything]")
    expect(every).to_be_visible()
    every.check()
    page.locator("[data-bulk] button[type=submit]").click()
    page.locator("form.confirm button.btn-primary").click()
    expect(page.locator("#bulk")).to_be_visible()
    with acting(System("test")):
        assert BulkInvitation.objects.get().total == 33


def test_bounced_address_is_corrected_without_script(open_page, world):
    row = _invite(world, world.bruno)
    mark_bounced(actor=world.ada, connection_id=row, now=_now())
    page = open_page(person=world.people["ada"], javascript=False)
    page.goto(LIST)
    line = page.locator("tbody tr", has_text="Verdi Bruno")
    expect(line.locator(".chip.bad")).to_be_visible()
    line.locator("details.menu summary").click()
    line.locator('a[href*="/correct/"]').click()
    page.locator("input[name=email]").fill("bruno")
    page.locator("form.box button.btn-primary").click()
    expect(page.locator(".err-sum")).to_be_visible()
    page.locator("input[name=email]").fill("bruno.giusto@posta.example")
    page.locator("form.box button.btn-primary").click()
    expect(line.locator(".chip.wait")).to_be_visible()
    assert mails()[-1].recipient == "bruno.giusto@posta.example"


def test_request_for_a_new_link_leads_from_home_to_a_new_invitation(open_page, world):
    row = _invite(world, world.bruno)
    cancel_invitation(actor=world.ada, connection_id=row, now=_now())
    ask_for_link(token=_token(), now=_now())
    page = open_page(person=world.people["ada"])
    page.goto("/practice/")
    page.locator('a.todo[href*="view=to_fix"]').click()
    line = page.locator("tbody tr", has_text="Verdi Bruno")
    expect(line.locator(".chip.wait")).to_be_visible()
    line.locator("td.t a").click()
    page.locator(f'#access a[href$="/{world.bruno.pk}/connect/"]').click()
    page.locator("form.confirm button.btn-primary").click()
    expect(page.locator("#access .chip.wait")).to_be_visible()
    page.goto("/practice/")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator('a.todo[href*="view=to_fix"]')).to_have_count(0)


def _work() -> None:
    """Do what the worker would: the bulk invitations that wait."""
    with acting(System("test")):
        waiting = list(Job.objects.filter(handler="patients.bulk_invite", state="waiting").values_list("pk", flat=True))
    for job_id in waiting:
        run(job_id)
