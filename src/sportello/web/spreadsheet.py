"""CSV downloads, streamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from django.http import HttpResponse, StreamingHttpResponse

from sportello.core.spreadsheet import csv_lines


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """Return a download; `name` tells what it is and nothing of anybody."""
    response = StreamingHttpResponse(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return cast(HttpResponse, response)  # our views are typed by what they do with it, and that is the same
