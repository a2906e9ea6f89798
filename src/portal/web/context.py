"""What every page's shell needs: languages, the connection it is about, its sections. No query is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from deskwire.messages import Overview, Power, Relation
from portal.accounts.models import Account


@dataclass(frozen=True, slots=True)
class Entry:
    """One section of the bar under the practice's name."""

    label: str
    url: str
    current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the shell's values."""
    names = dict(settings.LANGUAGES)
    overview: Overview | None = getattr(request, "overview", None)
    return {
        "language_name": names.get(get_language() or "it", "Italiano"),
        "signed_in": isinstance(getattr(request, "user", None), Account),
        "overview": overview,
        "on_behalf": overview is not None and overview.relation != Relation.SELF,
        "sections": _sections(request, overview),
        "demo": settings.DEMO,
    }


def _sections(request: HttpRequest, overview: Overview | None) -> list[Entry]:
    if not isinstance(getattr(request, "user", None), Account):
        return []
    found: list[tuple[str, str]] = []
    if overview:
        uid = request.connection.uid  # type: ignore[attr-defined]
        if Power.INVOICES in overview.may:
            found.append((_("Invoices"), reverse("papers:invoices", args=[uid])))
        found.append((_("Who has looked"), reverse("papers:accesses", args=[uid])))
        own = overview.relation == Relation.SELF
        found.append((_("My data") if own else _("The data"), reverse("papers:record", args=[uid])))
    else:
        found.append((_("Practices"), reverse("home")))
    found.append((_("Account"), reverse("account")))
    return [Entry(label, url, _is_at(request, url)) for label, url in found]


def _is_at(request: HttpRequest, url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url))
