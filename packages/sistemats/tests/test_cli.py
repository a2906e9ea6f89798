"""The command line against the simulator: what it prints, how it exits, and that it never sends twice."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sistemats.cli import main
from sistemats.cli.exits import MEANING, Exit, worst
from sistemats.cli.journal import Journal
from sistemats.cli.parser import build_parser
from sistemats.cli.program import COMMANDS
from sistemats.errors import InputError
from sistemats.inputs import json_schema
from sistemats.settings import Settings, load_settings, simulator_settings
from sistemats.simulator import Fault as SimulatedFault
from sistemats.simulator import Options, Rule, Simulator
from sistemats.simulator.clock import ROME

ACCOUNT = "Psicologo e altri professionisti"
VAT = "65498732105"
TODAY = datetime.now(tz=ROME).date()
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def simulator(tmp_path: Path, socket_enabled: None) -> Iterator[Simulator]:
    with Simulator(Options(folder=tmp_path / "ministry")) as running:  # by the clock that the command lives by
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SISTEMATS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SISTEMATS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json; returns exit code and the object it printed (or None)."""

    def call(*words: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([str(word) for word in words] + ["--json"])
        text = capsys.readouterr().out
        return code, json.loads(text) if text else None

    return call


@pytest.fixture
def at(simulator: Simulator) -> list[object]:
    """The arguments that lead to the simulator."""
    return ["--dir", simulator.directory.folder, "--account", ACCOUNT]


def write_documents(folder: Path, count: int = 2, name: str = "documents.json", **changes: Any) -> Path:
    documents = [
        {
            "id": {"vat_number": VAT, "issued_on": TODAY.isoformat(), "number": f"FT{number}"},
            "paid_on": TODAY.isoformat(),
            "citizen_code": "BNCBRN75C15F205A",
            "traceable": True,
            "document_type": "F",
            "items": [{"expense_type": "SP", "amount": "90.00", "vat_nature": "N4"}],
        }
        | changes
        for number in range(1, count + 1)
    ]
    path = folder / name
    path.write_text(json.dumps({"documents": documents}))
    return path


def held(run: Run, at: list[object], number: str = "FT1") -> Any:
    return run("query", "--vat", VAT, "--issued", TODAY, "--number", number, *at)


def strike(simulator: Simulator, fault: SimulatedFault, **where: Any) -> None:
    simulator.ministry.faults.add(Rule(fault, **where))


def test_check_counts_findings(run: Run, at: list[object], home: Path) -> None:
    code, told = run("check", write_documents(home), *at)
    assert (code, told["documents"], told["errors"]) == (Exit.DONE, 2, 0)
    code, told = run("check", write_documents(home, traceable=None), *at)
    assert (code, told["errors"]) == (Exit.REFUSED, 2)
    assert {finding["code"] for finding in told["findings"]} >= {"traceable-missing"}


def test_check_speaks_to_people_in_their_language(
    at: list[object], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(write_documents(home, traceable=None)), *map(str, at)]
    assert main([*words, "--lang", "it"]) == Exit.REFUSED
    assert "Manca l'indicazione del pagamento tracciato" in capsys.readouterr().out
    assert main([*words, "--lang", "en"]) == Exit.REFUSED
    assert "Whether the payment is traceable is missing" in capsys.readouterr().out


def _learnt(document: dict[str, Any]) -> tuple[str, str, list[str]]:
    return document["outcome"], document["protocol"], [message["code"] for message in document["messages"]]


def test_send_inserts_once_however_often_it_runs(run: Run, at: list[object], home: Path) -> None:
    path = write_documents(home)
    code, told = run("send", path, *at)
    assert code == Exit.DONE
    assert all(document["outcome"].startswith("accepted") for document in told["documents"])
    again, told_again = run("send", path, *at)
    assert again == Exit.DONE
    assert [_learnt(d) for d in told_again["documents"]] == [_learnt(d) for d in told["documents"]]
    assert {code for d in told_again["documents"] for code in _learnt(d)[2]} == {"0", "W014"}
    code, answer = held(run, at)
    assert (code, answer["document"]["totals"], answer["document"]["sent_as"]) == (0, {"SP": "90.0"}, "I")


def test_change_refund_and_cancel_work_on_what_was_sent(run: Run, at: list[object], home: Path) -> None:
    run("send", write_documents(home, 1), *at)
    items = [{"expense_type": "SP", "amount": "80.00", "vat_nature": "N4"}]
    assert run("change", write_documents(home, 1, "change.json", items=items), *at)[0] == Exit.DONE
    assert held(run, at)[1]["document"]["totals"] == {"SP": "80.0"}
    original = {"vat_number": VAT, "issued_on": TODAY.isoformat(), "number": "FT1"}
    refund: dict[str, Any] = {"id": original | {"number": "NC1"}, "original": original}
    refund["items"] = [{"expense_type": "SP", "amount": "5.50", "vat_nature": "N4"}]
    assert run("refund", write_documents(home, 1, "refund.json", **refund), *at)[0] == Exit.DONE
    assert held(run, at)[1]["document"]["refunded"] == {"SP": "5.5"}
    assert run("cancel", write_documents(home, 1, "back.json", id=original | {"number": "NC1"}), *at)[0] == Exit.DONE
    assert run("cancel", write_documents(home, 1, "cancel.json"), *at)[0] == Exit.DONE
    assert {message["code"] for message in held(run, at)[1]["messages"]} >= {"W010"}


def test_send_refuses_before_sending_what_the_check_finds(
    run: Run, at: list[object], home: Path, simulator: Simulator
) -> None:
    path = write_documents(home, traceable=None)
    code, told = run("send", path, *at)
    assert code == Exit.REFUSED
    assert told["outcome"] == "not-checked-out"
    assert not path.with_name("documents.json.journal.jsonl").exists()


def test_send_settles_a_lost_answer_on_the_next_run(
    run: Run, at: list[object], home: Path, simulator: Simulator
) -> None:
    strike(simulator, SimulatedFault.LOST_ANSWER, calls=frozenset({1}))
    path = write_documents(home, 1)
    code, told = run("send", path, *at)
    assert (code, told["documents"][0]["outcome"]) == (Exit.UNCERTAIN, "uncertain")
    code, told = run("send", path, *at)
    assert (code, told["documents"][0]["outcome"], told["documents"][0]["by_query"]) == (0, "accepted", True)


def test_send_stops_at_a_wrong_password(
    run: Run, home: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_file(home, simulator)
    monkeypatch.setenv("SISTEMATS_PASSWORD", "sbagliata")
    code, told = run("send", write_documents(home, 5), "--settings", settings)
    assert code == Exit.AUTHENTICATION
    assert len(told["documents"]) == 1


def settings_file(folder: Path, simulator: Simulator, **more: Any) -> Path:
    from_simulator = simulator_settings(simulator.directory.folder, ACCOUNT)
    assert from_simulator.account is not None
    account = from_simulator.account
    os.environ["SISTEMATS_USER"] = account.credentials.username
    os.environ["SISTEMATS_PASSWORD"] = account.credentials.password
    os.environ["SISTEMATS_PIN"] = account.pin
    os.environ["SISTEMATS_OWNER"] = account.owner_code or ""
    path = folder / "settings.json"
    value = {
        "base": simulator.base,
        "certificates": ["ministry/SanitelCF.pem"],
        "test_mode": True,
        "sender": {"category": "health_professional"},
    }
    path.write_text(json.dumps(value | more))
    return path


@pytest.fixture(autouse=True)
def _environment_as_before() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_settings_and_environment_replace_the_simulators_folder(run: Run, home: Path, simulator: Simulator) -> None:
    settings = settings_file(home, simulator)
    assert run("send", write_documents(home), "--settings", settings)[0] == Exit.DONE
    os.environ["SISTEMATS_SETTINGS"] = str(settings)
    assert run("query", "--vat", VAT, "--issued", TODAY, "--number", "FT2")[0] == Exit.DONE


def test_check_and_build_need_no_account(run: Run, home: Path, keys: Any) -> None:
    (home / "SanitelCF.pem").write_bytes(keys.pem)
    settings = home / "settings.json"
    owner = {"fiscal_code": "RSSMRA80A01H501U"}
    sender = {"category": "health_professional", "owner": owner}
    settings.write_text(json.dumps({"sender": sender, "certificates": ["SanitelCF.pem"], "base": "http://127.0.0.1:9"}))
    path = write_documents(home)
    assert run("check", path, "--settings", settings, "--test-mode")[0] == Exit.DONE
    assert run("build", path, "--settings", settings, "--test-mode")[0] == Exit.DONE
    assert run("send", path, "--settings", settings, "--test-mode")[0] == Exit.INPUT


def test_upload_builds_once_and_sends_once(run: Run, at: list[object], home: Path, simulator: Simulator) -> None:
    path = write_documents(home, 1)
    code, told = run("upload", path, *at)
    (file,) = told["files"]
    assert (code, file["outcome"]) == (Exit.DONE, "accepted")
    assert run("upload", path, *at)[1]["files"][0]["protocol"] == file["protocol"]
    code, told = run("outcome", file["protocol"], "--wait", 300, *at)
    assert code == Exit.DONE
    (sending,) = told["sendings"]
    assert (sending["documents"], sending["accepted"], sending["errors"]) == (1, 1, 0)
    assert run("errors", file["protocol"], *at)[0] == Exit.REFUSED  # there are none
    code, told = run("receipt", file["protocol"], "--out", home / "receipt.pdf", *at)
    assert code == Exit.DONE
    assert (home / "receipt.pdf").read_bytes().startswith(b"%PDF")
    code, told = run("outcome", "--from", TODAY, "--to", TODAY, *at)
    assert len(told["sendings"]) == 1


def test_upload_settles_a_lost_answer_on_the_next_run(
    run: Run, at: list[object], home: Path, simulator: Simulator
) -> None:
    strike(simulator, SimulatedFault.LOST_ANSWER, calls=frozenset({1}))
    path = write_documents(home, 2)
    assert run("upload", path, *at)[0] == Exit.UNCERTAIN
    code, told = run("upload", path, *at)
    assert (code, told["files"][0]["by_query"]) == (Exit.DONE, True)
    assert len(run("outcome", "--from", TODAY, "--to", TODAY, *at)[1]["sendings"]) == 1


def test_build_then_upload_and_errors_of_duplicates(run: Run, at: list[object], home: Path) -> None:
    path = write_documents(home)
    run("send", path, *at)
    code, told = run("build", path, "--out", home / "built", "--stem", "prova", *at)
    assert (code, told["files"][0]["file"], told["files"][0]["documents"]) == (Exit.DONE, "prova-0001.zip", 2)
    code, told = run("upload", home / "built" / "prova-0001.zip", *at)
    protocol = told["files"][0]["protocol"]
    code, told = run("outcome", protocol, "--wait", 300, *at)
    assert (code, told["sendings"][0]["state"], told["sendings"][0]["errors"]) == (Exit.REFUSED, 3, 2)
    assert run("outcome", "--from", TODAY, "--to", TODAY, *at)[0] == Exit.DONE
    code, told = run("errors", protocol, "--out", home / "errors.zip", *at)
    assert code == Exit.DONE
    assert {(row["number"], row["code"]) for row in told["rows"]} == {("FT1", "S017"), ("FT2", "S017")}
    assert (home / "errors.zip").read_bytes().startswith(b"PK")


def test_report_shows_totals_by_type(run: Run, at: list[object], home: Path) -> None:
    run("send", write_documents(home), *at)
    code, told = run("report", f"{TODAY:%Y-%m}", *at)
    assert code == Exit.DONE
    assert [row["totals"]["SP"] for row in told["rows"]] == ["90.00", "90.00"]
    assert run("report", "2019-01", *at)[0] == Exit.REFUSED


def test_flags_of_a_period_and_of_a_document(run: Run, at: list[object], home: Path) -> None:
    run("send", write_documents(home, 1), *at)
    assert run("flags", "--from", "2026-01-01", "--to", "2026-12-31", *at)[0] in {Exit.DONE, Exit.REFUSED}
    code, told = run("flags", "--vat", VAT, "--issued", TODAY, "--number", "FT1", *at)
    assert code in {Exit.DONE, Exit.REFUSED}
    assert told["messages"]
    assert run("flags", "--from", "2026-01-01", *at)[0] == Exit.USAGE


def test_commands_for_people_print_tables(
    run: Run, at: list[object], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(word) for word in at]
    assert main(["send", str(write_documents(home, 1)), *words]) == 0
    assert main(["query", "--vat", VAT, "--issued", str(TODAY), "--number", "FT1", *words]) == 0
    assert main(["report", f"{TODAY:%Y-%m}", *words]) == 0
    text = capsys.readouterr().out
    assert "accepted, protocol" in text
    assert "Held by the State" in text
    assert "SP 90.00" in text
    assert "BNCBRN" not in text


def test_certificate_is_loaded_and_compared(
    run: Run, home: Path, keys: Any, new_keys: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("certificate") == (Exit.DONE, {"certificates": []})
    capsys.readouterr()
    main(["certificate"])
    assert "sistemats certificate --file SanitelCF.cer" in capsys.readouterr().err
    (home / "a.cer").write_bytes(keys.der)
    code, told = run("certificate", "--file", home / "a.cer")
    assert (code, len(told["certificates"])) == (Exit.DONE, 1)
    assert {finding["code"] for finding in told["certificates"][0]["findings"]} >= {"certificate-unknown-key"}
    (home / "b.pem").write_bytes(new_keys().pem)
    main(["certificate", "--file", str(home / "b.pem")])
    assert "Its key is not the one" in capsys.readouterr().err
    (home / "c.cer").write_text("no certificate")
    assert run("certificate", "--file", home / "c.cer")[0] == Exit.INPUT
    assert run("certificate", "--file", home / "nowhere")[0] == Exit.INPUT


def test_schema_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == json_schema()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "nowhere.json"], Exit.INPUT),
        (["send", "documents.json", "--account", "x"], Exit.USAGE),
        (["query", "--vat", VAT, "--issued", "2026-01-01", "--number", "A", "--dir", "nowhere"], Exit.INPUT),
        (["outcome"], Exit.USAGE),
        (["query", "--vat", VAT, "--issued", "2026-01-01", "--number", "A"], Exit.INPUT),
    ],
)
def test_commands_that_lack_something_say_so(run: Run, home: Path, words: list[str], code: Exit) -> None:
    write_documents(home)
    ended, told = run(*words)
    assert (ended, list(told)) == (code, ["error"])


@pytest.mark.parametrize("words", [[], ["nothing"], ["check"], ["query", "--issued", "today"], ["report", "2026"]])
def test_wrong_arguments_end_with_two(words: list[str], home: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == Exit.USAGE


def test_no_argument_takes_a_secret() -> None:
    text = build_parser(COMMANDS).format_help()
    for action in build_parser(COMMANDS)._actions:
        for sub in (getattr(action, "choices", None) or {}).values():
            text += sub.format_help()
    for word in ("--pin", "--password", "--user ", "--fiscal", "--owner"):
        assert word not in text
    assert all(meaning in text for meaning in MEANING.values())


def test_simulate_is_the_simulators_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--help"])
    assert ended.value.code == 0
    assert "--faults" in capsys.readouterr().out


def test_worst_exit_wins() -> None:
    assert worst(Exit.DONE, Exit.REFUSED) is Exit.REFUSED
    assert worst(Exit.UNCERTAIN, Exit.REFUSED) is Exit.UNCERTAIN
    assert worst(Exit.AUTHENTICATION, Exit.UNCERTAIN) is Exit.AUTHENTICATION


def test_journal_survives_a_line_cut_by_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text('{"key": "a", "state": "accepted", "protocol": "P"}\n{"key": "b", "sta')
    journal = Journal(path)
    assert (journal.state("a"), journal.state("b"), set(journal.protocols())) == ("accepted", None, {"P"})
    path.write_text('nonsense\n{"key": "a", "state": "accepted"}\n')
    with pytest.raises(InputError, match="line 1"):
        Journal(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[", "not JSON"),
        ("[]", "object"),
        ('{"pin": "1"}', "unknown member 'pin'"),
        ('{"environment": "live"}', "test or production"),
        ('{"endpoints": {"nothing": "x"}}', "unknown member"),
        ('{"client_certificate": ["a"]}', "two paths"),
        ('{"certificates": "a"}', "list of paths"),
    ],
)
def test_load_settings_names_what_is_wrong(tmp_path: Path, value: str, message: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(value)
    with pytest.raises(InputError, match=message):
        load_settings(path)


def test_load_settings_reads_everything(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(
        json.dumps(
            {
                "environment": "production",
                "ca": "ca.pem",
                "certificates": ["a.pem"],
                "client_certificate": ["c.pem", "c.key"],
                "timeouts": {"read": 90},
                "endpoints": {"receipt": "https://127.0.0.1/x"},
                "deadlines": "d.json",
                "seal_afresh": True,
            }
        )
    )
    settings = load_settings(path)
    assert settings.production
    assert settings.state
    assert not settings.test_mode
    assert settings.seal_afresh
    assert not Settings().seal_afresh
    assert settings.tls.ca_bundle == tmp_path / "ca.pem"
    assert settings.tls.client_certificate == (tmp_path / "c.pem", tmp_path / "c.key")
    assert (settings.timeouts.connect, settings.timeouts.read) == (10.0, 90.0)
    assert settings.deadlines == tmp_path / "d.json"
    assert not Settings(base="http://127.0.0.1:1").state


@pytest.mark.parametrize("wrong", ["90", True, 0, -1, 1e9, [1]])
def test_load_settings_wants_seconds_for_timeouts(wrong: object, home: Path) -> None:
    (home / "settings.json").write_text(json.dumps({"timeouts": {"read": wrong}}))
    with pytest.raises(InputError, match=r"settings\.json\.timeouts\.read: seconds"):
        load_settings(home / "settings.json")
