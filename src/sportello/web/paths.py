"""Parts of addresses: ids of rows that a database can hold, so that no absurd one reaches it."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter


class RowConverter(IntConverter):
    """An id of a row: eighteen digits at most. A longer number is no address at all, and not found."""

    regex = "[0-9]{1,18}"


def register() -> None:
    """Make `<row:...>` known to every list of addresses."""
    register_converter(RowConverter, "row")
