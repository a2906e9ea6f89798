"""Who is in the demo. Every person, code, number and address is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

PASSWORD = "ginestra-fiorita-7"  # noqa: S105 - a password of invented people, printed at the start of the demo


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who signs in to the demo."""

    role: str
    email: str
    given_name: str
    family_name: str
    password: str = field(default=PASSWORD, repr=False)


MARTA = SignIn("owner", "marta.bellandi@ginestra.example", "Marta", "Bellandi")
ELENA = SignIn("secretary", "elena.testi@ginestra.example", "Elena", "Testi")
PAOLO = SignIn("accountant", "paolo.conti@contabile.example", "Paolo", "Conti")
OLGA = SignIn("owner, other practice", "olga.ferri@lavanda.example", "Olga", "Ferri")
SIGN_INS = [MARTA, ELENA, PAOLO, OLGA]


@dataclass(frozen=True, slots=True)
class Treated:
    """A patient of the demo: who, born when and where (name and Belfiore code), and how invoices go."""

    family_name: str
    given_name: str
    sex: str
    born_on: date
    place: str
    place_code: str
    language: str = "it"
    country: str = "IT"
    city: str = "Bologna"
    street: str = "Via dei Tigli 4"
    postal_code: str = "40100"
    province: str = "BO"
    no_code_reason: str = ""
    foreign_id: str = ""
    every_days: int = 14
    service: str = "COLLOQUIO"
    parent: tuple[str, str] | None = None


_PLACES = (("Bologna", "A944"), ("Milano", "F205"), ("Torino", "L219"), ("Napoli", "F839"), ("Firenze", "D612"))
_NAMES = (
    ("Albani", "Chiara", "F"),
    ("Barbieri", "Luca", "M"),
    ("Caruso", "Giulia", "F"),
    ("De Santis", "Andrea", "M"),
    ("Esposito", "Sara", "F"),
    ("Fabbri", "Matteo", "M"),
    ("Gallo", "Francesca", "F"),
    ("Lombardi", "Davide", "M"),
    ("Marchetti", "Anna", "F"),
    ("Nicoletti", "Stefano", "M"),
    ("Orlando", "Valentina", "F"),
    ("Pellegrini", "Marco", "M"),
    ("Quaranta", "Irene", "F"),
    ("Ricci", "Simone", "M"),
    ("Sartori", "Elisa", "F"),
    ("Tosi", "Alberto", "M"),
    ("Ungaro", "Beatrice", "F"),
    ("Vitali", "Giorgio", "M"),
    ("Zanetti", "Lucia", "F"),
    ("Bruni", "Nicola", "M"),
    ("Costa", "Ilaria", "F"),
    ("D'Amico", "Pietro", "M"),
    ("Fontana", "Serena", "F"),
    ("Greco", "Roberto", "M"),
    ("Leone", "Martina", "F"),
    ("Moretti", "Fabio", "M"),
    ("Negri", "Cristina", "F"),
    ("Parisi", "Emanuele", "M"),
    ("Rinaldi", "Silvia", "F"),
    ("Serra", "Tommaso", "M"),
    ("Villa", "Paola", "F"),
)

SPECIAL = (
    Treated("Amrani", "Youssef", "M", date(1991, 1, 14), "Marocco", "Z330", language="ar", every_days=14),
    Treated("Chen", "Wei", "F", date(1988, 7, 22), "Cina", "Z210", language="zh-hans", every_days=21),
    Treated("Kovalenko", "Oksana", "F", date(1979, 11, 3), "Ucraina", "Z138", language="uk", every_days=14),
    Treated("Popescu", "Mihaela", "F", date(1995, 4, 9), "Romania", "Z129", language="ro", every_days=28),
    Treated(
        "Dubois",
        "Claire",
        "F",
        date(1983, 2, 17),
        "",
        "",
        language="fr",
        country="FR",
        city="Lyon",
        street="12 rue des Lilas",
        postal_code="69003",
        province="",
        no_code_reason="foreign_resident",
        foreign_id="FR-000000001",
        every_days=28,
    ),
    Treated(
        "Miller",
        "John",
        "M",
        date(1974, 9, 30),
        "",
        "",
        language="en",
        country="GB",
        city="Leeds",
        street="3 Orchard Lane",
        postal_code="LS1 1AA",
        province="",
        no_code_reason="foreign_resident",
        foreign_id="GB-000000001",
        every_days=42,
    ),
    Treated("Fiorini", "Mia", "F", date(2018, 9, 5), "Bologna", "A944", parent=("Fiorini", "Gina"), service="MINORI"),
    Treated("Bassi", "Leo", "M", date(2015, 3, 21), "Bologna", "A944", parent=("Bassi", "Tullio"), service="MINORI"),
    Treated("Orsini", "Nina", "F", date(2012, 12, 1), "Milano", "F205", parent=("Orsini", "Rita"), service="MINORI"),
)


def patients() -> list[Treated]:
    """Return the forty patients of the first practice."""
    plain = [
        Treated(
            family_name=family,
            given_name=given,
            sex=sex,
            born_on=date(1952 + (number * 7) % 50, 1 + (number * 5) % 12, 1 + (number * 11) % 28),
            place=_PLACES[number % len(_PLACES)][0],
            place_code=_PLACES[number % len(_PLACES)][1],
            street=f"Via dei Tigli {number + 1}",
            every_days=(14, 21, 28, 42)[number % 4],
            service="COPPIA" if number % 11 == 5 else "COLLOQUIO",
        )
        for number, (family, given, sex) in enumerate(_NAMES)
    ]
    return [*plain, *SPECIAL]
