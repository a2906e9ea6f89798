"""A file on its way from the practice to the browser. It is on no disk of ours, and never whole in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from deskwire.messages import AsksStream
from portal import wire
from portal.web.http import PatientRequest
from portal.web.papers.sealed import sealed

_ODD = re.compile(r"[^A-Za-z0-9._-]")


def download(request: PatientRequest, asked: AsksStream) -> StreamingHttpResponse:
    """
    Return the answer that passes a file on as it comes. What is cut off or altered ends as a failed download.

    :raises RefusedByDesk: the desk says no
    :raises Unreachable: no answer, or none that can be trusted
    """
    found = wire.stream(request.connection, asked)
    size = found.head.size
    sealing = size is None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(_Sealed(found) if sealing else found, content_type=asked.media_type)
    name = _ODD.sub("_", found.head.file_name).lstrip(".")[:80] or "download"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Accel-Buffering"] = "no"
    if sealing:
        response["Content-Encoding"] = "gzip"
    elif size is not None:
        response["Content-Length"] = str(size)
    return response


class _Sealed:
    """A download in its wrapper; who goes away closes it."""

    def __init__(self, found: wire.Download) -> None:
        self._found = found

    def __iter__(self) -> Iterator[bytes]:
        return sealed(self._found)

    def close(self) -> None:
        """Let the line go."""
        self._found.close()
