"""Where the audit chains stood, day by day, kept where whoever alters the database cannot alter it too.

An anchor is one line of JSON: when, which chain, how many entries, and the hash of the last one. The file is only ever
appended to; a command of the operator's can carry the same lines off the machine (SPEC practice 10).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from sportello.core.audit import Break
from sportello.core.models import AuditEntry, AuditHead

COMMAND_TIMEOUT = 120


class AnchorNotCarried(RuntimeError):
    """The lines are in the file, but the operator's command did not take them."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where one chain stood."""

    at: str
    chain: int
    sequence: int
    hash: str


def anchor(now: datetime) -> list[Anchor]:
    """
    Append where every chain stands to the anchor file and hand the lines to the operator's command. Act as `System`.

    :raises AnchorNotCarried: the command failed; the file has the lines all the same
    """
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    heads = AuditHead.objects.order_by("chain")
    anchors = [Anchor(at, head.chain, head.sequence, head.hash) for head in heads]
    lines = "".join(f"{json.dumps(asdict(each), sort_keys=True)}\n" for each in anchors)
    path = Path(settings.SPORTELLO_ANCHOR_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    if settings.SPORTELLO_ANCHOR_COMMAND:
        _carry(settings.SPORTELLO_ANCHOR_COMMAND, lines)
    return anchors


def read(path: Path) -> Iterator[Anchor]:
    """
    Yield the anchors of a file.

    :raises ValueError: a line is no anchor
    """
    with path.open(encoding="ascii") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield Anchor(**json.loads(line))
            except (TypeError, ValueError):
                raise ValueError(f"line {number} of {path.name} is no anchor") from None


def compare(anchors: Iterable[Anchor]) -> Iterator[Break]:
    """Yield, for each chain, the first anchor that the database no longer agrees with. Act as `System`."""
    broken: set[int] = set()
    for each in anchors:
        if each.chain in broken or not each.sequence:
            continue
        entry = (
            AuditEntry.objects.filter(chain=each.chain, sequence=each.sequence).values_list("hash", flat=True).first()
        )
        if entry != each.hash:
            broken.add(each.chain)
            why = "an anchored entry is missing" if entry is None else "it differs from its anchor"
            yield Break(each.chain, each.sequence, f"{why} of {each.at}")


def _carry(command: str, lines: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - the operator's own command, from the settings
            shlex.split(command), input=lines, text=True, check=True, timeout=COMMAND_TIMEOUT, capture_output=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AnchorNotCarried(type(error).__name__) from None
