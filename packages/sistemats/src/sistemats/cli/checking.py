"""`check`, `build`, `schema`, `certificate`: nothing here talks to the State."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sistemats.cli.context import Context, make_context
from sistemats.cli.exits import Exit
from sistemats.cli.show import finding_json
from sistemats.codes import Severity
from sistemats.crypto import Certificate, Sealer
from sistemats.documents import BatchEntry, Sender
from sistemats.envelopes import BatchFile, Sealing, WireBatchDocument, write_batch
from sistemats.errors import InputError
from sistemats.inputs import InputFile, json_schema, open_input
from sistemats.rules import Finding, check_all, check_certificate, check_sender


def findings_of(context: Context, sender: Sender, entries: Iterable[BatchEntry]) -> Iterator[Finding]:
    """Yield what is wrong with a sender, then with each document."""
    for finding in check_sender(sender, context.test_mode):
        if sender.pin or finding.field != "pin":
            yield finding
    yield from check_all(entries, sender, context.today, context.calendar(), context.test_mode)


def _counted(entries: Iterable[BatchEntry], count: list[int]) -> Iterator[BatchEntry]:
    for entry in entries:
        count[0] += 1
        yield entry


def check(arguments: argparse.Namespace) -> int:
    """Show every finding; exit 1 when one would make the State refuse."""
    context = make_context(arguments)
    opened = open_input(arguments.file)
    count = [0]
    sender = context.sender(opened.sender, pin_needed=False)
    found = list(findings_of(context, sender, _counted(opened.documents, count)))
    for finding in found:
        context.screen.finding(finding)
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    context.screen.line(f"{count[0]} documents, {errors} errors, {len(found) - errors} other findings")
    context.screen.data({"documents": count[0], "errors": errors, "findings": [finding_json(f) for f in found]})
    return Exit.REFUSED if errors else Exit.DONE


def precheck(context: Context, path: Path, forced: bool, opened: InputFile) -> bool:
    """Check a file before building or sending; True when it may go on. Shows findings that block."""
    sender = context.sender(opened.sender, pin_needed=False)
    blocking = [finding for finding in findings_of(context, sender, opened.documents) if finding.blocking]
    for finding in blocking[:50]:
        context.screen.finding(finding)
    if blocking and not forced:
        context.screen.complain(
            f"{path.name}: {len(blocking)} errors; nothing was done. Correct them, or use --force to go on."
        )
        context.screen.data({"outcome": "not-checked-out", "findings": [finding_json(f) for f in blocking]})
    return forced or not blocking


def build_files(context: Context, path: Path, stem: str, max_bytes: int) -> Iterator[BatchFile]:
    """Yield the archives for a file of documents."""
    opened = open_input(path)
    sealing = Sealing(context.sender(opened.sender, pin_needed=False), Sealer(context.certificate()))
    with context.screen.progress("building") as advance:
        yield from write_batch(sealing.owner(), _sealed(sealing, opened, advance), stem, max_bytes)


def _sealed(sealing: Sealing, opened: InputFile, advance: Callable[[], None]) -> Iterator[WireBatchDocument]:
    for entry in opened.documents:
        yield sealing.batch_document(entry)
        advance()


def build(arguments: argparse.Namespace) -> int:
    """Write the archives of an upload."""
    context = make_context(arguments)
    if not precheck(context, arguments.file, arguments.force, open_input(arguments.file)):
        return Exit.REFUSED
    arguments.out.mkdir(parents=True, exist_ok=True)
    written = []
    try:
        for file in build_files(context, arguments.file, arguments.stem, arguments.max_bytes):
            (arguments.out / file.name).write_bytes(file.archive)
            written.append(
                {"file": file.name, "documents": file.count, "bytes": len(file.archive), "first": file.first}
            )
    except ValueError as problem:
        raise InputError(str(problem)) from None
    context.screen.table(
        "Files", ("file", "documents", "bytes"), [(w["file"], w["documents"], w["bytes"]) for w in written]
    )
    context.screen.data({"files": written})
    return Exit.DONE


def schema(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of the documents file."""
    del arguments
    print(json_schema(), end="")
    return Exit.DONE


def _certificate_json(context: Context, certificate: Certificate) -> dict[str, object]:
    findings = check_certificate(certificate, context.now(), context.settings.state)
    return {
        "serial": certificate.serial,
        "valid_from": certificate.valid_from.isoformat(),
        "valid_to": certificate.valid_to.isoformat(),
        "key_sha256": certificate.key_sha256,
        "findings": [finding_json(finding) for finding in findings],
    }


def certificate(arguments: argparse.Namespace) -> int:
    """Load a certificate and compare its key with those loaded before; show what is there."""
    context = make_context(arguments)
    store = context.store()
    before = store.all()
    if arguments.file:
        try:
            added = store.add(arguments.file.read_bytes())
        except OSError:
            raise InputError(f"{arguments.file.name}: the file cannot be read.") from None
        context.screen.line(f"loaded certificate {added.serial}")
        if before and not any(added.same_key(other) for other in before):
            context.screen.complain("Its key is not the one of the certificates loaded before: values sealed with them")
            context.screen.complain("may not open any more. Verify with the State where the file comes from.")
    known = context.settings.load_certificates() or store.all()
    for each in known:
        for finding in check_certificate(each, context.now(), context.settings.state):
            context.screen.finding(finding)
    rows = [(c.serial, f"{c.valid_from:%Y-%m-%d}", f"{c.valid_to:%Y-%m-%d %H:%M}Z", c.key_sha256[:16]) for c in known]
    if not known:
        context.screen.complain(
            "No certificate is loaded: take SanitelCF.cer from the kit of Sistema TS and load it once"
        )
        context.screen.complain("with `sistemats certificate --file SanitelCF.cer`.")
    context.screen.table("Certificates SanitelCF", ("serial", "from", "to", "key"), rows)
    context.screen.data({"certificates": [_certificate_json(context, each) for each in known]})
    return Exit.DONE
