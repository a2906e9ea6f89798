"""How a refusal says what it says."""

from decimal import Decimal

from sportello.core.violations import Notice, RuleViolation


def test_rule_violation_carries_code_field_and_figures() -> None:
    refusal = RuleViolation("overpayment", field="amount", open=Decimal("1.00"))
    assert str(refusal) == "overpayment [amount] open=1.00"
    assert str(RuleViolation("gone")) == "gone"
    assert isinstance(refusal, ValueError)


def test_at_names_the_field_from_further_out() -> None:
    class Own(RuleViolation):
        pass

    moved = Own("quantity_too_large", field="quantity", largest=9).at("lines.0")
    assert (moved.code, moved.field, dict(moved.figures)) == ("quantity_too_large", "lines.0.quantity", {"largest": 9})
    assert isinstance(moved, Own)
    assert RuleViolation("x").at("lines.0").field == "lines.0"


def test_rule_violations_are_equal_when_they_say_the_same() -> None:
    assert RuleViolation("a", field="b", c=1) == RuleViolation("a", field="b", c=1)
    assert RuleViolation("a", field="b", c=1) != RuleViolation("a", field="b", c=2)
    assert RuleViolation("a") != RuleViolation("b")
    assert RuleViolation("a") != "a"
    assert len({RuleViolation("a"), RuleViolation("a")}) == 2


def test_notice_without_figures_has_none() -> None:
    assert dict(Notice("look").figures) == {}
