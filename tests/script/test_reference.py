"""Generated pages: what is drawn for each shape of table, and that drift is noticed."""

import pytest
from script.lib import reference

from sportello.core.actors import Role, Switch


def test_pages_on_disk_are_current():
    assert list(reference.problems()) == []


def test_problems_notices_a_page_that_was_edited(tmp_path, monkeypatch):
    for name, text in reference.pages().items():
        (tmp_path / name).write_text(text + "x" * (name == "states.md"), encoding="utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert [line.split()[0] for line in reference.problems()] == ["docs/reference/states.md"]


@pytest.mark.parametrize(
    ("table", "moves"),
    [
        ({"a": frozenset({"b"}), "b": frozenset()}, [("a", "b", "")]),
        ({"a": {"go": "b", "drop": None}}, [("a", "b", "go"), ("a", "[*]", "drop")]),
        ({"paid": {("a", "b"): "part"}}, [("a", "b", "part")]),
    ],
)
def test_moves_reads_every_shape_of_table(table, moves):
    assert list(reference._moves(table)) == moves


def test_collaborator_is_told_the_fewest_switches():
    both = {Switch.INVOICES, Switch.ISSUE}
    assert reference._collaborator(lambda actor: both <= actor.switches) == "`invoices` and `issue`"
    assert reference._collaborator(lambda actor: bool(both & actor.switches)) == "`invoices` or `issue`"
    assert reference._collaborator(lambda actor: actor.role is Role.OWNER) == "no"
    assert reference._collaborator(lambda actor: True) == "yes"
