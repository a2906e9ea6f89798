"""A file on its way from the practice to the browser. It is on no disk of ours, and never whole in memory."""

from __future__ import annotations

import re

from django.http import StreamingHttpResponse

from deskwire.messages import AsksStream
from portal import wire
from portal.connections.models import Connection

_ODD = re.compile(r"[^A-Za-z0-9._-]")


def download(connection: Connection, request: AsksStream) -> StreamingHttpResponse:
    """
    Return the answer that passes a file on as it comes. What is cut off or altered ends as a failed download.

    :raises RefusedByDesk: the desk says no
    :raises Unreachable: no answer, or none that can be trusted
    """
    found = wire.stream(connection, request)
    response = StreamingHttpResponse(found, content_type=request.media_type)
    name = _ODD.sub("_", found.head.file_name).lstrip(".")[:80] or "download"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Accel-Buffering"] = "no"
    if found.head.size is not None:
        response["Content-Length"] = str(found.head.size)
    return response
