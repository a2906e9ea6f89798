"""The search for traces finds what is there, however it was written down."""

import base64
import sqlite3
from contextlib import closing

import pytest

from tests.support.searching import everything, traces

NAME = "Zanvettorello"
WAYS = {
    "as it is": NAME.encode(),
    "in capitals": NAME.upper().encode(),
    "in the middle of bytes": b"\x00\xff" + NAME.encode() + b"\x00",
    "two bytes a letter": NAME.encode("utf-16-le"),
    "hexadecimal": NAME.encode().hex().encode(),
    **{f"base64 after {count}": base64.b64encode(b"x" * count + NAME.encode() + b"y") for count in range(4)},
}


@pytest.mark.parametrize("way", WAYS)
def test_traces_finds_a_planted_name(tmp_path, way):
    (tmp_path / "planted").write_bytes(b"before" * 100 + WAYS[way] + b"after" * 100)
    assert len(traces([NAME], everything(tmp_path))) == 1
    assert traces(["Quaglianoce"], everything(tmp_path)) == []


def test_traces_finds_letters_that_are_no_latin_ones(tmp_path):
    name = "عبدالرحمانية"
    for number, way in enumerate((name.encode(), name.encode("unicode_escape"), name.encode("utf-16-le"))):
        (tmp_path / str(number)).write_bytes(way)
    assert len(traces([name], everything(tmp_path))) == 3


def test_traces_finds_a_name_in_a_journal_that_the_database_has_not_taken_in_yet(tmp_path):
    with closing(sqlite3.connect(tmp_path / "own.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE people (name TEXT)")
        database.execute("INSERT INTO people VALUES (?)", [NAME])
        found = traces([NAME], everything(tmp_path))
    assert len(found) == 1
    assert found[0].endswith("own.sqlite3-wal")


def test_everything_leaves_out_what_it_is_told_to(tmp_path):
    (tmp_path / "static").mkdir()
    for name in ("static/sheet.css", "keys.txt", "database"):
        (tmp_path / name).write_text(NAME)
    assert [name.rpartition("/")[2] for name in everything(tmp_path, but=["static", "keys.txt"])] == ["database"]
