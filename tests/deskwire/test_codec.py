"""Strict JSON: what is not exactly of the written type is refused, in both directions."""

from __future__ import annotations

import doctest
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskwire import codec
from deskwire.messages import By, InvoiceRow, PaperKind, PaperState
from tests.deskwire.people import patiently

ROW = {
    "id": "a1",
    "number": "12/2026",
    "issued_on": "2026-03-05",
    "paid_on": None,
    "state": "not_paid",
    "kind": "invoice",
    "amount": "93.80",
    "currency": "EUR",
    "ready": True,
}


@dataclass(frozen=True)
class Everything:
    """One of each type that a message may hold."""

    text: str
    count: int
    yes: bool
    money: Decimal
    day: date | None
    at: datetime
    by: By
    many: tuple[str, ...]


everything = st.builds(
    Everything,
    text=st.text(max_size=50, alphabet=st.characters(exclude_categories=["Cs"])),
    count=st.integers(-(2**53), 2**53),
    yes=st.booleans(),
    money=st.decimals(
        min_value=Decimal("-999999.99"), max_value=Decimal("999999.99"), places=2, allow_nan=False
    ).filter(lambda amount: not (amount == 0 and amount.is_signed())),
    day=st.none() | st.dates(),
    at=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),
    by=st.sampled_from(By),
    many=st.lists(st.text(max_size=5, alphabet="abcè中"), max_size=4).map(tuple),
)


@patiently
@given(everything)
def test_load_takes_back_what_dump_wrote(value):
    assert codec.load(Everything, codec.from_bytes(codec.to_bytes(codec.dump(value)))) == value


def test_load_gives_typed_values():
    row = codec.load(InvoiceRow, ROW)

    assert row.amount == Decimal("93.80")
    assert row.issued_on == date(2026, 3, 5)
    assert row.state is PaperState.NOT_PAID
    assert row.kind is PaperKind.INVOICE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 7),
        ("id", "x" * 4001),
        ("id", "\ud800"),
        ("issued_on", "2026-02-30"),
        ("issued_on", "2026-3-5"),
        ("issued_on", 20260305),
        ("paid_on", ""),
        ("state", "gone"),
        ("state", None),
        ("state", []),
        ("amount", "93.8"),
        ("amount", "-0.00"),
        ("amount", "1e3"),
        ("amount", 93),
        ("amount", "NaN"),
        ("amount", "٩٣.٨٠"),
        ("ready", 1),
        ("ready", "true"),
    ],
)
def test_load_of_another_type_names_the_field(field, value):
    with pytest.raises(codec.Malformed) as refused:
        codec.load(InvoiceRow, {**ROW, field: value})
    assert refused.value.place == field


def test_load_with_a_field_missing_or_unknown_is_refused():
    with pytest.raises(codec.Malformed, match="number"):
        codec.load(InvoiceRow, {name: value for name, value in ROW.items() if name != "number"})
    with pytest.raises(codec.Malformed, match="does not know"):
        codec.load(InvoiceRow, {**ROW, "patient": "7"})
    with pytest.raises(codec.Malformed, match="object"):
        codec.load(InvoiceRow, [ROW])


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":2}', b"1.5", b"NaN", b"-Infinity", b"{", b"\xff", b"[" * 200_000, b'{"a":"\x00"}', b"9" * 5000],
)
def test_from_bytes_refuses_what_two_readers_could_read_in_two_ways(text):
    with pytest.raises(codec.Malformed):
        codec.from_bytes(text)


def test_load_of_too_many_items_is_refused():
    value = {**codec.dump(_everything()), "many": ["x"] * (codec.MOST_ITEMS + 1)}
    with pytest.raises(codec.Malformed, match="more than"):
        codec.load(Everything, value)


def test_dump_of_what_load_would_refuse_is_refused():
    row = codec.load(InvoiceRow, ROW)
    with pytest.raises(codec.Malformed, match="amount"):
        codec.dump(InvoiceRow(**{name: getattr(row, name) for name in ROW} | {"amount": Decimal("93.801")}))


def test_dump_of_an_instant_elsewhere_is_in_utc():
    from datetime import timedelta, timezone

    here = datetime(2026, 3, 5, 12, 0, tzinfo=timezone(timedelta(hours=1)))
    value = _everything(at=here)
    assert codec.dump(value)["at"] == "2026-03-05T11:00:00.000000Z"


def test_dump_of_a_foreign_thing_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="float"):
        codec.dump(1.5)


def _everything(at=datetime(2026, 1, 1, tzinfo=UTC)):
    return Everything("t", 1, True, Decimal("1.00"), None, at, By.ISSUE, ())


def test_codec_says_in_its_first_lines_what_holds():
    outcome = doctest.testmod(codec)
    assert outcome.attempted > 0
    assert outcome.failed == 0
