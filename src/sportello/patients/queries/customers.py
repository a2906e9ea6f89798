"""Lists and pages of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from sportello.core.actors import Actor, acting
from sportello.parties.contacts import Address, spoken_phone
from sportello.patients.folding import fold
from sportello.patients.models import Customer, CustomerKind
from sportello.patients.permissions import check_may_see_customers
from sportello.patients.queries.lists import Choice
from sportello.patients.queries.paging import PAGE, cut
from sportello.patients.values import CustomerValues


class CustomerFilter(StrEnum):
    """Which customers a list shows. All but the last leave the archived out."""

    ALL = "all"
    PUBLIC = "public"
    PEOPLE = "people"
    INCOMPLETE = "incomplete"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, repr=False)
class CustomerRow:
    """A customer in a list."""

    id: int
    kind: str
    name: str
    partita_iva: str
    city: str
    delivery: str
    withholding_agent: bool
    is_archived: bool


@dataclass(frozen=True, slots=True, repr=False)
class CustomerPage:
    """A page of customers: `after` and `before` are ids that its neighbours are asked for by, 0 for none."""

    rows: Sequence[CustomerRow]
    total: int
    after: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """How many customers each filter holds."""

    all: int
    public: int
    people: int
    incomplete: int
    archived: int

    def of(self, which: CustomerFilter) -> int:
        """Return the count of one filter."""
        counted: int = getattr(self, which.value)
        return counted


@dataclass(frozen=True, slots=True, repr=False)
class CustomerDetail:
    """A customer's page."""

    id: int
    values: CustomerValues
    archived_at: datetime | None
    created_at: datetime


def customer_page(
    actor: Actor,
    *,
    which: CustomerFilter = CustomerFilter.ALL,
    words: str = "",
    after: int = 0,
    before: int = 0,
    size: int = PAGE,
) -> CustomerPage:
    """
    Return one page of the practice's customers by name.

    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    check_may_see_customers(actor)
    with acting(actor):
        rows = _matching(which, words)
        page = cut(rows, ("folded_name", "pk"), after=after, before=before, size=size)
        return CustomerPage([_row(customer) for customer in page.rows], rows.count(), page.after, page.before)


def customer_counts(actor: Actor) -> CustomerCounts:
    """
    Return how many customers each filter holds, in one query.

    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    check_may_see_customers(actor)
    active = Q(archived_at=None)
    with acting(actor):
        counted = Customer.objects.get_queryset().aggregate(
            all=Count("pk", filter=active),
            public=Count("pk", filter=active & Q(kind=CustomerKind.PUBLIC_BODY)),
            people=Count("pk", filter=active & Q(kind=CustomerKind.PERSON)),
            incomplete=Count("pk", filter=active & _incomplete()),
            archived=Count("pk", filter=~active),
        )
    return CustomerCounts(**counted)


def customer_rows(actor: Actor, *, which: CustomerFilter, words: str) -> Iterator[CustomerDetail]:
    """
    Return all the customers of a list, for CSV, without holding them.

    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    check_may_see_customers(actor)
    with acting(actor):
        ordered = _matching(which, words).order_by("folded_name", "pk")
    return (_detail(customer) for customer in ordered.iterator(500))


def customer_detail(actor: Actor, customer_id: int) -> CustomerDetail:
    """
    Return a customer's page.

    :raises Customer.DoesNotExist: no such customer for this actor
    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    check_may_see_customers(actor)
    with acting(actor):
        return _detail(Customer.objects.get(pk=customer_id))


def customer_choices(actor: Actor, words: str = "", *, limit: int = 10) -> list[Choice]:
    """
    Return the customers that a field offers, by name.

    :raises MayNot: the switches `patients` and `invoices` are both off
    """
    check_may_see_customers(actor)
    with acting(actor):
        rows = list(_matching(CustomerFilter.ALL, words).order_by("folded_name", "pk")[:limit])
    return [Choice(row.pk, row.name, row.partita_iva) for row in rows]


def same_number(actor: Actor, partita_iva: str, *, but: int = 0) -> list[Choice]:
    """Return other customers with this partita IVA: a warning while typing, since branches share one."""
    if not partita_iva:
        return []
    with acting(actor):
        rows = list(Customer.objects.filter(partita_iva=partita_iva).exclude(pk=but).order_by("folded_name", "pk")[:3])
    return [Choice(row.pk, row.name, row.city) for row in rows]


def _matching(which: CustomerFilter, words: str) -> QuerySet[Customer]:
    rows: QuerySet[Customer] = Customer.objects.get_queryset()
    match which:
        case CustomerFilter.ARCHIVED:
            rows = rows.filter(archived_at__isnull=False)
        case CustomerFilter.PUBLIC:
            rows = rows.filter(archived_at=None, kind=CustomerKind.PUBLIC_BODY)
        case CustomerFilter.PEOPLE:
            rows = rows.filter(archived_at=None, kind=CustomerKind.PERSON)
        case CustomerFilter.INCOMPLETE:
            rows = rows.filter(_incomplete(), archived_at=None)
        case CustomerFilter.ALL:
            rows = rows.filter(archived_at=None)
    return rows.filter(_search(words)) if words.strip() else rows


def _incomplete() -> Q:
    """An Italian business that issuing would refuse: no number, or no way for the electronic document."""
    nowhere = Q(sdi_code="", pec="")
    return ~Q(kind=CustomerKind.PERSON) & Q(country="IT") & (Q(partita_iva="", codice_fiscale="") | nowhere)


def _search(words: str) -> Q:
    typed = words.strip()
    number = "".join(typed.split()).upper().removeprefix("IT")
    if "@" in typed:
        return Q(email__icontains=typed) | Q(pec__icontains=typed)
    if number.isdigit() and len(number) >= 4:
        return Q(partita_iva__startswith=number)
    found = Q()
    for word in fold(typed).split()[:6]:
        found &= Q(folded_name__startswith=word) | Q(folded_name__contains=f" {word}")
    return found if found else Q(pk__in=())


def _row(customer: Customer) -> CustomerRow:
    return CustomerRow(
        id=customer.pk,
        kind=customer.kind,
        name=customer.name,
        partita_iva=customer.partita_iva,
        city=customer.city,
        delivery=customer.sdi_code or customer.pec,
        withholding_agent=customer.withholding_agent,
        is_archived=customer.archived_at is not None,
    )


def _detail(customer: Customer) -> CustomerDetail:
    values = CustomerValues(
        kind=customer.kind,
        name=customer.name,
        partita_iva=customer.partita_iva,
        codice_fiscale=customer.codice_fiscale,
        address=Address(customer.street, customer.postal_code, customer.city, customer.province, customer.country),
        email=customer.email,
        pec=customer.pec,
        phone=spoken_phone(customer.phone) if customer.phone else "",
        sdi_code=customer.sdi_code,
        withholding_agent=customer.withholding_agent,
        cig=customer.cig,
        cup=customer.cup,
        language=customer.language,
    )
    return CustomerDetail(customer.pk, values, customer.archived_at, customer.created_at)
