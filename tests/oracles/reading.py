"""From the words of the oracle files to the values our rules take."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sportello.billing.reference import Reference, load
from sportello.billing.rules.credit import CreditedPart, NoteInput
from sportello.billing.rules.gross_split import PricedLine, RoundSplit, split_round_prices, unit_price_for
from sportello.billing.rules.totals import (
    CustomerKind,
    DocumentInput,
    FundTerms,
    LineInput,
    StampPolicy,
    StampTerms,
    Totals,
    compute,
)
from sportello.billing.rules.treatments import Natura, Regime, ServiceNature, Treatment, VatTerms
from tests.oracles.folder import read_json

DAY = date(2026, 3, 2)
LAW = Reference(load())
_BY_LABEL = {LAW.vat(treatment, DAY).label: LAW.vat(treatment, DAY) for treatment in Treatment}
_VETS = "ENPAV"
_GROSS = ("input_gross", "gross", "gross_price", "round_price")

Case = dict[str, Any]


def money(value: object) -> Decimal:
    """Return a number of an oracle file, whether it is a string, a percentage or a JSON number."""
    return Decimal(str(value).strip().rstrip("%").strip())


def first(case: Case, *keys: str, default: Any = None) -> Any:
    """Return the value of the first key that the case has."""
    return next((case[key] for key in keys if case.get(key) is not None), default)


def vat_of(label: object) -> VatTerms:
    """Return the treatment behind a natura or a rate."""
    text = str(label).strip().rstrip("%")
    if text in _BY_LABEL:
        return _BY_LABEL[text]
    rate = Decimal(text)
    known = next((terms for terms in _BY_LABEL.values() if terms.natura is None and terms.rate == rate), None)
    return known or VatTerms(Treatment.TAXABLE_22, rate, None)


def _meta() -> Case:
    return dict(read_json("invoice-examples.json").get("meta", {}))


def stamp_terms() -> StampTerms:
    """Return the stamp of the file's own head, or of our records."""
    meta, ours = _meta(), LAW.stamp(DAY)
    threshold = meta.get("bollo_threshold", str(ours.threshold)).split()[0]
    return StampTerms(Decimal(threshold), Decimal(meta.get("bollo_amount", str(ours.amount))))


def fund_of(case: Case) -> FundTerms | None:
    """Return the fund of a case by its name and, if the case has one, its own rate."""
    name = case.get("fund")
    if not name:
        return None
    rate = case.get("fund_rate")
    return LAW.fund(name, DAY, rate=None if rate is None else money(rate))


def customer_of(case: Case) -> CustomerKind:
    """Return what kind of customer a case has; a kind we do not know is some body or other."""
    name = str(case.get("customer", "PRIVATE")).upper()
    return CustomerKind(name) if name in CustomerKind.__members__ else CustomerKind.BODY


def document_of(case: Case) -> DocumentInput:
    """Return the input of an invoice case."""
    meta = _meta()
    fallback = meta.get("withholding_rate", str(LAW.withholding_rate(DAY)))
    return DocumentInput(
        regime=Regime(case["regime"]),
        lines=lines_of(case),
        stamp_terms=stamp_terms(),
        fund=fund_of(case),
        customer=customer_of(case),
        withholding_agent=bool(case.get("withholding_agent", False)),
        withholding_rate=money(case.get("withholding_rate", fallback)),
        stamp_policy=StampPolicy(first(case, "bollo_policy", "stamp_policy", default="charge")),
        stamp_nature=Natura(first(case, "bollo_nature", "stamp_nature", default="N1")),
    )


def lines_of(case: Case) -> tuple[LineInput, ...]:
    """Return the lines of a case, those with nothing but a round price solved first."""
    rows: list[Case] = case["lines"]
    split = round_split(case)
    return tuple(_line(row, split.nets[place] if split is not None else None) for place, row in enumerate(rows))


def _line(row: Case, solved: Decimal | None) -> LineInput:
    quantity = money(first(row, "qty", "quantity", default="1"))
    price = first(row, "unit_price", "price")
    if price is None:
        assert solved is not None, "a line has neither a price nor a round price"
        price = unit_price_for(solved, quantity)
    return LineInput(
        quantity,
        money(price),
        vat_of(row["vat"]),
        money(first(row, "discount", "discount_percent", "discount_pct", default="0")),
        bears_fund=_flag(row, ("bears_fund", "fund"), ("no_fund",)),
        bears_withholding=_flag(row, ("bears_withholding",), ()),
    )


def _flag(row: Case, yes: Sequence[str], no: Sequence[str]) -> bool:
    if any(row.get(key) is True for key in no):
        return False
    return first(row, *yes, default=True) is not False


def round_split(case: Case) -> RoundSplit | None:
    """Return what the round prices of a case come to, None when it has none."""
    prices = _round_prices(case)
    if prices is None:
        return None
    inside = first(case, "stamp_inside", "bollo_inside", default=False)
    charged = first(case, "bollo_policy", default="charge") == "charge" and customer_of(case) is not CustomerKind.PA
    lines = [_priced(row, price) for row, price in zip(case["lines"], prices, strict=True)]
    return split_round_prices(lines, fund_of(case), stamp_inside=stamp_terms() if inside and charged else None)


def _priced(row: Case, price: Decimal | None) -> PricedLine:
    vat, bears = vat_of(row["vat"]), _flag(row, ("bears_fund", "fund"), ("no_fund",))
    quantity = money(first(row, "qty", "quantity", default="1"))
    if price is None:
        return PricedLine(_line(row, None).net, vat, bears, is_round=False)
    return PricedLine(price * quantity, vat, bears)


def _round_prices(case: Case) -> list[Decimal | None] | None:
    """Return the round price of each line: from the line, from a list, or one price for all of them."""
    rows: list[Case] = case["lines"]
    on_lines = [first(row, *_GROSS) for row in rows]
    if any(price is not None for price in on_lines):
        return [None if price is None else money(price) for price in on_lines]
    whole = first(case, *_GROSS)
    if whole is None:
        return None
    if isinstance(whole, list):
        return [money(price) for price in whole]
    return [money(whole)] * len(rows)


def nature_of(row: Case, case: Case) -> ServiceNature | None:
    """Return what a line is where the file tells: None when only the practice's catalogue could."""
    said = first(row, "nature", "service", "health")
    if said is not None:
        return ServiceNature.HEALTH if said is True or str(said).lower() == "health" else ServiceNature.OTHER
    if row.get("sts_type") or case.get("fund") == _VETS:
        return ServiceNature.TAXED_HEALTH
    natura = vat_of(row["vat"]).natura
    if natura is Natura.EXEMPT:
        return ServiceNature.HEALTH
    return ServiceNature.OTHER if natura in (Natura.EXCLUDED, Natura.NOT_LOCALISED) else None


def natures_of(case: Case) -> set[ServiceNature]:
    """Return what the lines of a case are; a flat-rate line counts as care, a taxed one does not."""
    guess = {Natura.OUTSIDE: ServiceNature.HEALTH, None: ServiceNature.OTHER}
    return {nature_of(row, case) or guess[vat_of(row["vat"]).natura] for row in case["lines"]}


def note_of(case: Case, invoice_case: Case, earlier: Sequence[NoteInput]) -> tuple[NoteInput, list[int]]:
    """Return a credit note on the lines of its invoice, and for each of its lines how many parts that took."""
    invoice = compute(document_of(invoice_case))
    left = _left(invoice, earlier)
    parts: list[CreditedPart] = []
    sizes: list[int] = []
    for row in case["lines"]:
        found = _match(row, invoice_case, invoice, left)
        parts.extend(found)
        sizes.append(len(found))
    wanted = bool(case.get("reverse_bollo_charge", False))
    if not case.get("error") and not invoice.stamp:
        wanted = False
    return NoteInput(tuple(parts), wanted), sizes


def _left(invoice: Totals, earlier: Sequence[NoteInput]) -> list[Decimal]:
    left = [line.quantity for line in invoice.document.lines]
    for note in earlier:
        for part in note.parts:
            if part.price_part is None:
                left[part.line] -= part.quantity
    return left


def _match(row: Case, invoice_case: Case, invoice: Totals, left: list[Decimal]) -> list[CreditedPart]:
    """Find the lines of the invoice a note's line takes back: by text and price, then text, then price, then VAT."""
    quantity, wanted = money(first(row, "qty", "quantity", default="1")), first(row, "unit_price", "price")
    price = None if wanted is None else money(wanted)
    places = sorted(
        (place for place, line in enumerate(invoice.document.lines) if line.vat == vat_of(row["vat"])),
        key=lambda place: (
            -(invoice_case["lines"][place].get("description") == row.get("description"))
            - (price is not None and invoice.document.lines[place].unit_price == price),
            left[place] == 0,
        ),
    )
    assert places, "the note credits a VAT treatment that its invoice does not have"
    best = invoice.document.lines[places[0]]
    if price is not None and price != best.unit_price:
        return [CreditedPart(places[0], quantity, price)]
    parts: list[CreditedPart] = []
    for place in (place for place in places if invoice.document.lines[place].unit_price == best.unit_price):
        taken = min(quantity, left[place])
        if taken > 0:
            parts.append(CreditedPart(place, taken))
            left[place] -= taken
            quantity -= taken
    if quantity > 0:
        parts.append(CreditedPart(places[0], quantity))
    return parts
