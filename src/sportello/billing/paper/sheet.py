"""From the frozen content to the plain strings the template sets, in the order it sets them.

Everything a person reads is decided here; the template only places it. A text with its translation is `[italian]` or
`[italian, second]`.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from .content import BankAccount, Content, Kind, Line, Payment, Words
from .spelling import clean, day, has_rtl, iban, isolate, money, plain, price

Pair = list[str]
"""A text in Italian, and in the second language when there is one."""
Row = list[Any]
"""A label and what stands beside it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo the template can open.

    :ivar path: inside the template's root
    :ivar width: on paper, millimetres
    """

    path: str
    width: float


_TYPST_LANGUAGE = {"zh-hans": ("zh", "CN")}
_NOTHING = Decimal("0.00")
_MINUS = "\N{MINUS SIGN}\N{NO-BREAK SPACE}"
_COLUMNS = ("description", "performed_on", "quantity", "unit_price", "discount", "treatment", "amount")


@cache
def labels() -> dict[str, dict[str, str]]:
    """Return the words of the form itself: language code to key to text."""
    text = resources.files(__package__).joinpath("labels.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = json.loads(text)
    return table


def languages() -> frozenset[str]:
    """Return the codes a document may carry as second language."""
    return frozenset(labels()) - {"it"}


def build(content: Content, picture: Picture | None) -> dict[str, Any]:
    """
    Return what the template sets for one document.

    :param picture: the logo as it lies in the template's root, None where there is none
    """
    return _Builder(content).sheet(picture)


def to_json(plain: dict[str, Any]) -> str:
    """Return the sheet as the template reads it."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def title(content: Content) -> str:
    """Return the document's title, such as "Fattura 79/2026": no name of a patient is in it."""
    return f"{labels()['it'][content.kind.value]} {clean(content.number)}"


def _say(text: str) -> str:
    """Return a text of the content, kept apart when its direction could move what stands beside it."""
    text = clean(text)
    return isolate(text) if has_rtl(text) else text


def _width(label: Pair, cells: list[str]) -> float:
    """Return millimetres that are enough for a column: 1.86 a digit at 9 pt, 1.7 a letter of a heading."""
    widest = max(max(map(len, cells), default=0) * 1.86, max(map(_letters, label)) * 1.7)
    return round(widest + 3.6, 1)


def _letters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


class _Builder:
    """Holds the content and its two sets of labels while one sheet is built."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.italian = labels()["it"]
        self.second = labels().get(content.language) if content.language != "it" else None

    def label(self, key: str, *values: str) -> Pair:
        """Return a label of the form; values follow it, kept apart from right-to-left words."""
        pair: Pair = [" ".join((self.italian[key], *values))]
        if self.second:
            pair.append(_say(" ".join((self.second[key], *map(isolate, values)))))
        return pair

    def words(self, words: Words) -> Pair:
        """Return a text of the content, with its translation where it has one."""
        pair = [_say(words.it)]
        if self.second and words.second and words.second != words.it:
            pair.append(_say(words.second))
        return pair

    def sheet(self, picture: Picture | None) -> dict[str, Any]:
        """Return everything, in the order of the paper."""
        content = self.content
        code = content.language if self.second else "it"
        language, region = _TYPST_LANGUAGE.get(code, (code, None))
        return {
            "title": title(content),
            "author": clean(content.issuer.name),
            "day": [content.issued_on.year, content.issued_on.month, content.issued_on.day],
            "lang": language,
            "region": region,
            "running": f"{title(content)} del {day(content.issued_on)}",
            "page": self.italian["page"],
            "logo": {"path": picture.path, "width": picture.width} if picture else None,
            "head": self.head(),
            "issuer": self.issuer(),
            "addressee": self.addressee(),
            "facts": self.facts(),
            **self.table(),
            "sums": self.sums(),
            "payable": self.payable(),
            "summary": self.summary(),
            "payment": self.payment(),
            "notes": self.notes(),
            "stamp_space": self.stamp_space(),
            "prevails": self.label("prevails") if self.second else None,
        }

    def head(self) -> dict[str, Any]:
        content = self.content
        return {
            "kind": self.label(content.kind.value),
            "number": _say(content.number),
            "date": [self.label("date"), day(content.issued_on)],
            "copy": self.label("copy") if content.is_copy else None,
        }

    def issuer(self) -> dict[str, Any]:
        issuer = self.content.issuer
        number = f"n.\N{NO-BREAK SPACE}{issuer.register_number}" if issuer.register_number else ""
        policy = f"{self.italian['policy']} {issuer.policy}" if issuer.policy else ""
        facts: list[tuple[str, str]] = [
            ("vat_number", issuer.vat_number),
            ("fiscal_code", issuer.fiscal_code),
            ("register", " ".join(filter(None, (issuer.register, number)))),
            ("insurance", ", ".join(filter(None, (issuer.insurer, policy)))),
        ]
        rows: list[Row] = [[self.italian[key], [_say(value)]] for key, value in facts if value]
        rows.append([self.italian["regime"], self.words(issuer.regime)])
        return {
            "name": _say(issuer.name),
            "profession": _say(issuer.profession) if issuer.profession else None,
            "address": [_say(text) for text in (*issuer.address, *issuer.contacts)],
            "facts": rows,
        }

    def addressee(self) -> dict[str, Any]:
        addressee = self.content.addressee
        country = (addressee.country.upper(),) if addressee.country else ()
        return {
            "label": self.label("addressee"),
            "name": _say(addressee.name),
            "address": [_say(text) for text in (*addressee.address, *country)],
        }

    def facts(self) -> list[Row]:
        """Return codes and references that stand in the strip under the head."""
        addressee, patient, correction = self.content.addressee, self.content.patient, self.content.correction
        facts: list[tuple[str, tuple[str, ...]]] = [
            ("corrects", (f"{correction.number} del {day(correction.issued_on)}",) if correction else ()),
            ("patient", (patient.name, patient.fiscal_code) if patient else ()),
            ("fiscal_code", (addressee.fiscal_code,)),
            ("vat_number", (addressee.vat_number,)),
            ("foreign_id", (addressee.foreign_id,)),
            ("delivery", (addressee.delivery,)),
        ]
        return [
            [self.addressee_label(key), [_say(value) for value in values if value]]
            for key, values in facts
            if any(values)
        ]

    def addressee_label(self, key: str) -> Pair:
        """Return a label that says whose code it is, where the issuer has one of the same name."""
        if key not in ("fiscal_code", "vat_number"):
            return self.label(key)
        pair = [f"{self.italian['addressee']} · {self.italian[key]}"]
        if self.second:
            pair.append(_say(f"{self.second['addressee']} · {self.second[key]}"))
        return pair

    def table(self) -> dict[str, Any]:
        """Return columns, their widths in millimetres (0 takes what is left) and the cells of the lines."""
        columns = self.columns()
        keys = [key for key, _ in columns]
        rows = [self.line(line, keys) for line in self.content.lines]
        widths = [0] + [_width(label, [row[at] for row in rows]) for at, (_, label) in enumerate(columns) if at]
        return {"columns": columns, "widths": widths, "lines": rows}

    def columns(self) -> list[Row]:
        """Return key and label of each column; days and discounts only where a line has one."""
        lines = self.content.lines
        left_out = set()
        if not any(line.performed_on for line in lines):
            left_out.add("performed_on")
        if not any(line.discount for line in lines):
            left_out.add("discount")
        return [[key, self.label(key)] for key in _COLUMNS if key not in left_out]

    def line(self, line: Line, keys: list[str]) -> Row:
        """Return the cells of one service, in the order of the columns."""
        cells = {
            "description": self.words(Words(line.description, line.second_description)),
            "performed_on": day(line.performed_on) if line.performed_on else "",
            "quantity": plain(line.quantity),
            "unit_price": price(line.unit_price),
            "discount": f"{plain(line.discount)}%" if line.discount else "",
            "treatment": clean(line.treatment),
            "amount": money(line.net),
        }
        return [cells[key] for key in keys]

    def sums(self) -> dict[str, Any]:
        """Return the rows before the total, the total, and what is withheld of it."""
        content, totals = self.content, self.content.totals
        before: list[Row] = [[self.label("services"), money(totals.net)]]
        if content.fund:
            before.append([self.words(content.fund.label), money(content.fund.amount)])
        before.extend([self.words(group.wording), money(group.vat)] for group in content.groups if group.vat)
        if totals.stamp:
            key = "stamp_returned" if content.kind is Kind.CREDIT_NOTE else "stamp"
            before.append([self.label(key), money(totals.stamp)])
        after: list[Row] = []
        if kept := content.withholding:
            label = self.label("withholding", f"{plain(kept.rate)}%", f"({money(kept.base)})")
            after.append([label, _MINUS + money(kept.amount)])
        return {"before": before, "total": [self.label("total"), money(totals.total)], "after": after}

    def payable(self) -> Row:
        key = "payable_back" if self.content.kind is Kind.CREDIT_NOTE else "payable"
        return [self.label(key), money(self.content.totals.payable)]

    def summary(self) -> dict[str, Any]:
        """Return taxable amount, tax and statutory reference for each VAT treatment."""
        rows: list[Row] = [
            [clean(group.treatment), self.words(group.wording), money(group.taxable), money(group.vat)]
            for group in self.content.groups
        ]
        stamp, charged = self.content.stamp, self.content.totals.stamp
        if stamp and stamp.natura and charged:
            rows.append([clean(stamp.natura), self.label("stamp"), money(charged), money(_NOTHING)])
        keys = ("summary", "treatment", "description", "taxable", "tax")
        pairs = [self.label(key) for key in keys]
        width = max(_width(pair, [row[at] for row in rows]) for at, pair in ((2, pairs[3]), (3, pairs[4])))
        return {"labels": pairs, "rows": rows, "width": width}

    def payment(self) -> dict[str, Any] | None:
        """Return how it was paid, or how it is to be paid; None when there is nothing to say."""
        content = self.content
        rows = [self.paid(payment) for payment in content.payments]
        if content.paid_on:
            heading = self.label("paid_on", day(content.paid_on))
        elif content.due_on:
            heading = self.label("due_on", day(content.due_on))
        else:
            heading = self.label("to_pay" if content.bank or content.payment_method else "payment")
        if content.payment_method and not content.paid_on:
            method, *second = self.words(content.payment_method)
            rows.append([self.label("payment"), method, second])
        if content.bank and not content.paid_on:
            rows.extend(self.account(content.bank))
        return {"heading": heading, "rows": rows} if rows or content.paid_on or content.due_on else None

    def paid(self, payment: Payment) -> Row:
        traceable = self.label("traceable" if payment.traceable else "cash")
        return [self.words(payment.method), f"{money(payment.amount)} · {day(payment.on)}", traceable]

    def account(self, bank: BankAccount) -> list[Row]:
        facts = [("iban", iban(bank.iban)), ("holder", bank.holder), ("bank", bank.bank), ("bic", bank.bic)]
        return [[self.label(key), _say(value), []] for key, value in facts if value]

    def notes(self) -> list[Pair]:
        """Return the sentences at the foot, statutory ones first."""
        content = self.content
        correction, stamp = content.correction, content.stamp
        candidates = [
            correction.wording if correction else None,
            correction.reason if correction else None,
            stamp.wording if stamp else None,
            content.opposition,
            content.bonus,
            *content.remarks,
            content.courtesy,
        ]
        return [self.words(words) for words in candidates if words and words.it]

    def stamp_space(self) -> Pair | None:
        """Return the words in the box for a sticker that is not there yet."""
        stamp = self.content.stamp
        return self.label("stamp_space") if stamp and stamp.paper and not stamp.identifier else None
