"""Accounts at Sistema TS as the settings show them: everything but the secrets, which no page ever gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from sistemats.crypto import WARN_BEFORE
from sportello.billing.models import Service
from sportello.core.actors import Actor, System, acting
from sportello.expenses.models import Environment, ExpenseMapping, StsCertificate, StsSettings, TestResult
from sportello.expenses.rules.credentials import WARN_TRIES, days_left
from sportello.expenses.rules.identity import prefilled, suggested_category
from sportello.expenses.values import IdentityValues
from sportello.expenses.watching import WARN_PASSWORD
from sportello.parties.models import BillingEntity, TaxKind

CERTIFICATE_WARNING = WARN_BEFORE.days
"""Days before a certificate ends from which on pages and mails say so."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An entity in the list: `state` is MISSING, READY_TO_TEST, READY, ACTIVE or STOPPED."""

    entity_id: int
    name: str
    partita_iva: str
    state: str
    automatic: bool
    environment: str
    password_days: int | None
    unmapped: int


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """A certificate that the practice loaded; `days` until it ends, below 0 when it has."""

    id: int
    purpose: str
    serial: str
    subject: str
    valid_from: datetime
    valid_to: datetime
    days: int
    loaded_at: datetime

    @property
    def ends_soon(self) -> bool:
        """Whether it has ended or ends within sixty days."""
        return self.days <= CERTIFICATE_WARNING


@dataclass(frozen=True, slots=True, repr=False)
class AccountView:
    """
    One entity's account. `values` holds no secret; `has_…` say which are there.

    `suggested` tells that nothing was saved yet and the values are what the entity most likely is.
    """

    entity_id: int
    name: str
    partita_iva: str
    values: IdentityValues
    suggested: bool
    environment: str
    has_password: bool
    has_pin: bool
    has_client_certificate: bool
    active_since: date | None
    activated_at: datetime | None
    accepted_by: str
    accepted_at: datetime | None
    automatic: bool
    tested_at: datetime | None
    test_result: str
    test_words: str
    wrong_tries: int
    stopped_at: datetime | None
    stop_reason: str
    password_days: int | None
    unmapped: int
    mapped: int

    @property
    def password_ends_soon(self) -> bool:
        """Whether the password has run out by our count, or does so within two weeks."""
        return self.password_days is not None and self.password_days <= WARN_PASSWORD

    @property
    def near_disabling(self) -> bool:
        """Whether so many tries were refused that the next ones may disable the user at the ministry."""
        return self.wrong_tries >= WARN_TRIES


def accounts(actor: Actor, *, today: date) -> list[AccountRow]:
    """Return the entities granted, each with how far its account is, by name, in four queries."""
    with acting(actor):
        entities = list(BillingEntity.objects.filter(is_active=True).order_by("name", "pk"))
        known = {row.entity_id: row for row in StsSettings.objects.filter(entity__in=entities)}
        wanting = _unmapped_by_entity([each.pk for each in entities])
    return [_row(each, known.get(each.pk), wanting[each.pk], today) for each in entities]


def account(actor: Actor, entity_id: int, *, today: date) -> AccountView:
    """
    Return one entity's account; before anything was saved, what the entity most likely is.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        entity = BillingEntity.objects.get(pk=entity_id)
        row = StsSettings.objects.select_related("notice_accepted_by").filter(entity=entity).first()
        missing, services = unmapped(entity_id), _health_services().count()
    return _view(entity, row, missing, services - missing, today)


def certificates(actor: Actor, *, now: datetime) -> list[CertificateShown]:
    """Return the certificates that the practice loaded, those that last longest first."""
    with acting(actor):
        rows = list(StsCertificate.objects.order_by("purpose", "-valid_to", "pk"))
    return [
        CertificateShown(
            id=row.pk,
            purpose=row.purpose,
            serial=row.serial,
            subject=row.subject,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            days=(row.valid_to - now).days,
            loaded_at=row.loaded_at,
        )
        for row in rows
    ]


def password_age(row: StsSettings, today: date) -> int | None:
    """Return the days since the password was changed, None when nobody noted it."""
    return None if row.password_changed_on is None else (today - row.password_changed_on).days


def entity_name(actor: Actor, entity_id: int) -> str:
    """
    Return what an entity is called.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    """
    with acting(actor):
        return BillingEntity.objects.only("name").get(pk=entity_id).name


def _health_services() -> QuerySet[Service]:
    return Service.objects.filter(is_active=True).exclude(nature="OTHER")


def unmapped(entity_id: int) -> int:
    """Return how many health services on the price list nobody mapped for an entity. The caller is acting."""
    mapped = ExpenseMapping.objects.filter(entity_id=entity_id).values("service_id")
    return _health_services().exclude(pk__in=mapped).count()


def _unmapped_by_entity(entity_ids: Sequence[int]) -> dict[int, int]:
    services = set(_health_services().values_list("pk", flat=True))
    mapped: dict[int, set[int]] = {each: set() for each in entity_ids}
    for entity_id, service_id in ExpenseMapping.objects.filter(entity_id__in=entity_ids).values_list(
        "entity_id", "service_id"
    ):
        mapped[entity_id].add(service_id)
    return {each: len(services - mapped[each]) for each in entity_ids}


def state_of(row: StsSettings | None) -> str:
    """Return how far an account is: MISSING, READY_TO_TEST, READY, ACTIVE or STOPPED."""
    if row is None:
        return "MISSING"
    if row.stopped_at is not None:
        return "STOPPED"
    if row.is_active:
        return "ACTIVE"
    return "READY" if row.test_result == TestResult.GOOD else "READY_TO_TEST"


def _row(entity: BillingEntity, row: StsSettings | None, unmapped: int, today: date) -> AccountRow:
    return AccountRow(
        entity_id=entity.pk,
        name=entity.name,
        partita_iva=entity.partita_iva,
        state=state_of(row),
        automatic=bool(row and row.automatic),
        environment=row.environment if row else "",
        password_days=days_left(password_age=password_age(row, today), lasts=row.password_lasts) if row else None,
        unmapped=unmapped,
    )


def _view(entity: BillingEntity, row: StsSettings | None, missing: int, mapped: int, today: date) -> AccountView:
    kept = row or StsSettings(practice_id=entity.practice_id, entity=entity, environment=Environment.PRODUCTION)
    with acting(System("who accepted the notice", entity.practice_id)):
        accepted_by = kept.notice_accepted_by.get_full_name() if kept.notice_accepted_by else ""
    return AccountView(
        entity_id=entity.pk,
        name=entity.name,
        partita_iva=entity.partita_iva,
        values=_values(kept) if row else _suggestion(entity),
        suggested=row is None,
        environment=kept.environment,
        has_password=bool(kept.password),
        has_pin=bool(kept.pin),
        has_client_certificate=bool(kept.client_certificate),
        active_since=kept.active_since,
        activated_at=kept.activated_at,
        accepted_by=accepted_by,
        accepted_at=kept.notice_accepted_at,
        automatic=kept.automatic,
        tested_at=kept.tested_at,
        test_result=kept.test_result,
        test_words=kept.test_words,
        wrong_tries=kept.wrong_tries,
        stopped_at=kept.stopped_at,
        stop_reason=kept.stop_reason,
        password_days=days_left(password_age=password_age(kept, today), lasts=kept.password_lasts),
        unmapped=missing,
        mapped=mapped,
    )


def _values(row: StsSettings) -> IdentityValues:
    return IdentityValues(
        category=row.category,
        channel=row.channel,
        username=row.username,
        owner_code=row.owner_code,
        region=row.region,
        asl=row.asl,
        ssa=row.ssa,
        intermediary=row.intermediary,
        delegate_name=row.delegate_name,
        stamp_expense=row.stamp_expense,
        reinsert_cancelled=row.reinsert_cancelled,
        password_changed_on=row.password_changed_on,
        password_lasts=row.password_lasts,
    )


def _suggestion(entity: BillingEntity) -> IdentityValues:
    category = suggested_category(entity.profession, is_company=entity.tax_kind == TaxKind.COMPANY)
    username, owner = prefilled(entity.codice_fiscale, category)
    return IdentityValues(category=category.value, username=username, owner_code=owner)
