"""The law the product ships: complete, dated, never twice on one day."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

import pytest

from sportello.billing.reference import Kind, Record, Reference, load
from sportello.billing.rules.payments import TRACEABLE, Method
from sportello.billing.rules.totals import FundTerms, StampTerms
from sportello.billing.rules.treatments import Natura, Regime, Treatment
from sportello.core.violations import RuleViolation

DAY = date(2026, 3, 2)
LAW = Reference(load())


def test_load_has_records_of_every_kind_with_a_source() -> None:
    assert {record.kind for record in load()} == set(Kind)
    assert all(len(record.source) > 10 for record in load())


def test_load_is_sorted_and_records_of_a_key_follow_each_other_without_a_gap() -> None:
    keys = [(record.kind, record.key, record.valid_from) for record in load()]
    assert keys == sorted(keys)
    for _, group in groupby(load(), key=lambda record: (record.kind, record.key)):
        rows = list(group)
        for before, after in pairwise(rows):
            assert before.valid_to is not None
            assert after.valid_from == before.valid_to + timedelta(days=1)
        assert rows[-1].valid_to is None


def test_holds_on_includes_first_and_last_day() -> None:
    record = Record(Kind.LIMIT, "x", date(2026, 1, 2), date(2026, 1, 4), {}, "test")
    assert [record.holds_on(date(2026, 1, day)) for day in range(1, 6)] == [False, True, True, True, False]


def test_vat_of_every_treatment() -> None:
    found = {treatment: (str(LAW.vat(treatment, DAY).rate), LAW.vat(treatment, DAY).natura) for treatment in Treatment}
    assert found == {
        Treatment.EXEMPT_HEALTH: ("0", Natura.EXEMPT),
        Treatment.FLAT_RATE: ("0", Natura.OUTSIDE),
        Treatment.TAXABLE_22: ("22", None),
        Treatment.EXCLUDED_15: ("0", Natura.EXCLUDED),
        Treatment.OUTSIDE_TERRITORY: ("0", Natura.NOT_LOCALISED),
    }


@pytest.mark.parametrize(
    ("key", "rate", "in_withholding_base", "code"),
    [
        ("ENPAP", 2, False, "TC21"),
        ("ENPAV", 2, False, "TC11"),
        ("ENPAB", 4, False, "TC19"),
        ("ENPAPI", 4, False, "TC20"),
        ("INPS_RIVALSA", 4, True, "TC22"),
    ],
)
def test_fund_gives_rate_and_bases(key: str, rate: int, in_withholding_base: bool, code: str) -> None:
    assert LAW.fund(key, DAY) == FundTerms(key, Decimal(rate), True, in_withholding_base)
    assert LAW.record(Kind.FUND, key, DAY).values["xml_code"] == code


def test_fund_that_asks_nothing_is_none() -> None:
    assert LAW.fund("ENPAM", DAY) is None
    assert LAW.fund("ENPAP", DAY, rate=Decimal(0)) is None


def test_fund_takes_the_entity_s_own_rate() -> None:
    terms = LAW.fund("ENPAP", DAY, rate=Decimal("2.5"))
    assert terms is not None
    assert terms.rate == Decimal("2.5")


def test_stamp_withholding_and_cash_limit() -> None:
    assert LAW.stamp(DAY) == StampTerms(Decimal("77.47"), Decimal("2.00"))
    assert LAW.withholding_rate(DAY) == 20
    assert LAW.cash_limit(DAY) == Decimal("5000.00")
    assert LAW.cash_limit(date(2022, 12, 31)) is None


def test_payment_methods_agree_with_the_rules() -> None:
    assert set(LAW.keys(Kind.PAYMENT_METHOD, DAY)) == set(Method)
    assert {method: LAW.is_traceable(method, DAY) for method in Method} == dict(TRACEABLE)


def test_regimes_are_those_of_the_rules() -> None:
    assert set(LAW.keys(Kind.REGIME, DAY)) == set(Regime)


def test_record_of_a_day_without_one_is_refused() -> None:
    with pytest.raises(RuleViolation) as caught:
        LAW.stamp(date(1990, 1, 1))
    assert (caught.value.code, caught.value.figures["on"]) == ("reference_missing", date(1990, 1, 1))


def test_wording_of_every_treatment_changes_with_the_new_vat_code() -> None:
    for treatment in (Treatment.EXEMPT_HEALTH, Treatment.EXCLUDED_15, Treatment.OUTSIDE_TERRITORY):
        before = LAW.wording(f"vat.{treatment}", date(2026, 12, 31))
        after = LAW.wording(f"vat.{treatment}", date(2027, 1, 1))
        assert "633/1972" in before
        assert "10/2026" in after
        assert "633/1972" not in after
        assert not LAW.record(Kind.WORDING, f"vat.{treatment}", date(2027, 1, 1)).is_confirmed
    assert LAW.wording("vat.FLAT_RATE", date(2026, 12, 31)) == LAW.wording("vat.FLAT_RATE", date(2027, 1, 1))


def test_wording_has_italian_english_and_french_with_the_same_fields() -> None:
    for record in load():
        if record.kind is Kind.WORDING:
            texts = [record.values[language] for language in ("it", "en", "fr")]
            fields = [sorted(re.findall(r"{(\w+)}", text)) for text in texts]
            assert all(texts), record.key
            assert fields[0] == fields[1] == fields[2], record.key


def test_wording_fills_its_fields_and_is_empty_in_other_languages() -> None:
    assert LAW.wording("fund.ENPAP", DAY, rate="2") == "Contributo integrativo ENPAP 2%"
    assert LAW.wording("fund.ENPAP", DAY, "de", rate="2") == ""


def test_wording_of_every_fund_and_stamp_mode_is_there() -> None:
    for key in LAW.keys(Kind.FUND, DAY):
        if LAW.fund(key, DAY) is not None:
            assert LAW.wording(f"fund.{key}", DAY, rate="2")
    for mode in ("paper", "virtual_authorisation", "virtual_einvoice"):
        assert LAW.record(Kind.WORDING, f"stamp.{mode}", DAY)
