"""What `serve` says of the simulator beside it: a sentence for people, no JSON."""

from __future__ import annotations

import argparse

import pytest

from sistemats.simulator import command
from sportello.jobs.commands import simulator
from sportello.jobs.outcome import Misused

READY = '{"ready": true, "service": "http://127.0.0.1:1", "admin": "http://127.0.0.1:2"}'


@pytest.fixture
def printed(monkeypatch, settings, tmp_path, capsys):
    """Run the command with a simulator that only prints, and return what is seen."""
    settings.SPORTELLO_STS_SIMULATOR = tmp_path / "simulator"

    def run(supervisor: int, *lines: str) -> str:
        def main(words):
            for line in lines:
                print(line, flush=True)
            return 0

        monkeypatch.setattr(command, "main", main)
        monkeypatch.setattr("sportello.jobs.serving.end_with", lambda supervisor: None)
        assert simulator.run(argparse.Namespace(port=0, supervisor=supervisor)) == 0
        return str(capsys.readouterr().out)

    return run


def test_run_beside_serve_tells_people_where_its_books_are(printed):
    assert printed(77, READY) == "The simulator of Sistema TS shows its books at http://127.0.0.1:2/\n"


def test_run_beside_serve_leaves_other_lines_alone(printed):
    assert printed(77, "anything else", "[1]") == "anything else\n[1]\n"


def test_run_alone_gives_programs_their_line(printed):
    assert printed(0, READY) == f"{READY}\n"


def test_run_without_a_folder_says_what_to_set(settings):
    settings.SPORTELLO_STS_SIMULATOR = None
    with pytest.raises(Misused, match="SPORTELLO_STS_SIMULATOR"):
        simulator.run(argparse.Namespace(port=0, supervisor=0))
