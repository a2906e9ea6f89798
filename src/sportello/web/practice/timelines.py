"""Deeds of the audit as a timeline of sentences: who did what, with which fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from sportello.parties.timeline import Deed
from sportello.web.doers import doer
from sportello.web.parts import Event

FIELDS: dict[str, Promise] = {
    "family_name": gettext_lazy("family name"),
    "given_name": gettext_lazy("given name"),
    "sex": gettext_lazy("sex"),
    "born_on": gettext_lazy("birth date"),
    "birth_place": gettext_lazy("place of birth"),
    "codice_fiscale": gettext_lazy("codice fiscale"),
    "no_code_reason": gettext_lazy("reason for no code"),
    "foreign_id": gettext_lazy("foreign document"),
    "street": gettext_lazy("street"),
    "postal_code": gettext_lazy("CAP"),
    "city": gettext_lazy("city"),
    "province": gettext_lazy("province"),
    "country": gettext_lazy("country"),
    "email": gettext_lazy("e-mail"),
    "pec": gettext_lazy("PEC"),
    "phone": gettext_lazy("telephone"),
    "language": gettext_lazy("language"),
    "stamp_policy": gettext_lazy("stamp"),
    "portal_allowed": gettext_lazy("portal"),
    "opposes_sts": gettext_lazy("objection for the Sistema TS"),
    "followed_by": gettext_lazy("who follows the patient"),
    "default_customer": gettext_lazy("usual addressee"),
    "kind": gettext_lazy("kind"),
    "name": gettext_lazy("name"),
    "partita_iva": gettext_lazy("partita IVA"),
    "sdi_code": gettext_lazy("SdI code"),
    "withholding_agent": gettext_lazy("withholding"),
    "cig": gettext_lazy("CIG"),
    "cup": gettext_lazy("CUP"),
}
"""What a changed field is called in a sentence; `birth_place_code` goes with its place."""


def events(deeds: Iterable[Deed], words: Mapping[str, Promise], turning: Mapping[str, str]) -> list[Event]:
    """
    Return the deeds that have words, newest first as given.

    :param words: what each action is called; an action without words is not shown
    :param turning: the family (ok, bad) of the turning points
    """
    return [
        Event(
            at=deed.at,
            lead=words[deed.action],
            text=_text(deed),
            family=turning.get(deed.action, ""),
        )
        for deed in deeds
        if deed.action in words
    ]


def _text(deed: Deed) -> str:
    fields = deed.details.get("fields", [])
    named = [str(FIELDS[name]) for name in fields if name in FIELDS]
    changed = f": {', '.join(named)}" if named else ""
    return f"{changed} · {doer(deed)} "
