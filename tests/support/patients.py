"""Invented patients with papers, for tests that search an installation of a portal for every trace of them.

Names, streets and places are long and are nobody's, so that chance writes none of them; amounts have four digits and
cents; papers have numbers of six digits in a series whose code is a word.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from decimal import Decimal
from typing import Any

SERIES = "MAGNOLIA"
FIRST = 741_001
PAPERS = 3
FAMILIES = (
    "Zanvettorello",
    "Quaglianoce",
    "Ferrabrusco",
    "Montalberini",
    "Scarpazzuola",
    "Bellinvernizzi",
    "Tordigliani",
    "Castrumoro",
    "Vespignanelli",
    "Lamborghesi",
    "Pratolongaro",
    "Guidobaldesi",
    "Narducelli",
    "Orsenigolato",
    "Rovedatti",
    "Sbrocchellin",
)
WARD = "ward"
"""In the place of a language: a child of an Italian parent, who is the one that gets the mail."""
GIVEN = {"it": "Ermenegilda", WARD: "Fiordispina", "ar": "عبدالرحمانية", "zh-hans": "Wenchangyue"}
FOREIGN = {"ar": "الزهراويالقرطبي"}
HEAVY = "heavy"
"""In the place of a language: an Italian patient whose papers are as long as no invoice is."""
WEIGHT = 12 * 1024 * 1024
PATIENCE = 400.0


def write(languages: list[str]) -> dict[str, Any]:
    """Write a practice, and for each language a patient with paid and unpaid papers of today; return who they are."""
    from sportello.billing.terms import seed
    from sportello.core.actors import System, acting
    from sportello.parties.models import Counter
    from tests.world import build_world

    seed()
    world = build_world()
    main = world.rossi.series["A"]
    with acting(System("tests")):
        main.code = SERIES
        main.save(update_fields=["code"])
        Counter.objects.create(series=main, year=date.today().year, start_number=FIRST, last_number=FIRST - 1)
    return {"patients": [_treated(world, number, language) for number, language in enumerate(languages)]}


def wait_for_papers() -> int:
    """Wait until each issued paper has its PDF and return how many there are."""
    from sportello.billing.models import Invoice

    deadline = time.monotonic() + PATIENCE
    while waiting := Invoice.objects.exclude(state="draft").filter(number__isnull=False, paper=None).count():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{waiting} papers have no PDF yet")
        time.sleep(0.2)
    return Invoice.objects.filter(paper__isnull=False).count()


def _treated(world: Any, number: int, language: str) -> dict[str, Any]:
    from tests.billing.desk import issued, line, paid
    from tests.billing.papers_kept import keep_papers

    patient = _patient(world, number, "it" if language == HEAVY else language)
    today, papers = date.today(), []
    for turn in range(PAPERS):
        price = Decimal(1100 + 97 * number + 17 * turn) + Decimal(31 + 7 * turn) / 100
        make = paid if turn == 0 else issued
        papers.append(make(world, line(f"{price:.2f}"), patient=patient, on=today))
    if language == HEAVY:
        keep_papers(papers, b"%PDF" + os.urandom(WEIGHT))
    parent = _parent(patient, number) if language == WARD else None
    return {
        "id": patient.pk,
        "language": language,
        "bytes": WEIGHT * PAPERS if language == HEAVY else 0,
        "family": patient.family_name,
        "given": patient.given_name,
        "born_on": patient.born_on.isoformat(),
        "email": parent.email if parent else patient.email,
        "parent": parent.pk if parent else None,
        "total": str(sum(paper.total for paper in papers)),
        "numbers": [f"{paper.number}/{today.year}" for paper in papers],
        "needles": [*_needles(patient), *(_needles_of_parent(parent) if parent else ()), *_paper_needles(papers)],
    }


def _patient(world: Any, number: int, language: str) -> Any:
    from sportello.core.actors import System, acting
    from sportello.patients.codes import code_hash
    from sportello.patients.folding import folded_name
    from sportello.patients.models import Patient
    from sportello.patients.rules import Person, expected_code

    family, given = FOREIGN.get(language, "") + FAMILIES[number], GIVEN[language]
    born_on = date(date.today().year - 9 if language == WARD else 1961, 3, 4 + number)
    code = expected_code(Person(FAMILIES[number], "Ermenegilda", born_on, "F", "A944")) or ""
    with acting(System("tests")):
        return Patient.objects.create(
            practice=world.rossi.party,
            family_name=family,
            given_name=given,
            folded_name=folded_name(family, given),
            codice_fiscale=code,
            codice_fiscale_hash=code_hash(world.rossi.party.pk, code),
            sex="F",
            born_on=born_on,
            birth_place="Bologna",
            birth_place_code="A944",
            street=f"Via Querciabianca {700 + number}",
            postal_code="29010",
            city="Castelvetro Piacentino",
            province="PC",
            email=f"{FAMILIES[number].lower()}.{number}@posta-inventata.example",
            phone=f"+39347000{71000 + number}",
            language="it" if language == WARD else language,
        )


def _parent(patient: Any, number: int) -> Any:
    """Return a parent who sees the child's papers."""
    from sportello.core.actors import System, acting
    from sportello.patients.models import Representative

    with acting(System("tests")):
        return Representative.objects.create(
            practice=patient.practice,
            patient=patient,
            role="parent",
            family_name="Vallombrosiani",
            given_name="Clorindamaria",
            email=f"clorinda.{number}@genitori-inventati.example",
            phone=f"+39347000{81000 + number}",
            since_on=patient.born_on,
        )


def _needles_of_parent(parent: Any) -> list[str]:
    place, _, domain = parent.email.partition("@")
    return [parent.family_name, parent.given_name, parent.email, place, domain, parent.phone]


def _needles(patient: Any) -> list[str]:
    return [
        patient.family_name,
        patient.given_name,
        patient.codice_fiscale,
        patient.street,
        patient.city,
        patient.email,
        patient.email.partition("@")[0],
        patient.email.partition("@")[2],
        patient.phone,
        patient.phone.removeprefix("+39"),
        patient.born_on.isoformat(),
        f"{patient.born_on:%d/%m/%Y}",
    ]


def _paper_needles(papers: list[Any]) -> list[str]:
    whole = sum((paper.total for paper in papers), Decimal("0.00"))
    amounts = {each for paper in papers for each in (paper.total, paper.payable)} | {whole}
    written = [form for amount in sorted(amounts) for form in _forms(amount)]
    return [*written, SERIES, *(f"{paper.number}/" for paper in papers), *(f"-{paper.number}" for paper in papers)]


def _forms(amount: Decimal) -> list[str]:
    """Return an amount as people and machines write it."""
    english = f"{amount:,.2f}"
    plain, italian = f"{amount:.2f}", english.translate(str.maketrans(",.", ".,"))
    spaced = [italian.replace(".", space) for space in (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")]
    eastern = english.translate(str.maketrans("0123456789,.", "٠١٢٣٤٥٦٧٨٩٬٫"))
    return [plain, plain.replace(".", ","), english, italian, *spaced, eastern]


if __name__ == "__main__":
    json.dump(write(sys.argv[1:]), sys.stdout)
