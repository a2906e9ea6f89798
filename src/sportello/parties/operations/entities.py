"""Billing entities: who issues, how to reach them, what stands in the head of their papers."""

from __future__ import annotations

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.files.content import Purpose
from sportello.core.files.keeping import keep, write
from sportello.core.refusals import Gathering, Refused
from sportello.core.violations import RuleViolation
from sportello.parties.changes import changes, snapshot
from sportello.parties.contacts import check_email, check_phone, checked_address
from sportello.parties.models import BillingEntity, Counter, Series, SeriesPurpose, TaxKind
from sportello.parties.permissions import check_may_edit_fiscal_settings
from sportello.parties.rules import check_partita_iva
from sportello.parties.values import EntityValues

FIRST_SERIES = (
    ("A", SeriesPurpose.MAIN),
    ("E", SeriesPurpose.ELECTRONIC),
    ("NC", SeriesPurpose.CREDIT),
    ("BIS", SeriesPurpose.LATE),
)
"""The series a new entity begins with (SPEC practice 2.2)."""

_TEXTS = (
    ("title", 40),
    ("profession", 60),
    ("register", 120),
    ("register_number", 30),
    ("insurer", 120),
    ("policy_number", 60),
    ("footer", 300),
)
_COLUMNS = (
    "name",
    "partita_iva",
    "tax_kind",
    "codice_fiscale",
    "street",
    "postal_code",
    "city",
    "province",
    "country",
    "email",
    "pec",
    "phone",
    "accountant_sees_names",
    "is_active",
    *(name for name, _longest in _TEXTS),
)


def create_entity(*, actor: Actor, values: EntityValues) -> BillingEntity:
    """
    Add a billing entity with its first four series and return it. It issues once it has fiscal terms.

    :raises MayNot: only the owner may
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_fiscal_settings(actor)
        entity = BillingEntity(practice_id=actor.party_id)
        _write(entity, values)
        entity.save(force_insert=True)
        Series.objects.bulk_create(Series(entity=entity, code=code, purpose=purpose) for code, purpose in FIRST_SERIES)
        audit.record(actor, "entity.create", entity, entity=entity.pk)
    return entity


def edit_entity(*, actor: Actor, entity_id: int, values: EntityValues) -> BillingEntity:
    """
    Change a billing entity and return it. Issued papers keep what they bear.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason; ``partita_iva_in_use``, it has issued under the old one
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        before = snapshot(entity, _COLUMNS)
        _write(entity, values)
        if before["partita_iva"] != entity.partita_iva and has_issued(entity.pk):
            raise Refused.because(RuleViolation("partita_iva_in_use", field="partita_iva"))
        changed = changes(before, entity)
        if changed:
            entity.save()
            audit.record(
                actor, "entity.edit", audit.Subject("billingentity", entity.pk, None, entity.pk), changes=changed
            )
    return entity


def set_logo(*, actor: Actor, entity_id: int, picture: bytes, name: str) -> BillingEntity:
    """
    Put a picture (PNG or JPEG by its content) in the head of the entity's papers. Those issued keep the old one.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises FileRefused: empty, too large, another type, a picture that does not open
    :raises StorageFull: no room for it
    """
    with acting(actor):
        BillingEntity.objects.only("pk").get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        written = write(picture, party_id=actor.party_id, purpose=Purpose.LOGO, name=name)
        with transaction.atomic(durable=True):
            entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
            entity.logo = keep(written)
            entity.save(update_fields=["logo"])
            audit.record(actor, "entity.logo", _about(entity), sha256=written.sha256, size=written.size)
    return entity


def remove_logo(*, actor: Actor, entity_id: int) -> None:
    """
    Take the picture out of the head of papers to come; its file is kept for those already issued.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        if entity.logo_id is None:
            return
        entity.logo = None
        entity.save(update_fields=["logo"])
        audit.record(actor, "entity.logo_remove", _about(entity))


def has_issued(entity_id: int) -> bool:
    """Tell whether an entity ever issued a paper: one of its counters has given a number."""
    return Counter.objects.filter(series__entity_id=entity_id, last_date__isnull=False).exists()


def _about(entity: BillingEntity) -> audit.Subject:
    return audit.Subject("billingentity", entity.pk, None, entity.pk)


def _write(entity: BillingEntity, values: EntityValues) -> None:
    found = Gathering()
    address = checked_address(values.address, found, needed=True)
    entity.name = found.text(values.name, field="name", longest=120, needed=True)
    entity.tax_kind = found.choice(values.tax_kind, frozenset(TaxKind.values), field="tax_kind", empty=False)
    number = found.attempt(lambda: check_partita_iva(values.partita_iva), None)
    entity.partita_iva = number.number if number else ""
    entity.codice_fiscale = _code(values, found)
    for name, longest in _TEXTS:
        setattr(entity, name, found.text(getattr(values, name), field=name, longest=longest))
    entity.email = found.attempt(lambda: check_email(values.email), "")
    entity.pec = found.attempt(lambda: check_email(values.pec, field="pec"), "")
    entity.phone = found.attempt(lambda: check_phone(values.phone, country=address.country), "")
    entity.accountant_sees_names, entity.is_active = values.accountant_sees_names, values.is_active
    entity.street, entity.postal_code, entity.city = address.street, address.postal_code, address.city
    entity.province, entity.country = address.province, address.country
    _check_once(entity, found)
    found.stop()


def _code(values: EntityValues, found: Gathering) -> str:
    """Return the issuer's codice fiscale: sixteen characters of a person, eleven digits of a company."""
    code = "".join(values.codice_fiscale.split()).upper()
    if not code:
        if values.tax_kind == TaxKind.PERSON:
            found.refuse("issuer_code_missing", field="codice_fiscale")
        return ""
    return found.attempt(lambda: check_issuer_code(code), code)


def check_issuer_code(code: str) -> str:
    """
    Return a normalised codice fiscale that can exist.

    :raises RuleViolation: ``codice_fiscale_length``, ``codice_fiscale_check_digit`` and the like, of its form
    """
    from stdnum.it import codicefiscale

    if not codicefiscale.is_valid(code):
        wrong = "codice_fiscale_form" if len(code) in {11, 16} else "codice_fiscale_length"
        raise RuleViolation(wrong, field="codice_fiscale", length=len(code))
    return code


def _check_once(entity: BillingEntity, found: Gathering) -> None:
    same = BillingEntity.objects.filter(
        practice_id=entity.practice_id, partita_iva=entity.partita_iva, name=entity.name
    )
    if same.exclude(pk=entity.pk).exists():
        found.refuse("entity_exists", field="name")
