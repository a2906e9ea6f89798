"""Numbering series: added, closed, and begun at another number while they are empty (SPEC practice 2.2)."""

from __future__ import annotations

import re

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering, Refused
from sportello.core.violations import RuleViolation
from sportello.parties.models import BillingEntity, Counter, Series, SeriesPurpose
from sportello.parties.permissions import check_may_edit_numbering
from sportello.parties.values import SeriesValues

_CODE = re.compile(r"[A-Z0-9]{1,8}")
LARGEST_START = 999_999


def add_series(*, actor: Actor, entity_id: int, values: SeriesValues) -> Series:
    """
    Add a series to an entity and return it.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``series_code_form``, ``series_code_taken``, ``series_purpose_taken``, ``choice_unknown``
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_numbering(actor)
        found = Gathering()
        code = "".join(values.code.split()).upper()
        if not _CODE.fullmatch(code):
            found.refuse("series_code_form", field="code")
        found.choice(values.purpose, frozenset(SeriesPurpose.values), field="purpose", empty=False)
        if Series.objects.filter(entity=entity, code=code).exists():
            found.refuse("series_code_taken", field="code")
        if _purpose_taken(entity.pk, values.purpose):
            found.refuse("series_purpose_taken", field="purpose")
        found.stop()
        series = Series.objects.create(entity=entity, code=code, purpose=values.purpose, yearly=values.yearly)
        audit.record(actor, "series.add", series, code=code, purpose=values.purpose, yearly=values.yearly)
    return series


def close_series(*, actor: Actor, series_id: int) -> None:
    """
    Close a series for papers to come; its numbers stay. The main and the credit series are always there.

    :raises Series.DoesNotExist: no such series for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``series_needed``
    """
    with acting(actor), transaction.atomic(durable=True):
        series = Series.objects.select_for_update(of=("self",)).get(pk=series_id)
        check_may_edit_numbering(actor)
        if series.purpose in {SeriesPurpose.MAIN, SeriesPurpose.CREDIT}:
            raise Refused.because(RuleViolation("series_needed", field="purpose"))
        _switch(actor, series, active=False)


def reopen_series(*, actor: Actor, series_id: int) -> None:
    """
    Open a closed series again.

    :raises Series.DoesNotExist: no such series for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``series_purpose_taken``, another one has its purpose now
    """
    with acting(actor), transaction.atomic(durable=True):
        series = Series.objects.select_for_update(of=("self",)).get(pk=series_id)
        check_may_edit_numbering(actor)
        if not series.is_active and _purpose_taken(series.entity_id, series.purpose):
            raise Refused.because(RuleViolation("series_purpose_taken", field="purpose"))
        _switch(actor, series, active=True)


def set_start_number(*, actor: Actor, series_id: int, year: int, number: int) -> Counter:
    """
    Let a series of a year begin at a number, for a practice that comes from another program.

    Once, only upwards, and only while the series is empty for that year. `year` is not looked at when the series never
    restarts.

    :raises Series.DoesNotExist: no such series for this actor
    :raises MayNot: only the owner may
    :raises Refused: ``series_not_empty``, ``start_number_set``, ``start_number_range``
    """
    with acting(actor), transaction.atomic(durable=True):
        series = Series.objects.get(pk=series_id)
        check_may_edit_numbering(actor)
        counted = year if series.yearly else 0
        Counter.objects.get_or_create(series=series, year=counted)
        counter = Counter.objects.select_for_update(of=("self",)).get(series=series, year=counted)
        old = counter.start_number
        _check_start(counter, number)
        counter.start_number, counter.last_number = number, number - 1
        counter.save(update_fields=["start_number", "last_number"])
        audit.record(actor, "series.start", series, year=counted, changes={"start_number": [old, number]})
    return counter


def _check_start(counter: Counter, number: int) -> None:
    if counter.last_date is not None or counter.last_number >= counter.start_number:
        raise Refused.because(RuleViolation("series_not_empty", field="number", last=counter.last_number))
    if counter.start_number > 1:
        raise Refused.because(RuleViolation("start_number_set", field="number", start=counter.start_number))
    if not 1 < number <= LARGEST_START:
        raise Refused.because(RuleViolation("start_number_range", field="number", largest=LARGEST_START))


def _purpose_taken(entity_id: int, purpose: str) -> bool:
    if purpose == SeriesPurpose.OTHER:
        return False
    return Series.objects.filter(entity_id=entity_id, purpose=purpose, is_active=True).exists()


def _switch(actor: Actor, series: Series, *, active: bool) -> None:
    if series.is_active == active:
        return
    series.is_active = active
    series.save(update_fields=["is_active"])
    audit.record(actor, "series.reopen" if active else "series.close", series, code=series.code)
