"""The practice's own data and its sites."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.languages import FIRST
from sportello.core.refusals import Gathering
from sportello.parties.changes import changes, snapshot
from sportello.parties.contacts import check_email, check_phone, checked_address
from sportello.parties.models import Party, Site
from sportello.parties.permissions import check_may_edit_practice
from sportello.parties.values import PracticeValues, SiteValues

FISCAL_YEARS = 10
"""Years that fiscal papers are kept (art. 2220 c.c.)."""

_PRACTICE = ("name", "subtitle", "email", "phone", "time_zone", "language", "retention_years")
_SITE = ("name", "street", "postal_code", "city", "province", "phone", "is_active")


def edit_practice(*, actor: Actor, values: PracticeValues) -> Party:
    """
    Change the practice's data and return it; the audit keeps old and new values.

    :raises MayNot: only the owner may
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_practice(actor)
        party = Party.objects.select_for_update(of=("self",)).get(pk=actor.party_id)
        before = snapshot(party, _PRACTICE)
        _write_practice(party, values)
        changed = changes(before, party)
        if changed:
            party.save()
            audit.record(actor, "practice.edit", party, changes=changed)
    return party


def add_site(*, actor: Actor, values: SiteValues) -> Site:
    """
    Add a place where the practice works and return it.

    :raises MayNot: only the owner may
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_practice(actor)
        site = Site(practice_id=actor.party_id)
        _write_site(site, values)
        site.save()
        audit.record(actor, "site.add", site)
    return site


def edit_site(*, actor: Actor, site_id: int, values: SiteValues) -> Site:
    """
    Change a site, or close and reopen it, and return it.

    :raises Site.DoesNotExist: no such site for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        site = Site.objects.select_for_update(of=("self",)).get(pk=site_id)
        check_may_edit_practice(actor)
        before = snapshot(site, _SITE)
        _write_site(site, values)
        changed = changes(before, site)
        if changed:
            site.save()
            audit.record(actor, "site.edit", site, changes=changed)
    return site


def _write_practice(party: Party, values: PracticeValues) -> None:
    found = Gathering()
    party.name = found.text(values.name, field="name", longest=120, needed=True)
    party.subtitle = found.text(values.subtitle, field="subtitle", longest=120)
    party.email = found.attempt(lambda: check_email(values.email), "")
    party.phone = found.attempt(lambda: check_phone(values.phone), "")
    party.time_zone = found.choice(values.time_zone, frozenset(available_timezones()), field="time_zone", empty=False)
    known = frozenset(each.code for each in FIRST)
    party.language = found.choice(values.language, known, field="language", empty=False)
    if not FISCAL_YEARS <= values.retention_years <= 100:
        found.refuse("retention_too_short", field="retention_years", least=FISCAL_YEARS)
    party.retention_years = values.retention_years
    found.stop()


def _write_site(site: Site, values: SiteValues) -> None:
    found = Gathering()
    address = checked_address(values.address, found, needed=True)
    site.name = found.text(values.name, field="name", longest=120, needed=True)
    site.phone = found.attempt(lambda: check_phone(values.phone), "")
    site.is_active = values.is_active
    site.street, site.postal_code = address.street, address.postal_code
    site.city, site.province = address.city, address.province
    found.stop()
