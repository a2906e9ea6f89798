"""What must hold for any document: tried on 100,000 random ones, and on those hypothesis shrinks."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.plain_totals import PlainTotals, plain_totals
from bench.random_documents import documents
from sportello.billing.reference import Reference, load
from sportello.billing.rules.credit import (
    CreditedPart,
    CreditTotals,
    NoteInput,
    credit,
    credit_everything,
    is_fully_credited,
    remaining,
)
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
from sportello.billing.rules.treatments import Natura, Regime, Treatment
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import DAY

COUNT, SEED = 100_000, 2026
OWN_STAMP = StampTerms(Decimal("77.47"), Decimal("2.00"))
CENT, ZERO = Decimal("0.01"), Decimal("0.00")
LAW = Reference(load())


def amounts(totals: Totals | CreditTotals) -> Iterator[Decimal]:
    """Yield every amount of a paper."""
    yield from totals.lines_net
    for group in totals.groups:
        yield from (group.services, group.fund, group.taxable, group.vat_amount)
    yield from (totals.fund_total, totals.vat_total, totals.stamp_base, totals.total)
    yield from (totals.withholding_base, totals.withheld, totals.payable)


def check_amounts(totals: Totals | CreditTotals) -> None:
    """Assert whole cents with two places, and no zero below zero."""
    for amount in amounts(totals):
        assert not amount.is_signed(), f"{amount} is below zero"
        assert amount.same_quantum(CENT), f"{amount} is not written in cents"


def check_adds_up(totals: Totals) -> None:
    """Assert the sums a paper shows."""
    groups = sum((group.services + group.fund + group.vat_amount for group in totals.groups), ZERO)
    assert groups + totals.stamp == totals.total
    assert totals.total - totals.withheld == totals.payable
    assert sum(totals.lines_net, ZERO) == sum((group.services for group in totals.groups), ZERO)
    assert (totals.stamp > 0) is (totals.stamp_nature is not None)


def check_second_opinion(totals: Totals, plain: PlainTotals) -> None:
    """Assert that the plain reading of the rules gives the same figures."""
    assert list(totals.lines_net) == plain.lines_net
    assert [(g.vat.label, g.services, g.fund, g.taxable, g.vat_amount) for g in totals.groups] == [
        (g.label, g.services, g.fund, g.taxable, g.vat_amount) for g in plain.groups
    ]
    assert (totals.stamp_base, totals.stamp, totals.total) == (plain.stamp_base, plain.stamp, plain.total)
    ours = (totals.withholding_base, totals.withheld, totals.payable)
    assert ours == (plain.withholding_base, plain.withheld, plain.payable)


def random_part(draw: Random, invoice: Totals, notes: list[NoteInput]) -> NoteInput | None:
    """Return a note on some of what is left, None when nothing is."""
    left = [(place, rest) for place, rest in enumerate(remaining(invoice, notes)) if rest.net > 0 and rest.quantity > 0]
    if not left:
        return None
    parts: list[CreditedPart] = []
    for place, rest in draw.sample(left, k=min(len(left), draw.choice((1, 1, 2)))):
        if draw.random() < 0.2 and invoice.document.lines[place].quantity >= 1:
            part = Decimal(draw.randrange(1, int(rest.net / CENT) + 1)) * CENT
            parts.append(CreditedPart(place, Decimal(1), part))
        else:
            quantity = rest.quantity if draw.random() < 0.5 else (rest.quantity / 2).quantize(Decimal("0.001"))
            parts.append(CreditedPart(place, quantity or rest.quantity))
    return NoteInput(tuple(parts))


def credited_to_the_end(draw: Random, invoice: Totals, most: int) -> list[CreditTotals]:
    """Credit an invoice by some random notes and a last one for the rest, the stamp given back."""
    notes: list[NoteInput] = []
    papers: list[CreditTotals] = []
    for _ in range(draw.randrange(most + 1)):
        note = random_part(draw, invoice, notes)
        if note is None:
            break
        try:
            papers.append(credit(invoice, notes, note, own_stamp=OWN_STAMP))
        except RuleViolation as refusal:
            if refusal.code not in ("total_must_be_positive", "credit_above_amount"):
                raise
            continue
        notes.append(note)
    if not is_fully_credited(invoice, notes):
        last = credit_everything(invoice, notes, give_back_stamp=invoice.stamp > 0)
        papers.append(credit(invoice, notes, last, own_stamp=OWN_STAMP))
        assert is_fully_credited(invoice, [*notes, last])
        assert papers[-1].completes
    return papers


def check_ends_on_the_invoice(invoice: Totals, papers: list[CreditTotals]) -> None:
    """Assert that the notes add up to the invoice's own figures, and never pass them."""
    stamp = sum((paper.stamp_given_back for paper in papers), ZERO)
    without = invoice.total - invoice.stamp + stamp
    assert sum((paper.total for paper in papers), ZERO) == without
    if stamp == invoice.stamp:
        assert sum((paper.withheld for paper in papers), ZERO) == invoice.withheld
        assert sum((paper.withholding_base for paper in papers), ZERO) == invoice.withholding_base
        assert sum((paper.payable for paper in papers), ZERO) == invoice.payable
    for group in invoice.groups:
        own = [each for paper in papers for each in paper.groups if each.vat == group.vat]
        assert sum((each.services for each in own), ZERO) == group.services
        assert sum((each.fund for each in own), ZERO) == group.fund
        assert sum((each.vat_amount for each in own), ZERO) == group.vat_amount


@pytest.mark.slow  # pure: once, not once for each database
@pytest.mark.timeout(1_500)
def test_compute_holds_for_100_000_random_documents() -> None:
    draw = Random(SEED)
    credited = 0
    for place, document in enumerate(documents(COUNT, SEED)):
        totals = compute(document)
        check_amounts(totals)
        check_adds_up(totals)
        check_second_opinion(totals, plain_totals(document))
        if totals.total - totals.stamp > 0:
            papers = credited_to_the_end(draw, totals, most=4 if place % 20 == 0 else 1)
            for paper in papers:
                check_amounts(paper)
            check_ends_on_the_invoice(totals, papers)
            credited += 1
    assert credited > COUNT * 0.8


PRICES = st.decimals(min_value=0, max_value=2000, places=2)
LINES = st.builds(
    LineInput,
    st.decimals(min_value="0.001", max_value=20, places=3),
    PRICES,
    st.sampled_from([LAW.vat(treatment, DAY) for treatment in Treatment]),
    st.decimals(min_value=0, max_value=100, places=2),
    bears_fund=st.booleans(),
    bears_withholding=st.booleans(),
)
FUNDS = st.one_of(
    st.none(),
    st.builds(
        FundTerms,
        st.just("FUND"),
        st.decimals(min_value=0, max_value=10, places=2),
        in_vat_base=st.booleans(),
        in_withholding_base=st.booleans(),
    ),
)
DOCUMENTS = st.builds(
    DocumentInput,
    regime=st.sampled_from(Regime),
    lines=st.lists(LINES, max_size=5).map(tuple),
    stamp_terms=st.just(OWN_STAMP),
    fund=FUNDS,
    customer=st.sampled_from(CustomerKind),
    withholding_agent=st.booleans(),
    withholding_rate=st.decimals(min_value=0, max_value=30, places=1),
    stamp_policy=st.sampled_from(StampPolicy),
    stamp_nature=st.sampled_from([Natura.EXCLUDED, Natura.EXEMPT]),
)


@given(DOCUMENTS, st.integers(min_value=0, max_value=2**32))
@settings(max_examples=300, deadline=None)
def test_compute_holds_for_documents_nobody_would_write(document: DocumentInput, seed: int) -> None:
    totals = compute(document)
    check_amounts(totals)
    check_adds_up(totals)
    if document.regime is Regime.ORDINARY:
        check_second_opinion(totals, plain_totals(document))
    if totals.total - totals.stamp > 0:
        check_ends_on_the_invoice(totals, credited_to_the_end(Random(seed), totals, most=3))
