"""Files on this machine's disk: whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

FULL = {errno.ENOSPC, errno.EDQUOT}


class StorageFull(OSError):
    """There is no room for the file. Nothing of it was kept: free some space and do it again."""


@contextmanager
def whole_or_full() -> Iterator[None]:
    """
    Turn the system's word for a full disk or quota into ours.

    :raises StorageFull: the disk or the quota is full
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL and not isinstance(error, StorageFull):
            raise StorageFull(error.errno, "no room for a file: free some space and do it again") from error
        raise


class WholeFileStorage(FileSystemStorage):
    """
    Writes beside the place, waits for the disk, then renames, so that no reader and no crash ever sees half a file.

    :raises StorageFull: by `save`, when the disk or the quota is full
    """

    def _save(self, name: str, content: Any) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            with whole_or_full(), part.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o600)
            part.replace(target)
            _sync_folder(target.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return str(name).replace("\\", "/")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
