"""Running steps: everything runs, one failure fails the whole, a wrong name is said."""

import sys

from script.lib import steps

GOOD = steps.Step("good", "goes well", [sys.executable, "-c", "pass"])
BAD = steps.Step("bad", "goes wrong", [sys.executable, "-c", "raise SystemExit(3)"])


def test_run_is_well_when_every_step_is(capfd):
    assert steps.run([GOOD], []) == 0
    assert "ok     good" in capfd.readouterr().out


def test_run_fails_and_goes_on_after_a_failure(capfd):
    assert steps.run([BAD, GOOD], []) == 1
    said = capfd.readouterr().out
    assert "FAILED bad" in said
    assert "ok     good" in said


def test_run_leaves_out_what_was_not_chosen(capfd):
    assert steps.run([BAD, GOOD], ["good"]) == 0
    assert "goes wrong" not in capfd.readouterr().out


def test_run_names_a_step_that_does_not_exist(capfd):
    assert steps.run([GOOD], ["odd"]) == 2
    assert "There is no step odd. Steps: good." in capfd.readouterr().err


def test_run_prints_what_a_check_found(capfd):
    assert steps.run([steps.Step("look", "looks", lambda: ["one fault"])], []) == 1
    assert "one fault" in capfd.readouterr().out


def test_command_gets_its_own_variables():
    ask = "import os; raise SystemExit(os.environ['GIVEN'] != 'yes')"
    assert steps.command([sys.executable, "-c", ask], {"GIVEN": "yes"})
    assert not steps.command([sys.executable, "-c", ask], {"GIVEN": "no"})


def test_run_beside_each_other_keeps_order_and_words_together(tmp_path, capfd):
    """The first waits for the second: they do run at once; and its words come first all the same."""
    seen = tmp_path / "seen"
    waits = "import os, time\nwhile not os.path.exists(os.environ['SEEN']): time.sleep(0.01)\nprint('waited')"
    first = steps.Step("first", "waits", [sys.executable, "-c", waits], {"SEEN": str(seen)})
    marks = "import os; open(os.environ['SEEN'], 'w').close(); print('marked')"
    second = steps.Step("second", "marks", [sys.executable, "-c", marks], {"SEEN": str(seen)})
    look = steps.Step("look", "looks", lambda: ["one fault"])
    assert steps.run([first, second, look, BAD], [], at_once=2) == 1
    said = [line for line in capfd.readouterr().out.splitlines() if line]
    assert said[:6] == ["── first: waits", "waited", "── second: marks", "marked", "── look: looks", "one fault"]
    assert [line.split()[:2] for line in said[-4:]] == [
        ["ok", "first"],
        ["ok", "second"],
        ["FAILED", "look"],
        ["FAILED", "bad"],
    ]
