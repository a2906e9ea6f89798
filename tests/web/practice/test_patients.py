import re
from html import unescape

import pytest
from django.urls import reverse

from sportello.core.actors import System, acting
from sportello.core.models import AuditEntry
from sportello.parties.models import Membership
from sportello.patients.models import Patient
from tests.world import BRUNO_CODE

NEW = {
    "given_name": "Zoë",
    "family_name": "Prova",
    "codice_fiscale": "",
    "language": "it",
    "country": "IT",
    "portal_allowed": "on",
}
HTMX = {"HX-Request": "true"}
ROUTES = {
    "practice:patients": (),
    "practice:patients_csv": (),
    "practice:patient_new": (),
    "practice:patient": ("bruno",),
    "practice:patient_edit": ("bruno",),
    "practice:patient_archive": ("bruno",),
    "practice:representative_new": ("bruno",),
    "practice:representative_end": ("gina",),
    "practice:customers": (),
    "practice:customers_csv": (),
    "practice:customer_new": (),
    "practice:customer": ("company",),
    "practice:customer_edit": ("company",),
    "practice:customer_archive": ("company",),
}


def _url(world, route):
    return reverse(route, args=[getattr(world, name).pk for name in ROUTES[route]])


def _text(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return unescape(re.sub(r"\s+", " ", content.decode()))


def _new(**more):
    return NEW | more


@pytest.mark.parametrize("route", ROUTES)
def test_page_opens_for_the_owner(world, signed_in, route):
    assert signed_in("ada").get(_url(world, route)).status_code == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if ROUTES[route]])
def test_page_of_another_practice_is_the_same_404_as_of_nothing(world, signed_in, route):
    foreign = signed_in("olga").get(_url(world, route))
    nothing = signed_in("olga").get(reverse(route, args=[987654321]))
    assert (foreign.status_code, nothing.status_code) == (404, 404)
    body = [re.sub(r"csrf\S+|value=\"\S+\"|X-CSRFToken[^}]+", "", _text(each)) for each in (foreign, nothing)]
    assert body[0] == body[1]


@pytest.mark.parametrize("route", ROUTES)
def test_page_without_the_switches_is_403(world, signed_in, route):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=[])
    assert signed_in("elena").get(_url(world, route)).status_code == 403


@pytest.mark.parametrize("route", ROUTES)
def test_page_for_the_accountant_is_403(world, signed_in, route):
    assert signed_in("carla").get(_url(world, route)).status_code == 403


@pytest.mark.parametrize("route", ROUTES)
def test_page_for_nobody_asks_to_sign_in(world, client, route):
    response = client.get(_url(world, route))
    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


@pytest.mark.parametrize("name", ["archive", "restore"])
def test_archive_by_a_collaborator_is_403(world, signed_in, name):
    url = reverse(f"practice:patient_{name}", args=[world.bruno.pk])
    assert signed_in("elena").post(url).status_code == 403


def test_list_shows_the_own_patients_and_no_others(world, signed_in):
    page = _text(signed_in("ada").get(reverse("practice:patients")))
    assert "Verdi Bruno" in page
    assert BRUNO_CODE in page
    assert f'/patients/{world.twin.pk}/"' not in page


def test_list_searches_without_a_name_in_the_address(world, signed_in):
    client = signed_in("ada")
    response = client.post(
        reverse("practice:search"), {"words": "bruno", "to": reverse("practice:patients")}, follow=True
    )
    page = _text(response)
    assert "Verdi Bruno" in page
    assert "Verdi Mia" not in page
    assert "bruno" not in response.redirect_chain[0][0].lower()


def test_list_for_htmx_is_the_list_alone_and_the_same(world, signed_in):
    client = signed_in("ada")
    fragment = client.get(reverse("practice:patients"), headers=HTMX).content.decode().strip()
    assert fragment.startswith('<section class="box" id="list"')
    whole = client.get(reverse("practice:patients")).content.decode()
    strip = r'value="[^"]*"'
    assert re.sub(strip, "", fragment) in re.sub(strip, "", whole)


@pytest.mark.parametrize(("view", "name"), [("minors", "Verdi Mia"), ("archived", "Zanetti Lino")])
def test_list_filters_by_the_address(world, signed_in, view, name):
    page = _text(signed_in("ada").get(reverse("practice:patients"), {"view": view}))
    assert name in page
    assert "Verdi Bruno" not in page


def test_list_queries_do_not_grow(world, signed_in, django_assert_max_num_queries):
    client = signed_in("ada")
    client.get(reverse("practice:patients"))
    with django_assert_max_num_queries(18):
        client.get(reverse("practice:patients"))


def test_list_of_a_new_practice_says_what_to_do_first(world, signed_in):
    with acting(System("test")):
        Patient.objects.filter(practice=world.bianchi.party).update(practice=world.rossi.party, codice_fiscale_hash="")
    page = _text(signed_in("olga").get(reverse("practice:patients")))
    assert reverse("practice:patient_new") in page
    assert 'class="box emp"' in page


def test_csv_is_what_the_list_shows_and_is_audited(world, signed_in):
    with acting(System("test")):
        Patient.objects.filter(pk=world.mia.pk).update(family_name="=cmd()")
    response = signed_in("ada").get(reverse("practice:patients_csv"), {"view": "minors"})
    lines = _text(response)
    assert "'=cmd()" in lines
    assert "Bruno" not in lines
    assert response["Content-Disposition"] == 'attachment; filename="patients.csv"'
    with acting(System("test")):
        assert AuditEntry.objects.get(action="patient.export").details["rows"] == 1


def test_new_patient_is_saved_and_shown(world, signed_in):
    response = signed_in("elena").post(reverse("practice:patient_new"), _new(), follow=True)
    with acting(System("test")):
        made = Patient.objects.get(family_name="Prova")
    assert response.redirect_chain[-1][0] == reverse("practice:patient", args=[made.pk])
    assert "Zoë Prova" in _text(response)


def test_new_patient_with_errors_keeps_what_was_typed(world, signed_in):
    data = _new(codice_fiscale="rssmra 85t50 a944a", email="maria.rossi@", given_name="Maria", family_name="Rossi")
    page = _text(signed_in("ada").post(reverse("practice:patient_new"), data))
    assert 'href="#id_codice_fiscale"' in page
    assert 'href="#id_email"' in page
    assert 'value="rssmra 85t50 a944a"' in page
    assert 'value="codice_fiscale:RSSMRA85T50A944G"' in page


def test_new_patient_repair_fills_the_field_without_saving(world, signed_in):
    data = _new(codice_fiscale="RSSMRA85T50A944A", _repair="codice_fiscale:RSSMRA85T50A944G")
    page = _text(signed_in("ada").post(reverse("practice:patient_new"), data))
    assert 'value="RSSMRA85T50A944G"' in page
    with acting(System("test")):
        assert not Patient.objects.filter(family_name="Prova").exists()


def test_new_patient_whose_code_says_otherwise_is_warned_and_saved(world, signed_in):
    data = _new(
        given_name="Maria", family_name="Rossi", codice_fiscale="RSSMRA85T50A944G", born_on="10/11/1985", sex="F"
    )
    client = signed_in("ada")
    checked = _text(client.post(reverse("practice:patient_check", args=["born_on"]), data, headers=HTMX))
    assert "10/12/1985" in checked
    assert "field warn" in checked
    assert client.post(reverse("practice:patient_new"), data).status_code == 302


def test_new_patient_with_a_taken_code_links_to_the_other(world, signed_in):
    client, data = signed_in("ada"), _new(codice_fiscale=BRUNO_CODE)
    link = f'href="{reverse("practice:patient", args=[world.bruno.pk])}"'
    assert link in _text(client.post(reverse("practice:patient_new"), data))
    assert link in _text(client.post(reverse("practice:patient_check", args=["codice_fiscale"]), data, headers=HTMX))


def test_new_patient_alike_asks_once(world, signed_in):
    client, data = signed_in("ada"), _new(given_name="Bruno", family_name="Verdi", born_on="12/05/1980")
    page = _text(client.post(reverse("practice:patient_new"), data))
    assert 'name="is_another" value="1"' in page
    assert reverse("practice:patient", args=[world.bruno.pk]) in page
    assert client.post(reverse("practice:patient_new"), data | {"is_another": "1"}).status_code == 302


def test_new_patient_picks_a_place_of_the_list(world, signed_in):
    client = signed_in("ada")
    offered = _text(client.post(reverse("practice:patient_places"), {"birth_place": "bolog"}, headers=HTMX))
    assert 'value="Bologna (BO, A944)"' in offered
    client.post(reverse("practice:patient_new"), _new(birth_place="Bologna (BO, A944)"))
    with acting(System("test")):
        made = Patient.objects.get(family_name="Prova")
    assert (made.birth_place, made.birth_place_code) == ("Bologna", "A944")


def test_check_of_an_unknown_field_is_404(world, signed_in):
    url = reverse("practice:patient_check", args=["folded_name"])
    assert signed_in("ada").post(url, NEW).status_code == 404


def test_edit_patient_shows_and_saves_the_data(world, signed_in):
    client, url = signed_in("elena"), reverse("practice:patient_edit", args=[world.bruno.pk])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    data["born_on"] = "12/05/1980"
    assert client.post(url, data | {"city": "Imola"}).status_code == 302
    with acting(System("test")):
        assert AuditEntry.objects.get(action="patient.edit").details == {"fields": ["city"]}


def test_edit_patient_keeps_a_follower_and_a_customer_who_are_gone_from_the_lists(world, signed_in):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(is_active=False)
        world.company.archived_at = "2026-01-01T00:00:00+00:00"
        world.company.save()
        Patient.objects.filter(pk=world.bruno.pk).update(
            followed_by=world.people["elena"], default_customer=world.company.pk
        )
    client, url = signed_in("ada"), reverse("practice:patient_edit", args=[world.bruno.pk])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    assert client.post(url, data | {"born_on": "12/05/1980", "city": "Imola"}).status_code == 302
    with acting(System("test")):
        kept = Patient.objects.get(pk=world.bruno.pk)
    assert (kept.followed_by_id, kept.default_customer_id) == (world.people["elena"].pk, world.company.pk)


def test_record_is_written_down_and_shows_the_timeline(world, signed_in):
    client, url = signed_in("elena"), reverse("practice:patient", args=[world.mia.pk])
    client.get(url)
    page = _text(client.get(url))
    assert "Gina Verdi" in page
    assert "Elena Neri" in page
    with acting(System("test")):
        assert AuditEntry.objects.filter(action="patient.read", patient_id=world.mia.pk).count() == 2


def test_archive_asks_then_does_and_comes_back(world, signed_in):
    client, url = signed_in("ada"), reverse("practice:patient_archive", args=[world.bruno.pk])
    assert "Bruno Verdi" in _text(client.get(url))
    client.post(url)
    assert "Verdi Bruno" in _text(client.get(reverse("practice:patients"), {"view": "archived"}))
    client.post(reverse("practice:patient_restore", args=[world.bruno.pk]))
    assert "Verdi Bruno" in _text(client.get(reverse("practice:patients")))


def test_representative_is_added_and_ended(world, signed_in):
    client, record = signed_in("ada"), reverse("practice:patient", args=[world.mia.pk])
    data = {
        "role": "parent",
        "given_name": "Dino",
        "family_name": "Verdi",
        "language": "it",
        "country": "IT",
        "powers": ["may_consent"],
        "since_on": "05/09/2018",
    }
    client.post(reverse("practice:representative_new", args=[world.mia.pk]), data)
    assert "Dino Verdi" in _text(client.get(record))
    client.post(reverse("practice:representative_end", args=[world.gina.pk]), {"until_on": "01/03/2026"})
    assert "01/03/2026" in _text(client.get(record))


def test_representative_with_errors_says_them(world, signed_in):
    url = reverse("practice:representative_new", args=[world.mia.pk])
    page = _text(signed_in("ada").post(url, {"role": "parent", "language": "it", "since_on": "ieri"}))
    for field in ("since_on",):
        assert f'href="#id_{field}"' in page
    ended = reverse("practice:representative_end", args=[world.gina.pk])
    assert "err-sum" in _text(signed_in("ada").post(ended, {"until_on": "01/01/2000"}))


def test_customer_is_added_changed_and_archived(world, signed_in):
    client = signed_in("elena")
    data = {"kind": "company", "name": "Beta Prova", "partita_iva": "05555550374", "country": "IT", "language": "it"}
    response = client.post(reverse("practice:customer_new"), data, follow=True)
    url = response.redirect_chain[-1][0]
    assert "Beta Prova" in _text(response)
    client.post(f"{url}edit/", data | {"sdi_code": "M5UXCR1"})
    assert "M5UXCR1" in _text(client.get(url))
    client.post(f"{url}archive/")
    assert "Beta Prova" not in _text(client.get(reverse("practice:customers")))
    client.post(f"{url}restore/")
    assert "Beta Prova" in _text(client.get(reverse("practice:customers")))


def test_customer_with_errors_says_them(world, signed_in):
    data = {"kind": "company", "name": "", "partita_iva": "123", "country": "IT", "language": "it"}
    page = _text(signed_in("ada").post(reverse("practice:customer_new"), data))
    assert 'href="#id_name"' in page
    assert 'href="#id_partita_iva"' in page
    assert "field warn" in page


def test_customer_check_names_the_one_with_the_same_number(world, signed_in):
    url = reverse("practice:customer_check", args=["partita_iva"])
    data = {"kind": "company", "name": "X", "partita_iva": "IT 03333330375", "country": "IT", "language": "it"}
    assert world.company.name in _text(signed_in("ada").post(url, data, headers=HTMX))
    own = data | {"customer_id": world.company.pk}
    assert world.company.name not in _text(signed_in("ada").post(url, own, headers=HTMX))


def test_customers_csv_has_no_row_of_another_practice(world, signed_in):
    lines = _text(signed_in("ada").get(reverse("practice:customers_csv")))
    assert lines.count("Alfa Prova") == 1


def test_menu_shows_customers_to_who_may_not_see_patients(world, signed_in):
    with acting(System("test")):
        Membership.objects.filter(person=world.people["elena"]).update(switches=["invoices"])
    page = _text(signed_in("elena").get(reverse("practice:customers")))
    assert f'href="{reverse("practice:patients")}"' not in page
    assert f'href="{reverse("practice:customers")}"' in page
