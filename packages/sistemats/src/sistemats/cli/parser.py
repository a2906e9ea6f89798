"""Arguments of the command line. No argument takes a fiscal code, a PIN or a password."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sistemats import __version__
from sistemats.cli.exits import MEANING

Command = Callable[[argparse.Namespace], int]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day as yyyy-mm-dd is wanted") from None


def _month(text: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError("a month as yyyy-mm is wanted") from None
    return day.year, day.month


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object for programs")
    common.add_argument("--lang", choices=("it", "en"), help="language of findings (default: from LANG, else English)")
    common.add_argument("--settings", type=Path, help="settings file (default: SISTEMATS_SETTINGS, ./sistemats.json)")
    common.add_argument("--dir", type=Path, help="directory of a running simulator, instead of settings")
    common.add_argument("--account", help="with --dir: label or category of one of the simulator's accounts")
    return common


def _documents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="documents: .json, .jsonl, .csv, 730 .xml or its .zip")
    parser.add_argument("--today", type=_day, help="check against this day (default: today)")
    parser.add_argument(
        "--test-mode", action="store_true", help="wrong check digits are warnings (official test users)"
    )


def _document_id(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument("--vat", required=required, help="VAT number of the issuer")
    parser.add_argument("--issued", type=_day, required=required, help="issue date")
    parser.add_argument("--number", required=required, help="document number")
    parser.add_argument("--device", type=int, default=1, help="device (1 for invoices)")


def build_parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    """Return the parser; `commands` are the functions behind the subcommands, by name."""
    codes = "\n".join(f"  {code.value}  {text}" for code, text in MEANING.items())
    parser = argparse.ArgumentParser(
        prog="sistemats",
        description="Sistema TS 'spese sanitarie 730': check, build, send and follow expense documents.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sistemats {__version__}")
    group = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = _common()

    def add(name: str, text: str) -> argparse.ArgumentParser:
        sub = group.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(run=commands[name])
        return sub

    _documents(add("check", "check documents and sender before anything is sent"))
    _add_building(add)
    _add_sending(add)
    _add_following(add)
    _add_rest(add)
    group.add_parser("simulate", help="run the simulator of the ministry", add_help=False)
    return parser


_Add = Callable[[str, str], argparse.ArgumentParser]


def _add_building(add: _Add) -> None:
    build = add("build", "make the zip files for an upload")
    _documents(build)
    build.add_argument("--out", type=Path, default=Path(), help="folder for the files (default: here)")
    build.add_argument("--stem", default="730-documents", help="beginning of the file names")
    build.add_argument("--max-bytes", type=int, default=5_000_000, help="files stay under this size")
    build.add_argument("--force", action="store_true", help="build in spite of errors found by the check")


def _add_sending(add: _Add) -> None:
    texts = {
        "send": "send documents one by one, each with its own operation (insert when unsaid)",
        "change": "replace documents that the State holds",
        "refund": "send refunds; each names its original",
        "cancel": "cancel documents",
    }
    for name, text in texts.items():
        sub = add(name, text)
        _documents(sub)
        sub.add_argument("--journal", type=Path, help="what was sent and answered (default: FILE.journal.jsonl)")
        sub.add_argument("--force", action="store_true", help="send in spite of errors found by the check")
    upload = add("upload", "upload documents as files, or ready zip files")
    upload.add_argument("file", type=Path, nargs="+", help="documents, or zip files made by build")
    upload.add_argument("--stem", default="730-documents", help="beginning of the file names")
    upload.add_argument("--max-bytes", type=int, default=5_000_000, help="files stay under this size")
    upload.add_argument("--today", type=_day, help="check against this day (default: today)")
    upload.add_argument("--test-mode", action="store_true", help="wrong check digits are warnings")
    upload.add_argument("--journal", type=Path, help="what was sent and answered (default: FILE.journal.jsonl)")
    upload.add_argument("--force", action="store_true", help="upload in spite of errors found by the check")
    upload.add_argument("--inline", action="store_true", help="zip as base64 in the envelope instead of MTOM")


def _add_following(add: _Add) -> None:
    outcome = add("outcome", "ask the state of a sending, or of those between two days")
    outcome.add_argument("protocol", nargs="?", help="protocol of the sending")
    outcome.add_argument("--from", dest="first", type=_day, help="first day")
    outcome.add_argument("--to", dest="last", type=_day, help="last day")
    outcome.add_argument("--wait", type=float, metavar="SECONDS", help="ask again until final, at most so long")
    errors = add("errors", "ask the error file of a sending")
    errors.add_argument("protocol")
    errors.add_argument("--out", type=Path, help="keep the State's archive here")
    receipt = add("receipt", "fetch the PDF receipt of a sending")
    receipt.add_argument("protocol")
    receipt.add_argument("--out", type=Path, required=True, help="file for the PDF")


def _add_rest(add: _Add) -> None:
    _document_id(add("query", "ask what the State holds of one document"))
    report = add("report", "ask the report of a month")
    report.add_argument("month", type=_month, help="yyyy-mm")
    report.add_argument("--extraction", default="I", help="kind of extraction, one letter (I as in the kit)")
    report.add_argument("--out", type=Path, help="keep the State's archive here")
    flags = add("flags", "ask the citizens' remarks: of a period, or on one document")
    flags.add_argument("--from", dest="first", type=_day, help="first day")
    flags.add_argument("--to", dest="last", type=_day, help="last day")
    _document_id(flags, required=False)
    flags.add_argument("--out", type=Path, help="keep the State's archive here")
    certificate = add("certificate", "show the encryption certificates, or load one")
    certificate.add_argument("--file", type=Path, help="certificate SanitelCF to load, PEM or DER")
    add("schema", "print the JSON Schema of the documents file")
