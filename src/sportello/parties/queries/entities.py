"""Billing entities as the settings show them: head, dated terms, series with their numbers, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sportello.core.actors import Actor, Who, acting
from sportello.core.models import StoredFile
from sportello.parties.contacts import Address, spoken_phone
from sportello.parties.models import BankAccount, BillingEntity, Counter, FiscalTerms, Series, SeriesPurpose
from sportello.parties.rules import grouped_iban
from sportello.parties.values import EntityValues, TermsValues


@dataclass(frozen=True, slots=True)
class EntityRow:
    """An entity in the list of the settings; regime and fund are today's, "" while it has no terms."""

    id: int
    name: str
    partita_iva: str
    regime: str
    fund: str
    fund_rate: Decimal
    is_active: bool


@dataclass(frozen=True, slots=True)
class TermsShown:
    """Terms with their place in time: `state` is PAST, CURRENT or FUTURE, `until` the last day (None: open)."""

    id: int
    values: TermsValues
    until: date | None
    state: str
    is_issued_under: bool


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """
    A series with the number it gives next this year; `may_start` while a first number may still be chosen.

    `has_numbers` tells whether it ever gave one.
    """

    id: int
    code: str
    purpose: str
    yearly: bool
    is_active: bool
    next_number: int
    last_date: date | None
    may_start: bool
    has_numbers: bool


@dataclass(frozen=True, slots=True, repr=False)
class AccountShown:
    """An IBAN, in groups of four for people."""

    id: int
    label: str
    iban: str
    is_default: bool
    is_active: bool


@dataclass(frozen=True, slots=True, repr=False)
class EntityDetail:
    """One entity's pages."""

    id: int
    values: EntityValues
    logo_id: int | None
    terms: Sequence[TermsShown]
    series: Sequence[SeriesShown]
    accounts: Sequence[AccountShown]

    @property
    def current(self) -> TermsShown | None:
        """Return the terms in force today."""
        return next((each for each in self.terms if each.state == "CURRENT"), None)


def entity_rows(actor: Actor, *, today: date) -> list[EntityRow]:
    """Return the entities that the actor was granted, open ones first, in two queries."""
    with acting(actor):
        entities = list(BillingEntity.objects.order_by("-is_active", "name", "pk"))
        rows = FiscalTerms.objects.filter(entity__in=[each.pk for each in entities], valid_from__lte=today)
        current = {row.entity_id: row for row in rows.order_by("valid_from")}
    return [_row(entity, current.get(entity.pk)) for entity in entities]


def entity_choices(actor: Who) -> list[tuple[int, str]]:
    """Return id and name of the open entities that the actor was granted."""
    with acting(actor):
        return list(BillingEntity.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name"))


def entity_detail(actor: Actor, entity_id: int, *, today: date) -> EntityDetail:
    """
    Return one entity with its terms (newest first), series and accounts, in five queries.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        entity = BillingEntity.objects.get(pk=entity_id)
        counters = list(Counter.objects.filter(series__entity_id=entity.pk))
        series = list(Series.objects.filter(entity_id=entity.pk))
        accounts = list(BankAccount.objects.filter(entity_id=entity.pk).order_by("-is_active", "-is_default", "label"))
        terms = _terms(entity.pk, counters, today)
    return EntityDetail(
        id=entity.pk,
        values=_values(entity),
        logo_id=entity.logo_id,
        terms=terms,
        series=sorted((_series(row, counters, today) for row in series), key=_series_order),
        accounts=[
            AccountShown(row.pk, row.label, grouped_iban(row.iban), row.is_default, row.is_active) for row in accounts
        ],
    )


def terms_of(actor: Actor, entity_id: int, *, today: date) -> list[TermsShown]:
    """
    Return an entity's terms, newest first.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        BillingEntity.objects.only("pk").get(pk=entity_id)
        return _terms(entity_id, list(Counter.objects.filter(series__entity_id=entity_id)), today)


def logo_of(actor: Actor, entity_id: int) -> StoredFile:
    """
    Return the file of an entity's logo.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises StoredFile.DoesNotExist: it has none
    """
    with acting(actor):
        entity = BillingEntity.objects.only("logo_id").get(pk=entity_id)
        return StoredFile.objects.get(pk=entity.logo_id or 0)


def _row(entity: BillingEntity, terms: FiscalTerms | None) -> EntityRow:
    return EntityRow(
        id=entity.pk,
        name=entity.name,
        partita_iva=entity.partita_iva,
        regime=terms.regime if terms else "",
        fund=terms.fund if terms else "",
        fund_rate=terms.fund_rate if terms else Decimal(0),
        is_active=entity.is_active,
    )


def _values(entity: BillingEntity) -> EntityValues:
    return EntityValues(
        name=entity.name,
        partita_iva=entity.partita_iva,
        tax_kind=entity.tax_kind,
        codice_fiscale=entity.codice_fiscale,
        title=entity.title,
        address=Address(entity.street, entity.postal_code, entity.city, entity.province, entity.country),
        email=entity.email,
        pec=entity.pec,
        phone=spoken_phone(entity.phone) if entity.phone else "",
        profession=entity.profession,
        register=entity.register,
        register_number=entity.register_number,
        insurer=entity.insurer,
        policy_number=entity.policy_number,
        footer=entity.footer,
        accountant_sees_names=entity.accountant_sees_names,
        is_active=entity.is_active,
    )


def _terms(entity_id: int, counters: list[Counter], today: date) -> list[TermsShown]:
    rows = list(FiscalTerms.objects.filter(entity_id=entity_id).order_by("-valid_from"))
    issued = max((each.last_date for each in counters if each.last_date), default=None)
    shown: list[TermsShown] = []
    begins: date | None = None
    current = next((row.pk for row in rows if row.valid_from <= today), None)
    for row in rows:
        until = date.fromordinal(begins.toordinal() - 1) if begins else None
        state = "FUTURE" if row.valid_from > today else "CURRENT" if row.pk == current else "PAST"
        shown.append(TermsShown(row.pk, _terms_values(row), until, state, bool(issued and issued >= row.valid_from)))
        begins = row.valid_from
    return shown


def _terms_values(row: FiscalTerms) -> TermsValues:
    return TermsValues(
        valid_from=row.valid_from,
        regime=row.regime,
        fund=row.fund,
        fund_rate=row.fund_rate,
        withholding_rate=row.withholding_rate,
        stamp_policy=row.stamp_policy,
        stamp_nature=row.stamp_nature,
        stamp_mode=row.stamp_mode,
        stamp_authorisation=row.stamp_authorisation,
        stamp_authorised_on=row.stamp_authorised_on,
        stamp_inside_round_price=row.stamp_inside_round_price,
    )


def _series(row: Series, counters: list[Counter], today: date) -> SeriesShown:
    year = today.year if row.yearly else 0
    own = [each for each in counters if each.series_id == row.pk]
    counter = next((each for each in own if each.year == year), None)
    last = counter.last_number if counter else 0
    empty = counter is None or (counter.last_date is None and counter.start_number == 1 and last == 0)
    return SeriesShown(
        id=row.pk,
        code=row.code,
        purpose=row.purpose,
        yearly=row.yearly,
        is_active=row.is_active,
        next_number=last + 1,
        last_date=counter.last_date if counter else None,
        may_start=empty and row.is_active,
        has_numbers=any(each.last_date for each in own),
    )


_PURPOSES = [each.value for each in SeriesPurpose]


def _series_order(series: SeriesShown) -> tuple[bool, int, str]:
    return (not series.is_active, _PURPOSES.index(series.purpose), series.code)
