"""How everybody reaches a practice: printed on dead links and under letters to patients."""

from __future__ import annotations

from dataclasses import dataclass

from sportello.core.ready import Ready
from sportello.parties.contacts import spoken_phone
from sportello.parties.models import Party, Site
from sportello.patients.models import PortalSettings

_SETTINGS = Ready(PortalSettings, lambda practice: PortalSettings.objects.filter(practice_id=practice))
_SITE = Ready(Site, lambda practice: Site.objects.filter(practice_id=practice, is_active=True).order_by("pk")[:1])


@dataclass(frozen=True, slots=True)
class PracticeContact:
    """Public data of a practice: its name, postal address by lines, telephone, e-mail, and what it adds to them."""

    name: str
    lines: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    note: str = ""


def contact_of(practice: Party) -> PracticeContact:
    """Return how a practice is reached: as its settings of the portal say, else as the practice itself does."""
    settings = _SETTINGS.first(practice.pk) or PortalSettings()
    site = _SITE.first(practice.pk)
    phone = settings.contact_phone or practice.phone
    return PracticeContact(
        name=practice.name,
        lines=_lines(site) if site else (),
        phone=spoken_phone(phone) if phone else "",
        email=settings.contact_email or practice.email,
        note=settings.contact_note,
    )


def _lines(site: Site) -> tuple[str, ...]:
    province = f"({site.province})" if site.province else ""
    return (site.street, " ".join(part for part in (site.postal_code, site.city, province) if part))
