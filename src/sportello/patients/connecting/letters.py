"""The letters of the portal to patients: in their language with Italian below, one link, nothing about health.

The texts are in `patients/locale`, one file a language, apart from the catalogues of the practice's pages: patients
read ten languages, the practice three. A language that has no file gets English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from babel.dates import format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sportello.core.actors import System, acting
from sportello.core.languages import language as language_of
from sportello.core.mail.queueing import queue
from sportello.core.models import OutgoingMail
from sportello.parties.models import Party
from sportello.patients.connecting.people import Invitee, day_of
from sportello.patients.contact import contact_of
from sportello.patients.models import Connection, Invitation
from sportello.patients.models.connections import SecondProof

ITALIAN, FALLBACK = "it", "en"
_LOCALES = {"zh-hans": "zh_Hans", "en": "en_GB"}
"""CLDR locales of languages whose code is not one, or is one of another country."""
_PROOF_TEXT = {SecondProof.BIRTH_DATE.value: "asks_birth_date", SecondProof.SPOKEN_CODE.value: "asks_code"}


@dataclass(frozen=True, slots=True)
class Draft:
    """Which paragraphs a letter has, by their names in the files; the one called `link` is the address itself."""

    subject: str
    paragraphs: tuple[str, ...]


@cache
def texts(language: str) -> Mapping[str, str]:
    """
    Return the texts of a language by name.

    :raises FileNotFoundError: there is no file of this language
    """
    return tomllib.loads(files("sportello.patients").joinpath("locale", f"{language}.toml").read_text("utf-8"))


@cache
def languages() -> frozenset[str]:
    """Return the codes of the languages that have texts."""
    found = files("sportello.patients").joinpath("locale").iterdir()
    return frozenset(each.name.removesuffix(".toml") for each in found if each.name.endswith(".toml"))


def spoken(preferred: str) -> tuple[str, ...]:
    """
    Return the languages of a letter, the reader's first.

    >>> spoken("ar"), spoken("it"), spoken("tr")
    (('ar', 'it'), ('it',), ('en', 'it'))
    """
    first = preferred if preferred in languages() else FALLBACK
    return (first,) if first == ITALIAN else (first, ITALIAN)


def send_invitation(invitee: Invitee, *, key: str, url: str, invitation: Invitation, is_new: bool) -> OutgoingMail:
    """Queue the letter with the link, inside the caller's transaction; its text is emptied once it has gone."""
    lead = "invitation" if invitee.representative is None else "invitation_other"
    asks = _PROOF_TEXT.get(invitation.proof)
    body = (lead if is_new else "renewed", "choose", "link", "until", *((asks,) if asks else ()), "optional", "unknown")
    return _queue(
        Draft("subject_invitation", body),
        practice_id=invitation.practice_id,
        to=invitee.email,
        language=invitee.language,
        key=key,
        purpose="patient_invitation",
        url=url,
        day=day_of(invitation.expires_at),
    )


def tell_disconnected(connection: Connection, language: str, *, key: str, powers_over: bool = False) -> OutgoingMail:
    """Queue the letter that says that the access has ended, inside the caller's transaction."""
    why = "ended_powers" if powers_over else "ended"
    return _queue(
        Draft("subject_ended", (why, "ended_now", "ended_paper", "ended_account")),
        practice_id=connection.practice_id,
        to=connection.email,
        language=language,
        key=key,
        purpose="patient_disconnected",
    )


def _queue(
    draft: Draft,
    *,
    practice_id: int,
    to: str,
    language: str,
    key: str,
    purpose: str,
    url: str = "",
    day: date | None = None,
) -> OutgoingMail:
    with acting(System("letter", practice_id)):
        practice = Party.objects.get(pk=practice_id)
        contact = contact_of(practice)
    reach = " · ".join(each for each in (contact.phone, contact.email) if each)
    body = Draft(draft.subject, (*draft.paragraphs, "questions") if reach else draft.paragraphs)
    parts = [_written(body, code, practice.name, reach, url, day) for code in spoken(language)]
    return queue(
        party_id=practice_id,
        purpose=purpose,
        key=key,
        to=to,
        subject=texts(spoken(language)[0])[draft.subject] % {"practice": practice.name},
        text="\n\n----------\n\n".join("\n\n".join(lines) for _code, lines in parts) + "\n",
        html=_html(parts, url),
        language=spoken(language)[0],
        from_name=practice.name,
        reply_to=contact.email,
        drop_body=bool(url),
    )


def _written(
    draft: Draft, language: str, practice: str, reach: str, url: str, day: date | None
) -> tuple[str, Sequence[str]]:
    shown = format_date(day, "long", locale=_LOCALES.get(language, language)) if day else ""
    facts = {"practice": practice, "contact": reach, "day": shown}
    held = texts(language)
    return language, [url if name == "link" else held[name] % facts for name in draft.paragraphs]


def _html(parts: Sequence[tuple[str, Sequence[str]]], url: str) -> str:
    blocks = [_block(code, lines, url) for code, lines in parts]
    return format_html("<!doctype html>\n<html><body>\n{}\n</body></html>\n", _parted(blocks))


def _parted(blocks: Sequence[SafeString]) -> SafeString:
    return format_html_join(SafeString("\n<hr>\n"), "{}", ((block,) for block in blocks))


def _block(code: str, lines: Sequence[str], url: str) -> SafeString:
    told = language_of(code)
    paragraphs = format_html_join("\n", "<p>{}</p>", ((_shown(line, url),) for line in lines))
    direction = "rtl" if told.is_rtl else "ltr"
    return format_html('<div lang="{}" dir="{}">\n{}\n</div>', told.code, direction, paragraphs)


def _shown(line: str, url: str) -> str:
    if url and line == url:
        return format_html('<a href="{0}" dir="ltr">{0}</a>', url)
    return line
