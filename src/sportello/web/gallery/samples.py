"""Invented people, papers and figures for the gallery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django import forms

from sportello.core.actors import Role
from sportello.parties.queries import Seat
from sportello.web.forms import PageForm, Repair
from sportello.web.parts import BarChart, Event, Page, Series, Slice, StateLink, Step, Tab, Todo
from sportello.web.practice.menu import Shown

SEAT = Seat(1, "Studio Ginestra", "Psicologia e psicoterapia, Bologna", Role.OWNER)
MONTHS = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"]
THIS_YEAR = [
    Decimal(value)
    for value in (
        "4215.80",
        "4460.20",
        "4872.60",
        "4390.40",
        "5012.80",
        "4688.60",
        "4102.20",
        "1386.40",
        "5120.60",
        "5388.20",
        "3874.40",
    )
]
LAST_YEAR = [
    Decimal(value)
    for value in (
        "3810.40",
        "4122.60",
        "4388.20",
        "3944.80",
        "4510.60",
        "4302.00",
        "3688.40",
        "1204.20",
        "4610.80",
        "4982.40",
        "4705.20",
        "3510.60",
    )
]


@dataclass(frozen=True, slots=True)
class Row:
    """One invented invoice."""

    id: int
    number: str
    patient: str
    code: str
    issued_on: date
    payment: str
    total: Decimal

    @property
    def cents(self) -> int:
        """Return the total in cents."""
        return int(self.total * 100)


ROWS = (
    Row(86, "A 86/2026", "Popescu Ioana", "PPSNIO90P57Z129O", date(2026, 11, 20), "PAID", Decimal("144.80")),
    Row(85, "A 85/2026", "Bonetti Luca", "BNTLCU79M03A944S", date(2026, 11, 20), "UNPAID", Decimal("93.80")),
    Row(84, "A 84/2026", "Alberti Chiara", "LBRCHR88D52A944X", date(2026, 11, 18), "PARTIALLY_PAID", Decimal("71.40")),
    Row(83, "A 83/2026", "De Santis Matteo", "DSNMTT12H21A944P", date(2026, 11, 17), "REFUND_DUE", Decimal("123.00")),
    Row(82, "A 82/2026", "Conti Irene", "CNTRNI75T41A944A", date(2026, 11, 16), "PAID", Decimal("1285.00")),
    Row(81, "A 81/2026", "Amrani Youssef", "MRNYSF91A14Z330J", date(2026, 11, 12), "REFUNDED", Decimal("71.40")),
)


class PatientForm(PageForm):
    """A form with an error that has a repair, a warning, and an error of format."""

    given_name = forms.CharField(label="Given name")
    family_name = forms.CharField(label="Family name")
    fiscal_code = forms.CharField(label="Codice fiscale", help_text="Spaces and small letters are fine.")
    born_on = forms.CharField(label="Date of birth")
    birthplace = forms.CharField(label="Place of birth")
    email = forms.CharField(label="E-mail")
    language = forms.ChoiceField(label="Language", choices=[("it", "Italiano"), ("fr", "Français")])
    channel = forms.ChoiceField(
        label="Where does the invoice go", choices=[("portal", "Portal"), ("paper", "Paper")], widget=forms.RadioSelect
    )
    objects = forms.BooleanField(label="Objects to the Sistema TS", required=False, help_text="Sent without the code.")

    def clean(self) -> None:
        """Say one of each kind of thing."""
        self.add_error("fiscal_code", "The last character is wrong: it should be G.")
        self.offer("fiscal_code", Repair("RSSMRA85T50A944G", "Use RSSMRA85T50A944G"))
        self.warn("born_on", "The codice fiscale says 10/12/1985. You can save all the same.")
        self.add_error("email", "The part after the @ is missing, for instance posta.example.")


def menu(page: str) -> list[Shown]:
    """Return the menu as a practice will see it."""
    entries = (
        ("Home", "home", "home", 0),
        ("Patients", "users", "patients", 0),
        ("Invoices", "file-invoice", "invoices", 4),
        ("Settings", "settings", "parts", 0),
    )
    return [Shown(word, icon, f"/_parts/{place}/", place == page, count) for word, icon, place, count in entries]  # type: ignore[arg-type]


def filled_form() -> PatientForm:
    """Return the form as it comes back with errors."""
    return PatientForm(
        {
            "given_name": "Maria",
            "family_name": "Rossi",
            "fiscal_code": "rssmra 85t50 a944a",
            "born_on": "10/11/1985",
            "birthplace": "Bologna",
            "email": "maria.rossi@",
            "language": "it",
            "channel": "portal",
        }
    )


def months() -> list[tuple[str, Decimal | None, Decimal, Decimal | None]]:
    """Return the income of two years by month with the difference, where both months are over."""
    rows: list[tuple[str, Decimal | None, Decimal, Decimal | None]] = []
    for index, (month, before) in enumerate(zip(MONTHS, LAST_YEAR, strict=True)):
        now = THIS_YEAR[index] if index < len(THIS_YEAR) else None
        over = now is not None and index < 10
        rows.append((month, now, before, now - before if over and now is not None else None))
    return rows


def values() -> dict[str, object]:
    """Return everything the gallery's templates show."""
    chart = BarChart(
        "income",
        "Income by month",
        MONTHS,
        [
            Series("2026", [*THIS_YEAR, None]),
            Series("2025", LAST_YEAR),
        ],
        [month[0] for month in MONTHS],
    )
    return {
        "rows": ROWS,
        "page": Page(ROWS, total=231, after="81", amount=Decimal("21846.20")),
        "states": [
            StateLink("All", "?", 231, current=True),
            StateLink("Unpaid", "?state=unpaid", 4),
            StateLink("Paid", "?state=paid", 214),
            StateLink("Partly paid", "?state=part", 6),
            StateLink("To refund", "?state=refund", 1),
        ],
        "tabs": [Tab("Summary", "?", current=True), Tab("Payments", "?t=p", 1), Tab("Documents", "?t=d", 3)],
        "events": [
            Event(datetime(2026, 11, 12, 8, 14, tzinfo=UTC), ", S011", "Refused by the Sistema TS", "bad"),
            Event(datetime(2026, 11, 10, 20, 47, tzinfo=UTC), "Giulia Ferraro downloaded the PDF"),
            Event(
                datetime(2026, 11, 10, 17, 3, tzinfo=UTC), ", € 71,40 by card. Recorded by Elena Testi", "Paid", "ok"
            ),
            Event(datetime(2026, 11, 10, 17, 1, tzinfo=UTC), " by Marta Bellandi as A 79/2026", "Issued"),
        ],
        "steps": [
            Step("Your fiscal data", "Marta Bellandi, ordinary regime, ENPAP 2%", "DONE", "#", "Look again"),
            Step("A service in the price list", "Name, price and kind of expense", "NEXT", "#", "Add a service"),
            Step("A patient", "A name and a codice fiscale are enough", "LATER", "#", "Add a patient"),
        ],
        "todos": [
            Todo(4, "Unpaid invoices", "The oldest is 24 days old", "#", Decimal("359.60")),
            Todo(2, "Drafts to issue", "One is from last month", "#", Decimal("142.80")),
            Todo(1, "Refund to pay back", "Invoice A 83/2026", "#", Decimal("71.40")),
        ],
        "slices": [
            Slice("paid", 214, "ok", "circle-check", "#"),
            Slice("partly paid", 6, "wait", "circle-half-2", "#"),
            Slice("under way", 3, "move", "progress", "#"),
            Slice("refused", 1, "bad", "circle-x", "#"),
            Slice("drafts", 7, "off", "pencil", "#"),
        ],
        "chart": chart,
        "months": months(),
        "sums": (Decimal("47512.20"), Decimal("47780.20"), Decimal("-268.00")),
        "form": filled_form(),
        "gauge_value": Decimal("142.80"),
        "gauge_threshold": Decimal("77.47"),
        "today": date(2026, 11, 23),
        "at": datetime(2026, 11, 23, 9, 42, tzinfo=UTC),
    }
