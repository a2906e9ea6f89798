"""Nobody uploads anything to the portal: a file in a form is dropped as it arrives and never touches the disk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoUploads(FileUploadHandler):
    """Drops every file."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """
        Refuse it.

        :raises SkipFile: always
        """
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Drop what arrives."""

    def file_complete(self, file_size: int) -> None:
        """Nothing was kept."""
