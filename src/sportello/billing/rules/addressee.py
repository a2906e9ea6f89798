"""Who stands on the document, what must be known of them, and who must not be named.

Source: practice specification 2.12 and 4; DPR 633/1972 art. 21 c. 2; a business document names no patient.
Nothing here shows a name or a code in its repr, in a refusal or in a notice.

>>> found = named_patients({"lines.0.description": "Perizia per PROVA Ada"}, [PatientMarks("Ada", "Prova")])
>>> [(refusal.code, refusal.field) for refusal in found]
[('patient_named', 'lines.0.description')]
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sportello.billing.rules.channel import HOME
from sportello.billing.rules.totals import CustomerKind
from sportello.core.violations import Notice, RuleViolation
from sportello.parties.rules import check_partita_iva
from sportello.patients.rules import check_codice_fiscale

FOREIGN_POSTCODE = "00000"
_POSTCODE = re.compile(r"[0-9]{5}")
_SDI_CODE = re.compile(r"[A-Z0-9]{7}")
_PA_CODE = re.compile(r"[A-Z0-9]{6}")
_WORDS = re.compile(r"[^\W_]+")
_ANY_CODE = re.compile(r"(?<![A-Z0-9])(?:[A-Z]\s*){6}(?:[0-9LMNPQRSTUV]\s*){2}[A-Z](?:\s*[0-9A-Z]){7}(?![A-Z0-9])")


@dataclass(frozen=True, slots=True, repr=False)
class Addressee:
    """Who the document is made out to, as it would print.

    :ivar is_patient: of a private person: it is the person treated
    :ivar no_code_reason: why a private person has no Italian codice fiscale; empty when there is one
    :ivar foreign_id: what the addressee's own country knows them by
    """

    kind: CustomerKind
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = HOME
    codice_fiscale: str = ""
    no_code_reason: str = ""
    foreign_id: str = ""
    partita_iva: str = ""
    sdi_code: str = ""
    pec: str = ""
    is_patient: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class PatientMarks:
    """What would give a patient away in the text of a business document."""

    first_name: str
    last_name: str
    codice_fiscale: str = ""


def addressee_refusals(addressee: Addressee) -> tuple[RuleViolation, ...]:
    """Return everything that is missing or wrong in the addressee's data; field names are those of `Addressee`.

    ``name_missing``, ``street_missing``, ``city_missing``, ``country_missing``, ``postcode_form``; of a private person
    ``codice_fiscale_missing``, ``code_and_no_code`` and the refusals of the code itself; of a business
    ``business_code_missing``, ``sdi_address_missing``, ``sdi_code_form`` and the refusals of its codes.
    """
    private = addressee.kind is CustomerKind.PRIVATE
    identity = _private_identity(addressee) if private else _business_identity(addressee)
    return (*_address(addressee), *identity)


def _address(addressee: Addressee) -> Iterator[RuleViolation]:
    for field in ("name", "street", "city", "country"):
        if not str(getattr(addressee, field)).strip():
            yield RuleViolation(f"{field}_missing", field=field)
    if addressee.country == HOME and not _POSTCODE.fullmatch(addressee.postcode):
        yield RuleViolation("postcode_form", field="postcode")


def _private_identity(addressee: Addressee) -> Iterator[RuleViolation]:
    if not addressee.codice_fiscale:
        if not addressee.no_code_reason.strip():
            yield RuleViolation("codice_fiscale_missing", field="codice_fiscale")
        return
    if addressee.no_code_reason.strip():
        yield RuleViolation("code_and_no_code", field="no_code_reason")
    yield from _code_refusal(addressee.codice_fiscale)


def _business_identity(addressee: Addressee) -> Iterator[RuleViolation]:
    if addressee.codice_fiscale and addressee.country == HOME:
        yield from _code_refusal(addressee.codice_fiscale)
    if addressee.partita_iva and addressee.country == HOME:
        yield from _partita_iva_refusal(addressee.partita_iva)
    codes = [addressee.partita_iva, addressee.codice_fiscale]
    if addressee.country != HOME:
        codes.append(addressee.foreign_id)
    if not any(codes):
        yield RuleViolation("business_code_missing", field="partita_iva")
    if addressee.country == HOME:
        yield from _electronic_address(addressee)


def _electronic_address(addressee: Addressee) -> Iterator[RuleViolation]:
    """A public body is reached by its office's six characters alone, any other by seven or by certified mail."""
    if addressee.kind is CustomerKind.PA:
        if not _PA_CODE.fullmatch(addressee.sdi_code):
            yield RuleViolation("sdi_code_form" if addressee.sdi_code else "sdi_address_missing", field="sdi_code")
    elif addressee.sdi_code:
        if not _SDI_CODE.fullmatch(addressee.sdi_code):
            yield RuleViolation("sdi_code_form", field="sdi_code")
    elif not addressee.pec.strip():
        yield RuleViolation("sdi_address_missing", field="sdi_code")


def _code_refusal(code: str) -> Iterator[RuleViolation]:
    try:
        check_codice_fiscale(code)
    except RuleViolation as refusal:
        yield refusal


def _partita_iva_refusal(number: str) -> Iterator[RuleViolation]:
    try:
        check_partita_iva(number)
    except RuleViolation as refusal:
        yield refusal


def addressee_notices(addressee: Addressee) -> tuple[Notice, ...]:
    """Return what a person should know of a private addressee.

    ``addressee_is_not_patient``: allowed, but private care is invoiced to the person treated, also a minor;
    ``not_sent_with_code``: no Italian code, so the expense is listed apart; ``foreign_id_missing``: nothing identifies
    a foreign person but the name.
    """
    if addressee.kind is not CustomerKind.PRIVATE:
        return ()
    found: list[Notice] = []
    if not addressee.is_patient:
        found.append(Notice("addressee_is_not_patient", "addressee"))
    if not addressee.codice_fiscale:
        found.append(Notice("not_sent_with_code", "codice_fiscale"))
        if not addressee.foreign_id:
            found.append(Notice("foreign_id_missing", "foreign_id"))
    return tuple(found)


def named_patients(texts: Mapping[str, str], patients: Iterable[PatientMarks]) -> tuple[RuleViolation, ...]:
    """Return a refusal for each text of a business document that names a patient or holds a codice fiscale.

    A name counts when the family name stands whole beside a given name, in either order, whatever the accents and
    capitals; a family name alone may be any word. Any well-formed codice fiscale counts, whoever's it is.

    :param texts: field name to text: descriptions and notes
    :param patients: those of the practice
    :returns: ``patient_named`` and ``patient_code_named``, one a text
    """
    words = {field: _words(text) for field, text in texts.items()}
    named = {field for marks in patients for field, row in words.items() if _names(row, marks)}
    coded = {field for field, text in texts.items() if _holds_code(text)}
    return (
        *(RuleViolation("patient_named", field=field) for field in texts if field in named),
        *(RuleViolation("patient_code_named", field=field) for field in texts if field in coded),
    )


def _words(text: str) -> tuple[str, ...]:
    spread = unicodedata.normalize("NFKD", text)
    return tuple(_WORDS.findall("".join(sign for sign in spread if not unicodedata.combining(sign)).casefold()))


def _names(row: Sequence[str], marks: PatientMarks) -> bool:
    family, given = _words(marks.last_name), set(_words(marks.first_name))
    if not family or family[0] not in row:
        return False
    for start in range(len(row) - len(family) + 1):
        end = start + len(family)
        if tuple(row[start:end]) == family and given & {*row[max(0, start - 1) : start], *row[end : end + 1]}:
            return True
    return False


def _holds_code(text: str) -> bool:
    for match in _ANY_CODE.finditer(text.upper()):
        try:
            check_codice_fiscale(match.group())
        except RuleViolation:
            continue
        return True
    return False
