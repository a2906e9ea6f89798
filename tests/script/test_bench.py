"""The bench: one object on standard output, whatever a bench prints; a table for people."""

import json
import subprocess
import sys

import pytest
from script.lib import bench, environment

RESULT = {
    "name": "speed",
    "value": 3.5,
    "unit": "a second",
    "baseline": "bare",
    "ratio": 0.5,
    "aim": ">= 0.3",
    "holds": True,
}
BENCH = f"print('noise')\ndef results():\n    return [{RESULT!r}]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give an empty folder of benches."""
    monkeypatch.setattr(bench, "FOLDERS", (tmp_path,))
    return tmp_path


def test_measure_gives_machine_versions_and_results(folder):
    (folder / "bench_thing.py").write_text(BENCH, encoding="utf-8")
    outcome = bench.measure("thing")
    assert set(outcome) == {"machine", "versions", "results"}
    assert outcome["results"] == [RESULT]
    assert outcome["machine"]["cores"] >= 1
    assert outcome["versions"]["django"].startswith("5.2")


def test_measure_refuses_a_result_that_lacks_a_key(folder):
    (folder / "bench_thing.py").write_text("def results():\n    return [{'name': 'speed'}]\n", encoding="utf-8")
    with pytest.raises(KeyError):
        bench.measure("thing")


def test_main_prints_one_object_and_nothing_else(folder):
    (folder / "bench_noisy.py").write_text(BENCH, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from script.lib import bench;"
        f"bench.FOLDERS = (Path({str(folder)!r}),); sys.argv = ['bench', 'noisy', '--json']; sys.exit(bench.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=environment.ROOT, check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["results"] == [RESULT]
    assert "noise" in done.stderr


def test_main_lists_the_benches(folder, monkeypatch, capsys):
    (folder / "bench_thing.py").touch()
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert bench.main() == 0
    assert "script/bench thing" in capsys.readouterr().out


def test_table_marks_an_aim_that_does_not_hold(folder):
    outcome = {"machine": {"cores": 2, "processor": "x"}, "results": [RESULT, RESULT | {"holds": False, "ratio": None}]}
    text = bench._table("thing", outcome)
    assert text.splitlines()[2].endswith("yes")
    assert text.splitlines()[3].endswith("NO")
