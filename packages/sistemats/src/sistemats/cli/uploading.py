"""`upload`: ready archives, or documents that are built into archives first."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

from sistemats.cli.checking import build_files, precheck
from sistemats.cli.context import Context, make_context
from sistemats.cli.exits import Exit, exit_for, worst
from sistemats.cli.journal import DOUBTFUL, Journal
from sistemats.cli.sending import journal_path
from sistemats.cli.show import outcome_json, outcome_line
from sistemats.codes import Call
from sistemats.documents import DocumentId
from sistemats.envelopes import MAX_ARCHIVE, BatchFile, read_batch_archive
from sistemats.envelopes.batch import InvalidBatch
from sistemats.envelopes.soap import InvalidRequest
from sistemats.errors import InputError, UnreadableMessage
from sistemats.exchange import AuthenticationFailed, Client, NotDone, Uncertain
from sistemats.inputs import open_input


def upload(arguments: argparse.Namespace) -> int:
    """Upload files; each is written down before it leaves, and settled before it goes again."""
    context = make_context(arguments)
    archives: list[Path] = []
    for path in arguments.file:
        found = _archives(context, path)
        if found is None:
            return Exit.REFUSED
        archives += found
    journal = Journal(journal_path(arguments, arguments.file[0]))
    results: list[dict[str, object]] = []
    code = Exit.DONE
    block = None if arguments.file[0].suffix.lower() in {".zip", ".xml"} else open_input(arguments.file[0]).sender
    with context.client(context.sender(block)) as client:
        uploading = _Uploading(context, client, journal)
        for path in archives:
            outcome = uploading.one(path)
            code = worst(code, exit_for(outcome))
            results.append({"file": path.name} | outcome_json(outcome))
            if isinstance(outcome, AuthenticationFailed):
                break
    context.screen.data({"files": results, "journal": str(journal.path)})
    return code


def _archives(context: Context, path: Path) -> list[Path] | None:
    """Return the archives for an argument: itself, or what is built from it beside it; None when the check fails."""
    arguments = context.arguments
    if path.suffix.lower() == ".zip":
        return [path]
    folder = path.with_name(f"{path.name}.upload")
    if folder.is_dir():
        context.screen.line(f"using the files already built in {folder.name}; delete the folder to build anew")
        return sorted(folder.glob("*.zip"))
    if not precheck(context, path, arguments.force, open_input(path)):
        return None
    written = []
    try:
        for file in build_files(context, path, arguments.stem, arguments.max_bytes):
            folder.mkdir(exist_ok=True)
            (folder / file.name).write_bytes(file.archive)
            written.append(folder / file.name)
    except ValueError as problem:
        raise InputError(str(problem)) from None
    return written


def read_file(path: Path) -> tuple[BatchFile, DocumentId | None]:
    """Read an archive: how many documents, and the identifier of the first to recognise it by.

    :raises InputError: it cannot be read, breaks the schema, or is too large
    """
    try:
        data = path.read_bytes()
        count, probe = 0, None
        for document in read_batch_archive(data)[1]:
            count += 1
            probe = probe or document.document.id.document_id
    except OSError:
        raise InputError(f"{path.name}: the file cannot be read.") from None
    except (UnreadableMessage, InvalidBatch) as problem:
        raise InputError(f"{path.name}: {problem}") from None
    if len(data) >= MAX_ARCHIVE:
        raise InputError(f"{path.name}: {len(data)} bytes are too many; build it with --max-bytes {MAX_ARCHIVE}.")
    return BatchFile(path.name, data, 0, count), probe


@dataclass(frozen=True, slots=True)
class _Uploading:
    """Uploads single archives, skipping what is done and settling what is in doubt."""

    context: Context
    client: Client
    journal: Journal

    def one(self, path: Path) -> object:
        file, probe = read_file(path)
        key = hashlib.sha256(file.archive).hexdigest()
        earlier = self.journal.settled(key)
        if earlier is not None:
            self.context.screen.line(f"{path.name}: already accepted, protocol {earlier.protocol}", "cyan")
            return earlier
        if self.journal.state(key) in DOUBTFUL:
            settled = self.client.resolve_uncertain(self._doubt(file, probe, key), self.journal.protocols())
            if not isinstance(settled, NotDone):
                return self._answer(file, key, settled)
        self.journal.attempt(key, self.context.now(), file=file.name, documents=file.count)
        try:
            outcome = self.client.upload(file, probe, inline=self.context.arguments.inline)
        except InvalidRequest as problem:
            raise InputError(f"{path.name}: {problem}") from None
        return self._answer(file, key, outcome)

    def _doubt(self, file: BatchFile, probe: DocumentId | None, key: str) -> Uncertain:
        return Uncertain(
            Call.UPLOAD,
            "An earlier run did not learn the outcome.",
            self.journal.attempted_at(key) or self.context.now(),
            file_name=file.name,
            count=file.count,
            probe=probe,
        )

    def _answer(self, file: BatchFile, key: str, outcome: object) -> object:
        self.journal.answer(key, self.context.now(), outcome, file=file.name, documents=file.count)
        text, colour = outcome_line(outcome)
        self.context.screen.line(f"{file.name} ({file.count} documents): {text}", colour)
        return outcome
