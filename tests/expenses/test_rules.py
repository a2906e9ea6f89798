"""What the State should hold and what to do next: pure rules, with properties."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sistemats import Accepted, AcceptedWithWarnings, AuthenticationFailed, Conflict, NotDone, Refused, Unavailable
from sistemats.replies import Message
from sportello.billing.rules.treatments import ServiceNature
from sportello.expenses.rules.answers import Said, read, scrubbed
from sportello.expenses.rules.content import Content, Piece, Reference
from sportello.expenses.rules.deeds import Deed, possible
from sportello.expenses.rules.next_step import CANCELLING, FLAGS, Sides, Step, next_step, visible, wanted
from sportello.expenses.rules.should import (
    Paper,
    PaperGroup,
    PaperLine,
    Problem,
    Stamp,
    WhyNot,
    bonus_given_back,
    derive,
    pieces,
)
from sportello.expenses.states import (
    AUDIT,
    CALL_MOVES,
    CALL_TURN,
    MOVES,
    TURN,
    CallState,
    ForbiddenSight,
    Visible,
    check_call_move,
    check_move,
)

DAY = date(2026, 3, 12)
HEALTH, OTHER = ServiceNature.HEALTH, ServiceNature.OTHER


def a_line(net: str = "70.00", label: str = "N4", kind: str | None = "SP", nature=HEALTH) -> PaperLine:
    return PaperLine(nature, kind, "", Decimal(net), label)


def a_paper(**changes) -> Paper:
    paper = Paper(
        reference=Reference("01234560371", DAY, "1/2026"),
        is_person=True,
        lines=(a_line(),),
        groups=(PaperGroup("N4", Decimal("71.40")),),
        stamp=Stamp(),
        paid_on=DAY,
        code="VRDBRN80E12A944U",
        opposed=False,
        traceable=True,
    )
    return paper._replace(**changes)


FOR_NOTHING = {
    "lines": (a_line("0.00"), a_line("100.00", "22", None, OTHER)),
    "groups": (PaperGroup("N4", Decimal("0.00")), PaperGroup("22", Decimal("122.00"))),
}
"""Care that was given for nothing beside something that is no care."""


def test_derive_of_a_paid_paper_is_its_total():
    found = derive(a_paper())
    assert found.due
    assert not found.problem
    assert found.content is not None
    assert found.content.total == Decimal("71.40")
    assert found.content.code == "VRDBRN80E12A944U"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_person": False}, WhyNot.NOT_A_PERSON),
        ({"lines": (a_line(nature=OTHER),)}, WhyNot.NOT_HEALTH),
        ({"lines": (a_line(kind=""),)}, WhyNot.NOT_HEALTH),
        (FOR_NOTHING, WhyNot.NO_AMOUNT),
        (FOR_NOTHING | {"stamp": Stamp(Decimal("2.00"), "N1")}, WhyNot.NO_AMOUNT),
        ({"paid_on": None}, WhyNot.NOT_PAID),
        ({"code": ""}, WhyNot.NO_CODE),
        ({"excluded": True}, WhyNot.EXCLUDED),
        ({"active_since": date(2026, 4, 1)}, WhyNot.BEFORE_ACTIVATION),
        ({"original_due": False}, WhyNot.ORIGINAL_NOT_DUE),
    ],
)
def test_derive_says_why_a_paper_is_not_due(changes, why):
    found = derive(a_paper(**changes))
    assert (found.due, found.why_not, found.content) == (False, why.value, None)


def test_derive_of_an_opposed_paper_sends_it_without_the_code():
    content = derive(a_paper(opposed=True)).content
    assert content is not None
    assert (content.code, content.opposed) == ("", True)
    assert derive(a_paper(opposed=True, code="")).due


@pytest.mark.parametrize(("paid_on", "prepaid"), [(date(2026, 3, 11), True), (DAY, False), (date(2027, 1, 1), False)])
def test_derive_marks_a_payment_before_issue(paid_on, prepaid):
    content = derive(a_paper(paid_on=paid_on)).content
    assert content is not None
    assert content.prepaid is prepaid


def test_derive_marks_a_payment_before_issue_across_new_year():
    paper = a_paper(reference=Reference("01234560371", date(2027, 1, 4), "1/2027"), paid_on=date(2026, 12, 31))
    content = derive(paper).content
    assert content is not None
    assert (content.prepaid, content.paid_on.year) == (True, 2026)


def test_derive_of_a_refund_is_paid_when_issued_and_names_its_original():
    original = Reference("01234560371", DAY, "1/2026")
    note = a_paper(reference=Reference("01234560371", date(2026, 4, 1), "1/NC/2026"), original=original)
    content = derive(note).content
    assert content is not None
    assert (content.paid_on, content.prepaid, content.original) == (date(2026, 4, 1), False, original)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lines": (a_line(kind=None),)}, Problem.UNMAPPED),
        ({"reference": Reference("01234560371", DAY, "1 è")}, Problem.NUMBER),
        ({"groups": (PaperGroup("N4", Decimal("100000.00")),)}, Problem.AMOUNT),
        ({"paid_on": date(2014, 12, 31), "active_since": date(2014, 1, 1)}, Problem.DATE),
        ({"code": "VRDBRN"}, Problem.CODE),
    ],
)
def test_derive_says_what_keeps_a_due_paper_back(changes, problem):
    found = derive(a_paper(**changes))
    assert (found.due, found.problem) == (True, problem.value)


def test_pieces_of_a_mixed_paper_hold_the_health_lines_alone():
    lines = (a_line("60.00"), a_line("100.00", "22", None, OTHER))
    groups = (PaperGroup("N4", Decimal("61.20")), PaperGroup("22", Decimal("124.44")))
    assert pieces(lines, groups, Stamp()) == (Piece("SP", Decimal("61.20"), nature="N4"),)


def test_pieces_of_a_taxed_line_bear_its_rate():
    found = pieces((a_line("100.00", "22", "IC"),), (PaperGroup("22", Decimal("124.44")),), Stamp())
    assert found == (Piece("IC", Decimal("124.44"), rate=Decimal("22")),)


@pytest.mark.parametrize(
    ("handling", "amounts"), [("included", ["84.00"]), ("separate", ["82.00", "2.00"]), ("omitted", ["82.00"])]
)
def test_pieces_bring_the_stamp_as_the_account_says(handling, amounts):
    found = pieces((a_line("80.39"),), (PaperGroup("N4", Decimal("82.00")),), Stamp(Decimal("2.00"), "N1", handling))
    assert [str(one.amount) for one in found] == amounts


def test_derive_parts_the_bonus_between_inps_and_patient():
    paper = a_paper(
        lines=(a_line("78.43", "N2.2"),),
        groups=(PaperGroup("N2.2", Decimal("80.00")),),
        stamp=Stamp(Decimal("2.00"), "N2.2"),
        bonus_share=Decimal("50.00"),
    )
    content = derive(paper).content
    assert content is not None
    assert content.totals() == {"SP": Decimal("32.00"), "AA": Decimal("50.00")}


eurocents = st.integers(min_value=1, max_value=20_000).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(eurocents, min_size=1, max_size=6), st.data())
def test_notes_give_back_each_share_to_the_cent_and_the_patients_first(parts, data):
    whole = sum(parts)
    share = data.draw(st.integers(min_value=1, max_value=int(whole * 100)).map(lambda cents: Decimal(cents) / 100))
    before = back = Decimal("0.00")
    for part in parts:
        bonus = bonus_given_back(whole, share, before, part)
        assert 0 <= bonus <= part
        before, back = before + part, back + bonus
        assert back == max(before - (whole - share), 0)
    assert back == share


def test_note_that_gives_back_a_stamp_alone_has_one_item():
    stamp = Stamp(Decimal("2.00"), "N1")
    found = pieces((a_line("0.00"),), (PaperGroup("N4", Decimal("0.00")),), stamp, is_note=True)
    assert found == (Piece("SP", Decimal("2.00"), nature="N1"),)


cents = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999"), places=2)


@given(st.lists(st.tuples(cents, st.sampled_from(["SP", "SR", "AA"])), min_size=1, max_size=7), cents, st.booleans())
def test_pieces_add_up_to_the_paper_to_the_cent(rows, extra, with_stamp):
    lines = tuple(a_line(str(net), "N4", kind) for net, kind in rows)
    group = sum((net for net, _ in rows), Decimal(0)) + extra
    stamp = Stamp(Decimal("2.00"), "N1") if with_stamp else Stamp()
    total = sum(one.amount for one in pieces(lines, (PaperGroup("N4", group),), stamp))
    assert total == group + stamp.amount


amounts = st.decimals(min_value=Decimal("-9999"), max_value=Decimal("99999"), places=2) | st.integers(0, 9).map(Decimal)
words = st.text(max_size=20)
references = st.builds(Reference, words, st.dates(), words, st.integers(0, 999))
contents = st.builds(
    Content,
    references,
    st.dates(),
    st.lists(st.builds(Piece, words, amounts, words, st.none() | amounts, words), max_size=4).map(tuple),
    words,
    st.booleans(),
    st.booleans(),
    st.none() | st.booleans(),
    st.none() | references,
)


def told(one: Reference) -> list[object]:
    return [one.vat_number, one.issued_on.isoformat(), one.number, one.device]


@given(contents)
def test_content_is_written_as_json_with_sorted_keys_to_the_byte(one):
    items = [
        [
            each.expense_type,
            f"{each.amount:.2f}",
            each.flag,
            None if each.rate is None else f"{each.rate:.2f}",
            each.nature,
        ]
        for each in one.pieces
    ]
    plain = {
        "ref": told(one.reference),
        "paid": one.paid_on.isoformat(),
        "code": one.code,
        "opposed": one.opposed,
        "prepaid": one.prepaid,
        "traced": one.traceable,
        "items": items,
        "original": None if one.original is None else told(one.original),
    }
    assert one.text() == json.dumps(plain, sort_keys=True, separators=(",", ":"))


@given(contents)
def test_content_reads_back_as_it_was_written(one):
    assert Content.read(one.text()) == one


def test_content_and_paper_show_no_code():
    paper = a_paper()
    content = derive(paper).content
    assert content is not None
    assert paper.code
    assert content.code
    for shown in (repr(paper), repr(content), repr(derive(paper))):
        assert paper.code not in shown


def test_pieces_without_a_bonus_stay_what_they_are_also_below_zero():
    lines = (a_line("100.00"), a_line("-30.00", "22", "IC"))
    groups = (PaperGroup("N4", Decimal("100.00")), PaperGroup("22", Decimal("-36.60")))
    found = derive(a_paper(lines=lines, groups=groups))
    assert found.problem == Problem.AMOUNT
    assert found.content is not None
    assert found.content.totals() == {"SP": Decimal("100.00"), "IC": Decimal("-36.60")}


def test_concerns_nobody_is_about_kind_not_about_payment():
    assert not derive(a_paper(paid_on=None, code="")).concerns_nobody
    assert not derive(a_paper(excluded=True)).concerns_nobody
    assert derive(a_paper(is_person=False, paid_on=None)).concerns_nobody
    assert derive(a_paper(lines=(a_line(nature=OTHER),))).concerns_nobody


ALL_SIDES = [
    Sides(
        due=due,
        should_hash="s" if due else "",
        problem=problem if due else "",
        held=held,
        known_hash=known if held == "held" else "",
        is_refund=refund,
        call=call,
        ask=ask,
        original_held=original,
        refunds_held=refunds,
        refused_hash=refused[0],
        refused_operation=refused[1],
        tied=tied,
    )
    for due, problem, held, known, refund, call, ask, original, refunds, refused, tied in product(
        (True, False),
        ("", "unmapped"),
        ("none", "held", "cancelled", "other"),
        ("s", "x"),
        (True, False),
        (None, *CallState),
        (True, False),
        (True, False),
        (0, 1),
        (("", ""), ("s", "I"), ("s", "V"), (CANCELLING, "C")),
        (True, False),
    )
    if call not in {CallState.DONE, CallState.NOT_SENT}
]
ALL_SIDES += [sides._replace(may_reinsert=False) for sides in ALL_SIDES if sides.held == "cancelled"]


def test_next_step_never_sends_while_a_call_is_under_way_or_in_doubt():
    for sides in ALL_SIDES:
        if sides.call is not None:
            assert next_step(sides) is Step.NOTHING
        elif sides.ask:
            assert next_step(sides) is Step.ASK


def test_next_step_inserts_only_what_the_state_does_not_hold():
    for sides in ALL_SIDES:
        step = next_step(sides)
        if step in {Step.INSERT, Step.REFUND}:
            assert sides.due
            assert sides.held in {"none", "cancelled"}
            assert (step is Step.REFUND) == sides.is_refund
        if step is Step.REFUND:
            assert sides.original_held
        if step is Step.CHANGE:
            assert (sides.held, sides.known_hash) == ("held", "x")
        if step is Step.CANCEL:
            assert not sides.due
            assert not sides.refunds_held


def test_next_step_crosses_nothing_that_hangs_together_with_it():
    for sides in ALL_SIDES:
        if sides.tied:
            assert next_step(sides) is not Step.REFUND
            assert sides.is_refund or next_step(sides) is not Step.CANCEL
            assert visible(sides) is visible(sides._replace(tied=False))


def test_next_step_repeats_nothing_that_was_refused_for_the_same_content():
    for sides in ALL_SIDES:
        step = next_step(sides)
        if step in FLAGS and sides.refused_operation == FLAGS[step]:
            assert sides.refused_hash != (CANCELLING if step is Step.CANCEL else sides.should_hash)


def test_next_step_is_nothing_once_both_sides_agree():
    for sides in ALL_SIDES:
        agree = (sides.due and sides.held == "held" and sides.known_hash == "s") or (
            not sides.due and sides.held in {"none", "cancelled"}
        )
        if agree:
            assert wanted(sides) is Step.NOTHING


def test_visible_shows_every_pair_of_sides_somewhere():
    seen = {visible(sides) for sides in ALL_SIDES} | {
        visible(Sides(True, "a", held="held", known_hash="a", refunded=True))
    }
    seen.add(visible(Sides(True, "a", held="held", known_hash="a", has_warnings=True)))
    assert seen == set(Visible)


def test_visible_leaves_alone_what_is_not_ours_and_need_not_be_there():
    for sides in ALL_SIDES:
        if sides.held == "other" and sides.call is None and not sides.ask:
            assert visible(sides) is (Visible.REJECTED if sides.due else Visible.NOT_APPLICABLE)


def test_visible_asks_a_person_where_a_spent_reference_should_go_again():
    for sides in ALL_SIDES:
        if sides.held == "cancelled" and sides.due and not sides.may_reinsert and not sides.call and not sides.ask:
            assert visible(sides) is Visible.REJECTED
            assert next_step(sides) is Step.NOTHING
            assert sides.problem or Deed.RENEW in possible(sides)


def test_possible_cancels_a_document_with_its_refunds_and_no_due_refund():
    for sides in ALL_SIDES:
        if sides.call is None and sides.held in {"held", "other"}:
            assert (Deed.CANCEL in possible(sides)) is not (sides.is_refund and sides.due)


def test_possible_offers_nothing_while_a_call_is_under_way():
    for sides in ALL_SIDES:
        found = possible(sides)
        if sides.call is not None:
            assert found == frozenset()
        elif next_step(sides) is Step.INSERT:
            assert Deed.SEND in found
            assert Deed.SEND_AGAIN not in found


def test_tables_of_states_cover_every_state():
    assert set(MOVES) == set(TURN) == set(AUDIT) == set(Visible)
    assert set(CALL_MOVES) == set(CALL_TURN) == set(CallState)


def test_check_move_refuses_what_no_table_lists():
    with pytest.raises(ForbiddenSight):
        check_move(Visible.READY, Visible.ACCEPTED)
    with pytest.raises(ForbiddenSight):
        check_call_move(CallState.DONE, CallState.WRITTEN)
    check_move(Visible.READY, Visible.READY)


def refusal(*codes: str) -> Refused:
    return Refused(tuple(Message(code, "TESTO", "E") for code in codes))


@pytest.mark.parametrize(
    ("outcome", "said", "reason"),
    [
        (Accepted("1"), Said.DONE, ""),
        (AcceptedWithWarnings("1", (Message("W003", "", "W"),)), Said.WARNED, ""),
        (refusal("S011"), Said.REFUSED, ""),
        (refusal("104"), Said.ACCOUNT, "pin"),
        (refusal("002"), Said.ACCOUNT, "certificate"),
        (refusal("110"), Said.ACCOUNT, "owner"),
        (refusal("105"), Said.ACCOUNT, "delegation"),
        (refusal("WS99"), Said.LATER, ""),
        (AuthenticationFailed(500), Said.ACCOUNT, "authentication"),
        (Unavailable("x", status=503), Said.LATER, ""),
        (NotDone("x"), Said.LATER, ""),
        (Conflict("x"), Said.CONFLICT, ""),
    ],
)
def test_read_sorts_every_outcome(outcome, said, reason):
    answer = read(outcome)
    assert (answer.said, answer.reason) == (said, reason)


def test_read_lets_an_unknown_code_pass_as_a_refusal():
    assert read(refusal("ZZ999")).said is Said.REFUSED


@given(st.text(max_size=60))
def test_scrubbed_lets_no_codice_fiscale_through(text):
    assert "RSSMRA80A01H501U" not in scrubbed(f"{text} RSSMRA80A01H501U {text}")


@pytest.mark.parametrize("code", ["STP1234567890123", "ENI 1234567890123", "eni1234567890123", "12345678901"])
@given(text=st.text(max_size=60))
def test_scrubbed_lets_no_code_of_a_foreigner_or_provisional_one_through(code, text):
    assert code[-11:] not in scrubbed(f"{text} CF {code}, {text}")


def test_scrubbed_leaves_protocols_codes_and_days_alone():
    said = "S017 DOCUMENTO 12/2026 DEL 2026-03-12 PRESENTE, PROTOCOLLO 99260926001866680, correttamente"
    assert scrubbed(said) == said


def test_every_change_of_a_paper_leads_where_the_table_allows():
    at_rest = [sides for sides in ALL_SIDES if sides.call is None and not sides.ask]
    for sides in at_rest:
        for other in (
            sides._replace(due=True, should_hash="s", problem=""),
            sides._replace(due=True, should_hash="t", problem=""),
            sides._replace(due=True, should_hash="s", problem="unmapped"),
            sides._replace(due=False, should_hash="", problem=""),
        ):
            check_move(visible(sides), visible(other))


def test_every_answer_leads_where_the_table_allows():
    for call in (CallState.WRITTEN, CallState.UNCERTAIN, CallState.TAKEN):
        for sides in ALL_SIDES:
            check_move(visible(sides._replace(call=call)), visible(sides._replace(call=None)))
