from dataclasses import replace

import pytest

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import AuditEntry
from sportello.parties.contacts import Address
from sportello.patients.checks import checked_customer
from sportello.patients.models import Customer
from sportello.patients.operations import (
    Refused,
    archive_customer,
    create_customer,
    edit_customer,
    open_customer,
    restore_customer,
)
from sportello.patients.queries import (
    CustomerFilter,
    customer_choices,
    customer_counts,
    customer_detail,
    customer_page,
    customer_rows,
    same_number,
)
from sportello.patients.values import CustomerValues
from tests.world import only

BETA = CustomerValues(
    kind="company",
    name="Beta  Prova S.r.l.",
    partita_iva="IT 0555555 0374",
    address=Address("Via Prova 2", "40100", "Bologna", "BO"),
    sdi_code="m5uxcr1",
    withholding_agent=True,
)


def _names(page):
    return [row.name for row in page.rows]


def test_create_customer_keeps_what_was_typed_forgiving_its_form(world):
    pk = create_customer(actor=world.ada, values=BETA).pk
    values = customer_detail(world.elena, pk).values
    assert (values.name, values.partita_iva, values.sdi_code) == ("Beta Prova S.r.l.", "05555550374", "M5UXCR1")


def test_create_customer_with_the_switch_invoices_alone_may(world):
    assert create_customer(actor=only(world.elena, Switch.INVOICES), values=BETA).pk


@pytest.mark.parametrize("who", ["nothing", "accountant"])
def test_create_customer_without_a_switch_may_not(world, who):
    with pytest.raises(MayNot):
        create_customer(actor=only(world.elena) if who == "nothing" else world.carla, values=BETA)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": " "}, "name", "text_missing"),
        ({"kind": "club"}, "kind", "choice_unknown"),
        ({"partita_iva": "05555550375"}, "partita_iva", "partita_iva_check_digit"),
        ({"codice_fiscale": "123"}, "codice_fiscale", "codice_fiscale_length"),
        ({"sdi_code": "ABC"}, "sdi_code", "recipient_code_form"),
        ({"kind": "public_body"}, "sdi_code", "recipient_code_form"),
        ({"kind": "person"}, "withholding_agent", "person_withholds_nothing"),
        ({"pec": "beta@pec"}, "pec", "email_domain_missing"),
        ({"cig": "1"}, "cig", "cig_form"),
        ({"cup": "1"}, "cup", "cup_form"),
    ],
)
def test_create_customer_with_a_wrong_value_is_refused(world, change, field, code):
    with pytest.raises(Refused) as refused:
        create_customer(actor=world.ada, values=replace(BETA, **change))
    assert [(each.field, each.code) for each in refused.value.refusals] == [(field, code)]


def test_checked_customer_warns_of_what_issuing_will_ask():
    _values, found = checked_customer(replace(BETA, partita_iva="", sdi_code=""))
    assert {each.code for each in found.notices} == {"customer_without_number", "customer_without_delivery"}
    assert not found.refusals


def test_checked_customer_from_abroad_keeps_its_own_number():
    values, found = checked_customer(replace(BETA, partita_iva="fr 12 345678901", address=Address(country="FR")))
    assert (values.partita_iva, found.refusals) == ("FR12345678901", [])


def test_edit_customer_names_the_fields_that_changed(world):
    pk = create_customer(actor=world.ada, values=BETA).pk
    edit_customer(actor=world.ada, customer_id=pk, values=replace(BETA, pec="beta@pec.example"))
    edit_customer(actor=world.ada, customer_id=pk, values=replace(BETA, pec="beta@pec.example"))
    with acting(System("test")):
        assert AuditEntry.objects.get(action="customer.edit").details == {"fields": ["pec"]}


@pytest.mark.parametrize("operation", [archive_customer, restore_customer, open_customer])
def test_customer_of_another_practice_is_not_found(world, operation):
    with pytest.raises(Customer.DoesNotExist):
        operation(actor=world.olga, customer_id=world.company.pk)


@pytest.mark.parametrize("operation", [archive_customer, restore_customer, open_customer])
def test_customer_without_a_switch_may_not_be_touched(world, operation):
    with pytest.raises(MayNot):
        operation(actor=only(world.elena), customer_id=world.company.pk)


def test_edit_customer_of_another_practice_is_not_found(world):
    with pytest.raises(Customer.DoesNotExist):
        edit_customer(actor=world.olga, customer_id=world.company.pk, values=BETA)


def test_edit_customer_without_a_switch_may_not(world):
    with pytest.raises(MayNot):
        edit_customer(actor=only(world.elena), customer_id=world.company.pk, values=BETA)


def test_archive_customer_leaves_the_list_and_comes_back(world):
    archive_customer(actor=world.ada, customer_id=world.company.pk)
    assert world.company.name not in _names(customer_page(world.ada))
    assert _names(customer_page(world.ada, which=CustomerFilter.ARCHIVED)) == [world.company.name]
    restore_customer(actor=world.ada, customer_id=world.company.pk)
    assert customer_counts(world.ada).archived == 0


def test_open_customer_leaves_a_trace(world):
    open_customer(actor=world.ada, customer_id=world.company.pk)
    with acting(System("test")):
        assert AuditEntry.objects.get(action="customer.read").object_id == world.company.pk


def test_customer_counts_agree_with_the_lists(world):
    counts = customer_counts(world.ada)
    for which in CustomerFilter:
        assert counts.of(which) == customer_page(world.ada, which=which).total
    assert (counts.all, counts.public) == (3, 1)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("clin", ["Clinica Prova S.r.l."]),
        ("prova alfa", ["Alfa Prova S.p.A."]),
        ("0333333", ["Alfa Prova S.p.A."]),
        ("alfa@pec", ["Alfa Prova S.p.A."]),
        ("zzz", []),
        ("...", []),
    ],
)
def test_customer_page_finds_by_name_number_and_address(world, words, found):
    assert _names(customer_page(world.ada, words=words)) == found


def test_customer_page_pages_by_key(world, django_assert_num_queries):
    first = customer_page(world.ada, size=2)
    with django_assert_num_queries(3):
        second = customer_page(world.ada, size=2, after=first.after)
    assert _names(first) + _names(second) == sorted([world.company.name, world.clinic.name, world.school.name])
    assert customer_page(world.ada, size=2, before=second.before) == first


def test_customer_rows_are_those_of_the_list(world):
    rows = customer_rows(world.ada, which=CustomerFilter.ALL, words="prova")
    assert [row.values.name for row in rows] == _names(customer_page(world.ada, words="prova"))


def test_customer_choices_are_of_the_own_practice(world):
    assert [each.id for each in customer_choices(world.olga)] == [world.twin_company.pk]


def test_same_number_names_the_others_of_the_practice(world):
    assert [each.id for each in same_number(world.ada, "03333330375")] == [world.company.pk]
    assert same_number(world.ada, "03333330375", but=world.company.pk) == []
    assert same_number(world.ada, "") == []
