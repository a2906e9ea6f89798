import re
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sportello.accounts.models import Person
from sportello.billing.models import EntityWording, Service
from sportello.core.actors import Switch, System, acting
from sportello.core.models import OutgoingMail
from sportello.parties.models import BankAccount, BillingEntity, FiscalTerms, Membership, Party, Series, Site
from tests.world import PASSWORD

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0500f0004"
    "8501807e6fd5260000000049454e44ae426082"
)
OWNER_PAGES = {
    "practice:settings_practice": None,
    "practice:settings_site_new": None,
    "practice:settings_site": "site",
    "practice:settings_entity_new": None,
    "practice:settings_entity_edit": "entity",
    "practice:settings_terms_new": "entity",
    "practice:settings_terms_withdraw": "terms",
    "practice:settings_series_new": "entity",
    "practice:settings_series_start": "series",
    "practice:settings_account_new": "entity",
    "practice:settings_account_close": "account",
    "practice:settings_account_prefer": "account",
    "practice:settings_wording_new": "entity",
    "practice:settings_wording_withdraw": "wording",
    "practice:settings_members": None,
    "practice:settings_invite": None,
    "practice:settings_member": "member",
    "practice:settings_member_disable": "member",
}
SHARED_PAGES = {
    "practice:settings_entities": None,
    "practice:settings_entity": "entity",
    "practice:settings_wordings": "entity",
    "practice:settings_law": None,
    "practice:settings_services": None,
}
POSTS: dict[str, str | None] = {
    "practice:settings_logo_set": "entity",
    "practice:settings_logo_remove": "entity",
    "practice:settings_series_close": "series",
    "practice:settings_series_reopen": "series",
    "practice:settings_member_again": "member",
    "practice:settings_member_enable": "member",
}
CATALOGUE: dict[str, str | None] = {"practice:settings_service_new": None, "practice:settings_service": "service"}
CATALOGUE_POSTS: dict[str, str | None] = {
    "practice:settings_service_retire": "service",
    "practice:settings_service_restore": "service",
}
ALL = OWNER_PAGES | SHARED_PAGES | POSTS | CATALOGUE | CATALOGUE_POSTS


@pytest.fixture
def signed_in(world):
    """Give clients of people who have just proved who they are."""

    def proved(name):
        client = Client()
        client.post(reverse("account_login"), {"login": world.people[name].email, "password": PASSWORD})
        return client

    return proved


@pytest.fixture
def ids(world):
    """Give the id of one thing of each kind in Rossi's settings."""
    with acting(System("test")):
        wording = EntityWording.objects.create(
            entity=world.studio, key="vat.EXEMPT_HEALTH", valid_from=date(2027, 1, 1), text_it="Esente"
        )
        return {
            "site": Site.objects.get(practice=world.rossi.party).pk,
            "entity": world.studio.pk,
            "terms": FiscalTerms.objects.get(entity=world.studio).pk,
            "series": world.rossi.series["BIS"].pk,
            "account": world.rossi.account.pk,
            "wording": wording.pk,
            "member": Membership.objects.get(person=world.people["elena"]).pk,
            "service": world.therapy.pk,
        }


def _url(route, kind, ids):
    return reverse(route, args=[ids[kind]] if kind else [])


def _text(response):
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def _set_switches(world, *switches):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=[each.value for each in switches])


@pytest.mark.parametrize("route", OWNER_PAGES | SHARED_PAGES | CATALOGUE)
def test_page_opens_for_the_owner(world, signed_in, ids, route):
    assert signed_in("ada").get(_url(route, ALL[route], ids)).status_code == 200


@pytest.mark.parametrize("route", [route for route, kind in ALL.items() if kind])
def test_page_of_another_practice_is_404(world, signed_in, ids, route):
    client, url = signed_in("olga"), _url(route, ALL[route], ids)
    send = client.post if route in POSTS | CATALOGUE_POSTS else client.get
    assert send(url).status_code == 404
    assert send(reverse(route, args=[987654321])).status_code == 404


@pytest.mark.parametrize("route", OWNER_PAGES | POSTS | CATALOGUE | CATALOGUE_POSTS)
@pytest.mark.parametrize("name", ["elena", "carla"])
def test_page_of_the_owner_is_403_for_others(world, signed_in, ids, route, name):
    client, url = signed_in(name), _url(route, ALL[route], ids)
    send = client.post if route in POSTS | CATALOGUE_POSTS else client.get
    assert send(url).status_code == 403


@pytest.mark.parametrize("route", SHARED_PAGES)
@pytest.mark.parametrize("name", ["elena", "carla"])
def test_page_of_all_members_opens_and_offers_no_change(world, signed_in, ids, route, name):
    response = signed_in(name).get(_url(route, ALL[route], ids))
    assert response.status_code == 200
    assert 'class="btn btn-primary"' not in _text(response)


def test_page_of_an_entity_not_granted_is_404(world, signed_in):
    assert signed_in("carla").get(reverse("practice:settings_entity", args=[world.forfait.pk])).status_code == 404


@pytest.mark.parametrize("route", ALL)
def test_page_for_nobody_asks_to_sign_in(client, world, ids, route):
    send = client.post if route in POSTS | CATALOGUE_POSTS else client.get
    assert reverse("account_login") in send(_url(route, ALL[route], ids))["Location"]


def test_settings_leads_to_the_first_section_one_may_open(world, signed_in):
    url = reverse("practice:settings")
    assert signed_in("ada").get(url)["Location"] == reverse("practice:settings_practice")
    assert signed_in("carla").get(url)["Location"] == reverse("practice:settings_entities")


@pytest.mark.parametrize("route", ["practice:settings_terms_new", "practice:settings_account_new"])
def test_page_of_money_asks_again_who_is_there(world, signed_in, ids, route):
    client = signed_in("ada")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1}]
    session.save()
    assert reverse("account_reauthenticate") in client.get(_url(route, "entity", ids))["Location"]


def test_practice_is_saved(world, signed_in):
    client, url = signed_in("ada"), reverse("practice:settings_practice")
    data = {"name": "Nuovo nome", "language": "it", "time_zone": "Europe/Rome", "retention_years": "12"}
    assert client.post(url, data).status_code == 302
    assert 'value="Nuovo nome"' in _text(client.get(url))
    with acting(System("test")):
        assert Party.objects.get(pk=world.bianchi.party.pk).name == "Studio Bianchi"


def test_practice_with_errors_says_them(world, signed_in):
    data = {"name": "", "language": "it", "time_zone": "Europe/Rome", "retention_years": "3", "email": "x@"}
    page = _text(signed_in("ada").post(reverse("practice:settings_practice"), data))
    for name in ("name", "retention_years", "email"):
        assert f'href="#id_{name}"' in page


def test_site_is_added_and_closed(world, signed_in):
    client = signed_in("ada")
    data = {"name": "Seconda", "street": "Via Prova 2", "postal_code": "40100", "city": "Bologna", "province": "BO"}
    client.post(reverse("practice:settings_site_new"), data | {"is_active": "on"})
    with acting(System("test")):
        site = Site.objects.get(name="Seconda")
    client.post(reverse("practice:settings_site", args=[site.pk]), data)
    with acting(System("test")):
        assert Site.objects.get(pk=site.pk).is_active is False


ENTITY = {
    "tax_kind": "person",
    "name": "Studio Nuovo",
    "partita_iva": "IT 05555550374",
    "codice_fiscale": "RSSDAA79H51A944U",
    "street": "Via Prova 9",
    "postal_code": "40100",
    "city": "Bologna",
    "province": "BO",
    "country": "IT",
    "is_active": "on",
}
TERMS = {
    "valid_from": "01/01/2027",
    "regime": "RF19",
    "fund": "ENPAP",
    "fund_rate": "2,00",
    "withholding_rate": "",
    "stamp_policy": "charge",
    "stamp_mode": "paper",
}


def test_entity_is_added_and_leads_to_its_terms(world, signed_in):
    client = signed_in("ada")
    response = client.post(reverse("practice:settings_entity_new"), ENTITY)
    with acting(System("test")):
        made = BillingEntity.objects.get(name="Studio Nuovo")
    assert response["Location"] == reverse("practice:settings_terms_new", args=[made.pk])
    client.post(response["Location"], TERMS)
    page = _text(client.get(reverse("practice:settings_entity", args=[made.pk])))
    assert "ENPAP 2%" in page


def test_entity_with_errors_says_them(world, signed_in):
    page = _text(
        signed_in("ada").post(reverse("practice:settings_entity_new"), ENTITY | {"partita_iva": "1", "street": ""})
    )
    assert 'href="#id_partita_iva"' in page
    assert 'href="#id_street"' in page


def test_entity_is_changed(world, signed_in):
    url = reverse("practice:settings_entity_edit", args=[world.studio.pk])
    signed_in("ada").post(url, ENTITY | {"partita_iva": "01234560371", "profession": "Psicoterapeuta"})
    with acting(System("test")):
        assert BillingEntity.objects.get(pk=world.studio.pk).profession == "Psicoterapeuta"


def test_terms_with_errors_say_them(world, signed_in, ids):
    data = TERMS | {"stamp_mode": "virtual_authorisation", "fund_rate": "200"}
    page = _text(signed_in("ada").post(_url("practice:settings_terms_new", "entity", ids), data))
    for name in ("stamp_authorisation", "stamp_authorised_on", "fund_rate"):
        assert f'href="#id_{name}"' in page


def test_terms_are_set_and_withdrawn(world, signed_in, ids):
    client = signed_in("ada")
    client.post(_url("practice:settings_terms_new", "entity", ids), TERMS)
    with acting(System("test")):
        terms = FiscalTerms.objects.get(entity=world.studio, regime="RF19")
    client.post(reverse("practice:settings_terms_withdraw", args=[terms.pk]))
    with acting(System("test")):
        assert FiscalTerms.objects.filter(entity=world.studio).count() == 1


def test_series_is_added_started_closed_and_opened(world, signed_in, ids):
    client = signed_in("ada")
    url = reverse("practice:settings_entity", args=[world.studio.pk])
    client.post(
        _url("practice:settings_series_new", "entity", ids), {"code": "corsi", "purpose": "other", "yearly": "on"}
    )
    with acting(System("test")):
        series = Series.objects.get(code="CORSI")
    client.post(reverse("practice:settings_series_start", args=[series.pk]), {"number": "41"})
    assert "41/" in _text(client.get(url))
    again = client.post(reverse("practice:settings_series_start", args=[series.pk]), {"number": "50"})
    assert 'href="#id_number"' in _text(again)
    for way in ("close", "reopen"):
        client.post(reverse(f"practice:settings_series_{way}", args=[series.pk]))
    with acting(System("test")):
        assert Series.objects.get(pk=series.pk).is_active


def test_series_with_errors_says_them(world, signed_in, ids):
    page = _text(
        signed_in("ada").post(_url("practice:settings_series_new", "entity", ids), {"code": "A", "purpose": "main"})
    )
    assert 'href="#id_code"' in page
    assert 'href="#id_purpose"' in page


def test_series_that_is_needed_is_not_closed(world, signed_in):
    url = reverse("practice:settings_series_close", args=[world.rossi.series["A"].pk])
    assert 'role="alert"' in _text(signed_in("ada").post(url, follow=True))


def test_account_is_added_preferred_and_closed(world, signed_in, ids):
    client = signed_in("ada")
    data = {"label": "Secondo", "iban": "it24 d054 2811 1010 0000 0654 321"}
    client.post(_url("practice:settings_account_new", "entity", ids), data)
    with acting(System("test")):
        account = BankAccount.objects.get(label="Secondo")
    client.post(reverse("practice:settings_account_prefer", args=[account.pk]))
    client.post(_url("practice:settings_account_close", "account", ids))
    with acting(System("test")):
        rows = {row.label: (row.is_default, row.is_active) for row in BankAccount.objects.filter(entity=world.studio)}
        assert OutgoingMail.objects.filter(purpose="account_change").count() == 3
    assert rows == {"Secondo": (True, True), "Conto": (False, False)}


def test_account_with_errors_says_them(world, signed_in, ids):
    data = {"label": "", "iban": "IT61X0542811101000000123456"}
    page = _text(signed_in("ada").post(_url("practice:settings_account_new", "entity", ids), data))
    assert 'href="#id_label"' in page
    assert 'href="#id_iban"' in page


def test_logo_is_taken_shown_and_removed(world, signed_in, ids):
    client = signed_in("ada")
    client.post(_url("practice:settings_logo_set", "entity", ids), {"logo": SimpleUploadedFile("logo.png", PNG)})
    shown = client.get(_url("practice:settings_logo", "entity", ids))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert signed_in("olga").get(_url("practice:settings_logo", "entity", ids)).status_code == 404
    client.post(_url("practice:settings_logo_remove", "entity", ids))
    assert client.get(_url("practice:settings_logo", "entity", ids)).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + b"0" * 10_000_000, "1 MB"),
        (b"PK\x03\x04" + b"0" * 2000, "PNG"),
        (PNG[:40], "PNG"),
        (None, ""),
    ],
)
def test_logo_that_is_none_is_refused_with_the_reason(world, signed_in, ids, content, words):
    data = {} if content is None else {"logo": SimpleUploadedFile("logo.png", content)}
    page = _text(signed_in("ada").post(_url("practice:settings_logo_set", "entity", ids), data, follow=True))
    assert 'class="note bad"' in page
    assert words in page


SERVICE = {
    "code": "val-1",
    "name": "Valutazione di prova",
    "price": "120,50",
    "nature": "HEALTH",
    "treatment": "EXEMPT_HEALTH",
    "bears_fund": "on",
    "name_en": "Assessment",
}


def test_service_is_added_changed_and_taken_off_by_who_has_the_switch(world, signed_in):
    _set_switches(world, Switch.CATALOGUE)
    client = signed_in("elena")
    client.post(reverse("practice:settings_service_new"), SERVICE)
    with acting(System("test")):
        service = Service.objects.get(code="VAL-1")
    assert (str(service.price), service.names) == ("120.50", {"en": "Assessment"})
    url = reverse("practice:settings_service", args=[service.pk])
    assert 'value="Assessment"' in _text(client.get(url))
    client.post(url, SERVICE | {"price": "130"})
    client.post(reverse("practice:settings_service_retire", args=[service.pk]))
    assert "130,00" in _text(client.get(reverse("practice:settings_services"), {"view": "retired"}))
    client.post(reverse("practice:settings_service_restore", args=[service.pk]))
    assert "Valutazione di prova" in _text(client.get(reverse("practice:settings_services")))


def test_service_with_errors_says_them(world, signed_in):
    data = SERVICE | {"code": "", "price": "tanto", "treatment": "TAXABLE_22"}
    page = _text(signed_in("ada").post(reverse("practice:settings_service_new"), data))
    assert 'href="#id_price"' in page
    data = SERVICE | {"code": "", "treatment": "TAXABLE_22"}
    page = _text(signed_in("ada").post(reverse("practice:settings_service_new"), data))
    assert 'href="#id_code"' in page
    assert 'href="#id_nature' in page


def test_price_list_of_a_new_practice_says_what_to_do_first(world, signed_in):
    with acting(System("test")):
        Service.objects.filter(practice=world.bianchi.party).update(is_active=False)
    assert 'class="box emp"' in _text(signed_in("olga").get(reverse("practice:settings_services")))


def test_member_is_invited_sets_a_password_once_and_signs_in(world, signed_in):
    data = {
        "given_name": "Nina",
        "family_name": "Prova",
        "email": "nina@posta.example",
        "language": "it",
        "role": "collaborator",
        "switches": ["patients"],
    }
    assert signed_in("ada").post(reverse("practice:settings_invite"), data).status_code == 302
    with acting(System("test")):
        mail = OutgoingMail.objects.get(purpose="member_invitation")
    link = re.search(r"http://testserver(\S+)", mail.text)[1]
    nina = Client()
    form = nina.get(link, follow=True)
    assert form.status_code == 200
    target = form.redirect_chain[-1][0]
    chosen = {"password1": "altra frase lunga di prova", "password2": "altra frase lunga di prova"}
    nina.post(target, chosen)
    person = Person.objects.get(email="nina@posta.example")
    assert person.check_password(chosen["password1"])
    again = Client().get(link, follow=True)
    assert 'name="password1"' not in again.content.decode()
    signed = Client()
    signed.post(reverse("account_login"), {"login": person.email, "password": chosen["password1"]})
    assert signed.get(reverse("practice:patients")).status_code == 200


def test_invitation_with_errors_says_them(world, signed_in):
    data = {"given_name": "", "email": "elena@posta.example", "language": "it", "role": "accountant", "years": "x"}
    page = _text(signed_in("ada").post(reverse("practice:settings_invite"), data))
    assert 'href="#id_years"' in page
    page = _text(signed_in("ada").post(reverse("practice:settings_invite"), data | {"years": ""}))
    assert 'href="#id_email"' in page
    assert 'href="#id_given_name"' in page


def test_invitation_is_sent_again_only_before_the_first_sign_in(world, signed_in, ids):
    page = _text(signed_in("ada").post(_url("practice:settings_member_again", "member", ids), follow=True))
    assert 'class="note bad"' in page


def test_rights_bite_at_the_next_request(world, signed_in, ids):
    elena = Client()
    elena.post(reverse("account_login"), {"login": "elena@posta.example", "password": PASSWORD})
    assert elena.get(reverse("practice:patients")).status_code == 200
    data = {"role": "collaborator", "switches": ["payments"], "entities": [world.forfait.pk]}
    signed_in("ada").post(_url("practice:settings_member", "member", ids), data)
    assert elena.get(reverse("practice:patients")).status_code == 403
    assert elena.get(reverse("practice:settings_entity", args=[world.studio.pk])).status_code == 404


def test_access_taken_away_bites_at_the_next_request_and_comes_back(world, signed_in, ids):
    elena, ada = signed_in("elena"), signed_in("ada")
    assert "Elena Neri" in _text(ada.get(_url("practice:settings_member_disable", "member", ids)))
    ada.post(_url("practice:settings_member_disable", "member", ids))
    assert elena.get(reverse("practice:patients")).status_code in {302, 403}
    ada.post(_url("practice:settings_member_enable", "member", ids))
    assert elena.get(reverse("practice:patients")).status_code == 200


def test_last_owner_stays(world, signed_in):
    with acting(System("test")):
        own = Membership.objects.get(person=world.people["ada"]).pk
    client = signed_in("ada")
    client.post(reverse("practice:settings_member_disable", args=[own]))
    page = _text(client.post(reverse("practice:settings_member", args=[own]), {"role": "collaborator"}))
    assert "err-sum" in page
    assert client.get(reverse("practice:settings_members")).status_code == 200


@pytest.mark.parametrize("kind", ["wording", "fund", "stamp", "vat_treatment", "payment_method", "limit", "regime"])
def test_law_shows_each_kind_with_its_source(world, signed_in, kind):
    page = signed_in("carla").get(reverse("practice:settings_law"), {"kind": kind})
    assert page.status_code == 200
    assert all(source and source in _text(page) for _row, _name, _says, source in page.context["rows"])


def test_wording_is_set_printed_and_withdrawn(world, signed_in):
    client, list_url = signed_in("ada"), reverse("practice:settings_wordings", args=[world.studio.pk])
    new = reverse("practice:settings_wording_new", args=[world.studio.pk])
    first = client.get(new, {"key": "vat.EXEMPT_HEALTH", "from": "2027-01-01"})
    assert "10/2026" in first.context["form"]["text_it"].value()
    data = {"key": "vat.EXEMPT_HEALTH", "valid_from": "01/01/2020", "text_it": "Testo proprio di prova"}
    client.post(new, data)
    page = _text(client.get(list_url))
    assert page.count("Testo proprio di prova") == 2
    with acting(System("test")):
        row = EntityWording.objects.get()
    client.post(reverse("practice:settings_wording_withdraw", args=[row.pk]))
    assert "Testo proprio di prova" not in _text(client.get(list_url))


def test_wording_with_errors_says_them(world, signed_in):
    new = reverse("practice:settings_wording_new", args=[world.studio.pk])
    data = {"key": "vat.EXEMPT_HEALTH", "valid_from": "01/01/2027", "text_it": "Esente {who}"}
    assert 'href="#id_text_it"' in _text(signed_in("ada").post(new, data))
