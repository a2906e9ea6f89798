"""An entity's own texts in the place of the legal ones, each from a day on (SPEC practice 2.17)."""

from __future__ import annotations

import string
from datetime import date

from django.db import transaction

from sportello.billing.models import EntityWording, Invoice
from sportello.billing.reference import Kind
from sportello.billing.terms import law_on
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.languages import CODES
from sportello.core.refusals import Gathering
from sportello.parties.models import BillingEntity
from sportello.parties.permissions import check_may_edit_fiscal_settings

LONGEST = 500


def set_wording(
    *, actor: Actor, entity_id: int, key: str, valid_from: date, text: str, texts: dict[str, str]
) -> EntityWording:
    """
    Print an entity's own text in the place of a legal wording, from a day on, and return the record.

    A text of the same day is replaced while nothing was issued on that day or later.

    :param text: Italian, the one that counts; fields in braces must be those of the legal wording
    :param texts: courtesy translations by language
    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason: ``wording_unknown``, ``wording_fields``, ``wording_before_issued``…
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        found = Gathering()
        clean = found.text(text, field="text_it", longest=LONGEST, needed=True)
        wanted = _fields_of(key, valid_from, found)
        if wanted is not None:
            _check_fields(clean, wanted, "text_it", found)
        courtesy = _courtesy(texts, wanted, found)
        latest = _latest_issued(entity.pk)
        if latest is not None and valid_from <= latest:
            found.refuse("wording_before_issued", field="valid_from", latest=latest)
        found.stop()
        row, _made = EntityWording.objects.update_or_create(
            entity=entity, key=key, valid_from=valid_from, defaults={"text_it": clean, "texts": courtesy}
        )
        audit.record(actor, "wording.set", row, key=key, valid_from=valid_from, languages=["it", *sorted(courtesy)])
    return row


def withdraw_wording(*, actor: Actor, wording_id: int) -> None:
    """
    Take an own text back; the one before it, or the legal wording, is printed again.

    :raises EntityWording.DoesNotExist: no such text for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``wording_before_issued``, papers bear it
    """
    with acting(actor), transaction.atomic(durable=True):
        row = EntityWording.objects.select_for_update(of=("self",)).get(pk=wording_id)
        check_may_edit_fiscal_settings(actor)
        found = Gathering()
        latest = _latest_issued(row.entity_id)
        if latest is not None and row.valid_from <= latest:
            found.refuse("wording_before_issued", field="valid_from", latest=latest)
        found.stop()
        about, key, begins = audit.subject(row), row.key, row.valid_from
        row.delete()
        audit.record(actor, "wording.withdraw", about, key=key, valid_from=begins)


def _latest_issued(entity_id: int) -> date | None:
    rows = Invoice.objects.filter(entity_id=entity_id, issued_on__isnull=False)
    return rows.order_by("-issued_on").values_list("issued_on", flat=True).first()


def fields_in(text: str) -> frozenset[str] | None:
    """
    Return the names in braces of a wording, None when braces do not match.

    >>> sorted(fields_in("Marca {stamp_id} del {day}") or ())
    ['day', 'stamp_id']
    """
    try:
        return frozenset(name for _text, name, _form, _turn in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return None


def _fields_of(key: str, on: date, found: Gathering) -> frozenset[str] | None:
    law = law_on(on)
    if key not in law.reference.keys(Kind.WORDING, on):
        found.refuse("wording_unknown", field="key")
        return None
    return fields_in(law.reference.record(Kind.WORDING, key, on).values["it"])


def _check_fields(text: str, wanted: frozenset[str], field: str, found: Gathering) -> None:
    given = fields_in(text)
    if given is None or not given <= wanted:
        found.refuse("wording_fields", field=field, allowed=", ".join(sorted(f"{{{name}}}" for name in wanted)))


def _courtesy(texts: dict[str, str], wanted: frozenset[str] | None, found: Gathering) -> dict[str, str]:
    kept: dict[str, str] = {}
    for code, text in texts.items():
        found.choice(code, CODES, field="texts", empty=False)
        clean = found.text(text, field=f"text_{code}", longest=LONGEST)
        if clean and code != "it":
            _check_fields(clean, wanted or frozenset(), f"text_{code}", found)
            kept[code] = clean
    return kept
