"""The readers themselves: they take what a file may say in other words, and a wrong cent does not pass them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sportello.billing.rules.credit import CreditedPart
from sportello.billing.rules.totals import CustomerKind, compute
from sportello.core.violations import RuleViolation
from tests.oracles import folder
from tests.oracles.comparing import check_figures
from tests.oracles.reading import document_of, note_of, round_split, vat_of

Case = dict[str, Any]


def case(*lines: Case, **more: Any) -> Case:
    """Return an invoice case of an ENPAP member."""
    rows = [{"description": f"Seduta {place}", "qty": "1", "vat": "N4"} | row for place, row in enumerate(lines, 1)]
    return {"regime": "RF01", "fund": "ENPAP", "customer": "PRIVATE", "lines": rows} | more


def test_check_figures_fails_on_a_cent_a_missing_group_and_an_unknown_key() -> None:
    ours: dict[str, object] = {"total": Decimal("1.00"), "groups": [{"vat": "N4"}], "nature": None}
    check_figures({"total": "1.00", "groups": [{"vat": "N4"}], "nature": None}, ours)
    wrong_ones: list[Case] = [
        {"total": "1.01"},
        {"total": None},
        {"groups": []},
        {"groups": [{"vat": "22"}]},
        {"nature": "N1"},
    ]
    for wrong in wrong_ones:
        with pytest.raises(AssertionError, match="expected, ours"):
            check_figures(wrong, ours)
    with pytest.raises(AssertionError, match="nothing of ours"):
        check_figures({"tips": "1.00"}, ours)
    with pytest.raises(AssertionError):
        check_figures({"total": "0.00"}, {"total": Decimal("-0.00")})


def test_check_refused_wants_a_refusal_and_the_named_code() -> None:
    folder.check_refused("any_other", [RuleViolation("whatever")])
    with pytest.raises(AssertionError):
        folder.check_refused("overpayment", [RuleViolation("whatever")])
    with pytest.raises(AssertionError):
        folder.check_refused("any_other", [])


def test_document_of_reads_discount_flags_and_kinds() -> None:
    document = document_of(
        case(
            {"unit_price": "100.00", "discount": "10%"},
            {"unit_price": "50.00", "bears_fund": False},
            customer="CONDOMINIUM",
        )
    )
    assert str(compute(document).groups[0].services) == "140.00"
    assert str(compute(document).fund_total) == "1.80"
    assert document.customer is CustomerKind.BODY
    assert vat_of("22.00").label == "22"
    assert vat_of("10").label == "10"


def test_round_split_reads_one_price_a_list_or_a_price_on_the_line() -> None:
    one = case({}, {}, {}, {}, input_gross="80.00")
    assert [str(net) for net in compute(document_of(one)).lines_net] == ["78.43", "78.43", "78.43", "78.44"]
    listed = round_split(case({}, {}, input_gross=["80.00", "13.00"]))
    assert listed is not None
    assert str(listed.reached) == "93.00"
    own = round_split(case({"gross": "80.00"}, {"unit_price": "10.00"}))
    assert own is not None
    assert [str(net) for net in own.nets] == ["78.43", "10.00"]
    packed = compute(document_of(case({"qty": "4", "gross": "80.00"})))
    assert str(packed.lines_net[0]) == "313.73"
    inside = compute(document_of(case({"gross": "80.00"}, stamp_inside=True)))
    assert str(inside.total) == "80.00"
    absorbed = compute(document_of(case({"gross": "80.00"}, stamp_inside=True, bollo_policy="absorb")))
    assert str(absorbed.total) == "80.00"


def test_note_of_finds_the_lines_it_takes_back() -> None:
    invoice = case({"unit_price": "60.00"}, {"unit_price": "60.00"}, {"unit_price": "40.00", "qty": "10"})
    second, _ = note_of(case({"description": "Seduta 2", "unit_price": "60.00"}), invoice, [])
    assert second.parts == (CreditedPart(1, Decimal(1)),)
    both, sizes = note_of(case({"description": "tutto", "unit_price": "60.00", "qty": "2"}), invoice, [])
    assert ([part.line for part in both.parts], sizes) == ([0, 1], [2])
    cheaper, _ = note_of(case({"description": "Seduta 3", "unit_price": "5.00", "qty": "10"}), invoice, [])
    assert cheaper.parts == (CreditedPart(2, Decimal(10), Decimal("5.00")),)
    after, _ = note_of(case({"description": "x", "unit_price": "60.00"}), invoice, [second])
    assert after.parts[0].line == 0


def test_folder_is_the_one_in_the_environment_and_each_file_is_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPORTELLO_ORACLES", str(tmp_path))
    assert folder.read_json("invoice-examples.json") == {}
    assert folder.read_rows("partite-iva.csv") == []
    (tmp_path / "partite-iva.csv").write_text("code,expected,case\r\n1,invalid,\r\n", encoding="utf-8")
    assert folder.read_rows("partite-iva.csv") == [{"code": "1", "expected": "invalid", "case": ""}]
    monkeypatch.delenv("SPORTELLO_ORACLES")
    assert folder.read_json("invoice-examples.json")["invoices"]
